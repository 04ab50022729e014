"""Several bound parts as one: whatever each is stored as, its rows reach the net alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.dataset import DataSet, by_part
from netc.runtime.data.errors import finding, shape_text
from netc.runtime.data.follow import BoundSplit


@dataclass(frozen=True, slots=True, repr=False)
class BoundParts:
    """The rows of parts, one part after the other, each converted as its part is."""

    parts: Sequence[BoundSplit]

    def __repr__(self) -> str:
        return f"<bound rows: {len(self):,} in {counted(len(self.parts), 'part')}>"

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def batch(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """As that of a part."""
        chosen, back = by_part([len(part) for part in self.parts], np.asarray(indices, np.int64))
        pieces = [self.parts[part].batch(rows) for part, rows in chosen]
        if len(pieces) == 1:
            return pieces[0]
        return {name: np.concatenate([piece[name] for piece in pieces])[back] for name in pieces[0]}


def joined(data: DataSet, bound: Mapping[str, BoundSplit]) -> BoundSplit | BoundParts:
    """Parts by their names as one; raises E504 where they become rows of other shapes."""
    (name, first), *others = bound.items()
    findings = [
        finding(
            "E504",
            f"part `{name}` of {data.name} is {shape_text(first.fits[port].row)} for `{port}`, part `{other}` is "
            f"{shape_text(fit.row)}",
            help=f'take one part at a time: from a file of its own, by `data["{other}"]` in Python, or, for '
            f"`netc eval`, by `--part {other}`",
        )
        for other, part in others
        for port, fit in part.fits.items()
        if fit.row != first.fits[port].row
    ]
    if findings:
        raise DiagnosticError(findings)
    return BoundParts([*bound.values()]) if others else first
