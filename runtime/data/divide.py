"""Hold a part of the data out: the parts that it brings, or a seeded share of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

import numpy as np

from netc.runtime.data.dataset import DataSet, Division, Split
from netc.runtime.data.errors import error

SHARE = 0.1


class Divider:
    """`divide` for one data set, which is asked more than once."""

    def __init__(self, name: str, parts: Mapping[str, Split], chosen: str | None, seed: int, share: float) -> None:
        self.name, self.parts, self.chosen, self.seed, self.share = name, parts, chosen, seed, share
        self._found: dict[frozenset[str], Division] = {}

    def __call__(self, needed: frozenset[str]) -> Division:
        """The division of the data where targets need these fields."""
        if needed not in self._found:
            self._found[needed] = divide(self.name, self.parts, self.chosen, self.seed, self.share, needed)
        return self._found[needed]

    def of(self, parts: Mapping[str, Split]) -> Divider:
        """The same for some of the rows, which are one part."""
        return Divider(self.name, parts, None, self.seed, self.share)


def with_share(data: DataSet, share: float) -> DataSet:
    """The same with another share of its rows held out, by seed 0; raises DiagnosticError E582.

    Data that brings parts of its own holds those out.
    """
    if not 0 < share < 1:
        raise error(
            "E582", f"validation={share} is no share to hold out", help="give a number between 0 and 1, or data"
        )
    own = [part for part in data.parts if part not in ("train", "all")]
    if own:
        message = f"{data.name} brings rows to hold out: part {' and '.join(f'`{part}`' for part in own)}"
        raise error("E582", message, help="leave `validation` out")
    return replace(data, divide=Divider(data.name, data.parts, data.options.test, 0, share))


def divide(
    name: str, parts: Mapping[str, Split], chosen: str | None, seed: int, share: float, needed: Set[str]
) -> Division:
    """Which rows to learn from and which to hold out.

    chosen  the option `test`: the part to hold out where the data brings several
    needed  the fields of the targets: a part without them cannot be measured

    Raises E508 where there is nothing to train on or to hold out, E510 for a part that is not there.
    """
    if "train" not in parts and "all" not in parts:
        raise error(
            "E508",
            f"{name} has no rows to train on",
            f"it has {' and '.join(sorted(parts))} alone",
            help="call the part to train on `train`; `netc eval` and `netc predict` take the data as it is",
        )
    whole = parts["train" if "train" in parts else "all"]
    lacking = {part: split for part, split in parts.items() if not needed <= split.fields.keys()}
    measured = {part: split for part, split in parts.items() if part not in ("train", "all") and part not in lacking}
    if chosen is not None and chosen not in measured:
        raise error(
            "E510",
            f"{name} has no part `{chosen}`",
            f"its parts are {', '.join(sorted(parts))}",
            help="drop the option `test`",
        )
    left = [f"{len(split):,} {part} without labels not used" for part, split in lacking.items()]
    if not measured:
        return _seeded(name, whole, seed, share, left)
    held = chosen or ("val" if "val" in measured else "test")
    final = next((part for part in measured if part != held), None) if chosen is None else None
    note = f"given: {len(whole):,} train, {len(measured[held]):,} {held}"
    if final is not None:
        note += f", {len(measured[final]):,} {final}"
    left += [f"{len(split):,} {part} not used" for part, split in measured.items() if part not in (held, final)]
    names = ("train", held, *(() if final is None else (final,)))
    return Division(whole, measured[held], measured.get(final or ""), names, "; ".join([note, *left]))


def _seeded(name: str, whole: Split, seed: int, share: float, left: list[str]) -> Division:
    rows = len(whole)
    if rows < 2:
        raise error("E508", f"{name} has {rows} rows, expected at least 2: one to train on and one to hold out")
    held = min(rows - 1, max(1, round(rows * share)))
    order = np.random.default_rng([seed, rows]).permutation(rows)
    test, train = whole.take(np.sort(order[:held])), whole.take(np.sort(order[held:]))
    percent = round(100 * held / rows)
    note = f"seeded split {100 - percent}/{percent}, seed {seed}: {len(train):,} train, {held:,} held out"
    return Division(train, test, None, ("train", "val"), "; ".join([note, *left]), (share, seed))
