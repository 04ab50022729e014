"""safetensors."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from netc.compiler.weights.formats.base import Contents, UnreadableError
from netc.grammar.opening import check_file

Found = TypeVar("Found")


def read_safetensors(path: str | os.PathLike[str]) -> Contents:
    """The tensors and the texts of a safetensors file; raises UnreadableError."""
    return _opened(path, _contents)


def read_safetensors_texts(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts alone; raises UnreadableError."""
    return _opened(path, _texts)


def _contents(reader: Any) -> Contents:
    tensors = {name: reader.get_tensor(name) for name in reader.keys()}  # noqa: SIM118
    return Contents(tensors, _texts(reader), channels_last=None)


def _texts(reader: Any) -> dict[str, str]:
    return dict(reader.metadata() or {})


def _opened(path: str | os.PathLike[str], reading: Callable[[Any], Found]) -> Found:
    from safetensors import SafetensorError, safe_open

    check_file(path)
    try:
        with safe_open(os.fspath(path), framework="numpy") as reader:
            return reading(reader)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:  # TypeError: a type that numpy lacks
        said = str(error)
        raise UnreadableError(said.splitlines()[0].rstrip(".") if said else type(error).__name__) from None
