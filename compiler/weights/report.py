"""What a load did with each tensor of a weight file, and with each parameter of a net."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from netc.compiler.ir import format_shape
from netc.grammar.counted import counted

SHOWN = 8
"""Tensors of one kind that the short text names."""


class Outcome(StrEnum):
    """What became of a tensor or a parameter.

    loaded     taken as it is
    converted  taken, with its axes, gates or element type in the net's order
    differs    of another shape; the parameter is drawn
    missing    not in the file; the parameter is drawn
    fresh      left out by a map; the parameter is drawn
    unused     in the file, and no parameter of the net
    """

    LOADED = "loaded"
    CONVERTED = "converted"
    DIFFERS = "shape differs"
    MISSING = "missing"
    FRESH = "freshly initialised"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter, or a tensor that belongs to none.

    name    of the parameter; None for an unused tensor
    theirs  what the file calls the tensor; None where it has none
    needed, found   shapes of the parameter and of the tensor
    """

    outcome: Outcome
    name: str | None
    theirs: str | None
    needed: tuple[int, ...] | None = None
    found: tuple[int, ...] | None = None

    def __str__(self) -> str:
        shown = self.name or self.theirs or ""
        if self.outcome is Outcome.DIFFERS:
            assert self.found is not None
            assert self.needed is not None
            text = f"{shown}: {format_shape(self.found)} in the file, {format_shape(self.needed)} here"
            return f"{text}; {_advice(self.found, self.needed)}"
        shape = self.needed or self.found
        called = f" from {self.theirs}" if self.theirs not in (None, shown) else ""
        return f"{shown} {format_shape(shape) if shape else 'a number'}{called}"


def _advice(found: tuple[int, ...], needed: tuple[int, ...]) -> str:
    if found[1:] == needed[1:] and len(found) == len(needed):
        return f"drawn anew, or give the net {found[0]} of them"
    if sorted(found) == sorted(needed):
        return "drawn anew; its axes are in another order"
    return "drawn anew, or give the net the settings that the weights were trained with"


@dataclass(frozen=True, slots=True)
class Report:
    """What was loaded from a file into a net: `print` shows the short text.

    part   the part of the net that was loaded; "" is all of it
    entry  the name under which a checkpoint held the weights, or None
    """

    file: str
    net: str
    rows: tuple[Row, ...]
    part: str = ""
    entry: str | None = None

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"<weights of {self.part or self.net}: {self.summary()}>"

    def names(self, outcome: str) -> list[str]:
        """The parameters, or of unused tensors their names in the file, with this outcome."""
        return [row.name or row.theirs or "" for row in self.rows if row.outcome == outcome]

    @property
    def counts(self) -> dict[str, int]:
        """How many tensors there are of each outcome."""
        return {str(outcome): sum(row.outcome == outcome for row in self.rows) for outcome in Outcome}

    def summary(self) -> str:
        """`161 tensors from w.pth: 160 loaded, 1 converted`, and what else there is."""
        taken = self.counts[Outcome.LOADED] + self.counts[Outcome.CONVERTED]
        wanted = sum(row.outcome is not Outcome.UNUSED for row in self.rows)
        number = counted(taken, "tensor") if taken == wanted else f"{taken} of {counted(wanted, 'tensor')}"
        rest = {name: count for name, count in self.counts.items() if count and name != Outcome.LOADED}
        loaded = {str(Outcome.LOADED): self.counts[Outcome.LOADED]} if rest and self.counts[Outcome.LOADED] else {}
        details = ", ".join(f"{count:,} {name}" for name, count in (loaded | rest).items())
        where = f" (its `{self.entry}`)" if self.entry else ""
        before = f"{self.part}: " if self.part else ""
        return f"{before}{number} from {self.file}{where}" + (f": {details}" if details else "")

    def lines(self, *, whole: bool = False) -> list[str]:
        """The summary, then a line for each kind that isn't plainly loaded; `whole` has a line for each tensor."""
        found = [self.summary()]
        if whole:
            return found + [f"  {row.outcome:<20} {row}" for row in self.rows]
        for outcome in (Outcome.DIFFERS, Outcome.MISSING, Outcome.FRESH, Outcome.UNUSED):
            rows = [row for row in self.rows if row.outcome == outcome]
            if outcome is Outcome.DIFFERS:
                found += [f"shape differs: {row}" for row in rows[:SHOWN]]
            elif rows:
                names = [row.name or row.theirs or "" for row in rows[:SHOWN]]
                found.append(f"{outcome}: {', '.join(names)}")
            if len(rows) > SHOWN:
                found[-1] += f", and {len(rows) - SHOWN} more"
        return found

    def to_json(self) -> dict[str, Any]:
        """As `netc weights --format json` prints it."""
        rows = [{key: value for key, value in asdict(row).items() if value is not None} for row in self.rows]
        return {
            "version": 1, "file": self.file, "net": self.net, "part": self.part, "entry": self.entry,
            "counts": self.counts, "tensors": rows,
        }  # fmt: skip
