"""Which weights of a checkpoint of one network fit another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netc.compiler.compare.difference import Difference
from netc.compiler.ir import format_shape
from netc.grammar.counted import counted

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fitting:
    """What becomes of the tensors of a file.

    fits       names before and after
    differs    names before and after, and the two shapes
    left       tensors that no weight takes
    fresh      weights of the new network for which there is none
    """

    fits: dict[str, str]
    differs: dict[str, tuple[str, Shape, Shape]]
    left: list[str]
    fresh: list[str]

    @property
    def renamed(self) -> dict[str, str]:
        """Of what fits that which is called otherwise now."""
        return {old: new for old, new in self.fits.items() if old != new}

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        differs = [{"before": old, "after": new, "shapes": [list(it) for it in shapes]}
                   for old, (new, *shapes) in self.differs.items()]  # fmt: skip
        return {"fits": self.fits, "differs": differs, "left": self.left, "fresh": self.fresh}

    def lines(self) -> list[str]:
        """How many of each there are, and which don't fit."""
        renamed = f", {len(self.renamed):,} under another name" if self.renamed else ""
        lines = [f"weights that still fit: {counted(len(self.fits), 'tensor')}{renamed}"]
        for old, (new, found, needed) in self.differs.items():
            name = old if old == new else f"{old} → {new}"
            lines.append(f"  ~ {name}: {format_shape(found)} in the file, {format_shape(needed)} now")
        lines += [f"  - {name}: nothing takes it" for name in self.left]
        lines += [f"  + {name}: starts afresh" for name in self.fresh]
        return lines


def fitting(difference: Difference, tensors: Mapping[str, Shape]) -> Fitting:
    """What the new network could take of tensors by their names in the old one, with their shapes."""
    partner = _partners(difference)
    needed = {item.name: tuple(size for size in item.value.shape if isinstance(size, int))
              for item in difference.after.parameters}  # fmt: skip
    fits, differs, left = {}, {}, []
    for name, shape in tensors.items():
        new = partner.get(name)
        if new is None:
            left.append(name)
        elif needed[new] == shape:
            fits[name] = new
        else:
            differs[name] = (new, shape, needed[new])
    taken = {*fits.values(), *(new for new, *_ in differs.values())}
    return Fitting(fits, differs, left, [name for name in needed if name not in taken])


def _partners(difference: Difference) -> dict[str, str]:
    """Weights that stand in the same place of layers that belong together: names before, names after."""
    found: dict[str, str] = {}
    for match in difference.matches:
        if match.before is None or match.after is None:
            continue
        after = {item.name.rpartition(".")[2]: item.name for item in match.after.instance.parameters}
        for item in match.before.instance.parameters:
            leaf = item.name.rpartition(".")[2]
            if leaf in after:
                found.setdefault(item.name, after[leaf])
    return found
