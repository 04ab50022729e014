"""A weight file as it is loaded: tensors in netc's order of axes, and what each was called before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from netc.compiler.weights.formats import read_as
from netc.compiler.weights.formats.base import Contents
from netc.compiler.weights.layouts import channels_first, is_channels_last
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """The tensors of a file under the names that they have by now.

    theirs         what each is called in the file
    turned         those whose axes or gates were put in netc's order
    metadata       texts that the file keeps beside them
    whole          whether all of them are weights; a model's graph has other constants too
    channels_last  whether the file keeps channels last; None where nothing in it says so
    entry          the name under which a checkpoint held them, or None
    """

    file: str
    tensors: dict[str, Array]
    theirs: dict[str, str]
    turned: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True
    channels_last: bool | None = False
    entry: str | None = None

    def renamed(self, names: Mapping[str, str]) -> Source:
        """The tensors under other names, from names of now; those without one are left out.

        Raises DiagnosticError E551 where two come to the same name: one of them would be lost in silence.
        """
        first: dict[str, str] = {}
        for old, new in names.items():
            if new in first:
                message = f"tensors `{first[new]}` and `{old}` in {self.file} are both called `{new}` by the map"
                raise DiagnosticError(
                    Diagnostic("E551", message, help="correct the map, or name the net it was made for")
                )
            first[new] = old
        return replace(
            self,
            tensors={new: self.tensors[old] for new, old in first.items()},
            theirs={new: self.theirs[old] for new, old in first.items()},
            turned=frozenset(new for new, old in first.items() if old in self.turned),
        )

    def replaced_beginnings(self, beginnings: Mapping[str, str]) -> Source:
        """The tensors with beginnings of their names replaced, one after another: `{"module.": ""}`."""
        found = self
        for old, new in beginnings.items():
            found = found.renamed({name: _replaced(name, old, new) for name in found.tensors})
        return found


def _replaced(name: str, old: str, new: str) -> str:
    return new + name[len(old) :] if name.startswith(old) else name


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts that a weight file keeps beside its tensors: safetensors do; raises DiagnosticError E553."""
    from netc.compiler.weights.formats import read_texts

    return read_texts(path)


def read_source(path: str | os.PathLike[str]) -> Source:
    """The tensors of a weight file of any kind; raises DiagnosticError E553, E572, E573."""
    return read_as(path, lambda contents: _source(os.fspath(path), contents))


def _source(file: str, contents: Contents) -> Source:
    last = contents.channels_last
    if last is None and is_channels_last(contents.tensors):
        last = True
    tensors, theirs = channels_first(contents.tensors) if last else (contents.tensors, {})
    turned = frozenset(name for name, old in theirs.items() if tensors[name] is not contents.tensors[old])
    return Source(
        file, tensors, theirs or {name: name for name in tensors}, turned,
        contents.metadata, contents.whole, last, contents.entry,
    )  # fmt: skip
