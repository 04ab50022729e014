"""Hold a part of the data out: the parts that it brings, or a seeded share of the rows of each class."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

import numpy as np

from netc.grammar.counted import counted
from netc.runtime.data.dataset import DataSet, Division, Split
from netc.runtime.data.errors import error

SHARE = 0.1


class Divider:
    """`divide` for one data set, which is asked more than once.

    share  to hold out, as it was asked for; None: a tenth
    """

    def __init__(
        self, name: str, parts: Mapping[str, Split], chosen: str | None, seed: int, share: float | None
    ) -> None:
        self.name, self.parts, self.chosen, self.seed, self.share = name, parts, chosen, seed, share
        self._found: dict[tuple[frozenset[str], str | None], Division] = {}

    def __call__(self, needed: frozenset[str], by: str | None = None) -> Division:
        """The division of the data where targets need these fields; arguments as of `divide`."""
        if (needed, by) not in self._found:
            self._found[needed, by] = divide(self.name, self.parts, self.chosen, self.seed, self.share, needed, by)
        return self._found[needed, by]

    def of(self, parts: Mapping[str, Split]) -> Divider:
        """The same for some of the rows, which are one part."""
        return Divider(self.name, parts, None, self.seed, self.share)

    def as_drawn(self, share: float, seed: int) -> Divider:
        """The same by a training's seed, and by its share unless one was asked for."""
        return Divider(self.name, self.parts, self.chosen, seed, share if self.share is None else self.share)


def options_of_parts(parts: Mapping[str, Split]) -> frozenset[str]:
    """Which options about rows held out parts leave open: a share where some training could need one, or a choice.

    A part that lacks a field may be one without labels, which nothing is measured on.
    """
    whole = next((parts[name] for name in ("train", "all") if name in parts), None)
    own = [part for part in parts.values() if part is not whole]
    seeded = whole is not None and all(whole.fields.keys() - part.fields.keys() for part in own)
    return frozenset({"validation"} if seeded else ()) | frozenset({"test"} if len(own) > 1 else ())


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
        message = f"rows to hold out come with {data.name}: part {' and '.join(f'`{part}`' for part in own)}"
        raise error("E582", message, help="leave `validation` out")
    return replace(data, divide=Divider(data.name, data.parts, data.options.test, 0, share))


def divide(
    name: str,
    parts: Mapping[str, Split],
    chosen: str | None,
    seed: int,
    share: float | None,
    needed: Set[str],
    by: str | None = None,
) -> Division:
    """Which rows to learn from and which to hold out.

    chosen  the option `test`: the part to hold out where the data brings several
    share   of the rows to hold out where the data brings no part to measure on; None: a tenth
    needed  the fields of the targets: a part without them cannot be measured
    by      the field whose classes are each divided in proportion, or None for one lot of all rows

    Raises E508 where there is nothing to train on or to hold out, E510 for a part that is not there, and for a share
    of data that brings parts to measure on.
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
            help="leave `test` out",
        )
    left = [f"{len(split):,} {part} without labels not used" for part, split in lacking.items()]
    if not measured:
        return _seeded(name, whole, seed, SHARE if share is None else share, left, by)
    if share is not None:
        message = f"{name} brings {' and '.join(measured)} to measure on, and has no use for the option `validation`"
        raise error("E510", message, help="leave `validation` out")
    held = chosen or ("val" if "val" in measured else "test")
    final = next((part for part in measured if part != held), None) if chosen is None else None
    note = f"given: {len(whole):,} train, {len(measured[held]):,} {held}"
    if final is not None:
        note += f", {len(measured[final]):,} {final}"
    left += [f"{len(split):,} {part} not used" for part, split in measured.items() if part not in (held, final)]
    names = ("train", held, *(() if final is None else (final,)))
    return Division(whole, measured[held], measured.get(final or ""), names, "; ".join([note, *left]))


def _seeded(name: str, whole: Split, seed: int, share: float, left: list[str], by: str | None) -> Division:
    rows = len(whole)
    if rows < 2:
        expected = "expected at least 2: one to train on and one to hold out"
        raise error("E508", f"{name} has {counted(rows, 'row')}, {expected}", help="give it more rows")
    order = np.random.default_rng([seed, rows]).permutation(rows)
    labels = _labels(whole, by)
    chosen = order[: held_of(rows, share)] if labels is None else stratified(labels, order, share)
    kept = np.setdiff1d(order, chosen)
    test, train = whole.take(np.sort(chosen)), whole.take(kept)
    percent = round(100 * len(test) / rows)
    alike = "" if labels is None else ", of each class alike"
    note = f"seeded split {100 - percent}/{percent}, seed {seed}: {len(train):,} train, {len(test):,} held out{alike}"
    return Division(
        train,
        test,
        None,
        ("train", "val"),
        "; ".join([note, *left]),
        (share, seed),
        None if labels is None else by,
    )


def held_of(rows: int, share: float) -> int:
    """How many rows are held out: the share, one at least, and one at least is left."""
    return min(rows - 1, max(1, round(rows * share)))


def stratified(labels: np.ndarray, order: np.ndarray, share: float) -> np.ndarray:
    """The rows to hold out: of each class its share, one at least on each side where a class has two.

    order  all rows, shuffled: the first of each class in it are held out

    The total is that of the share, as far as the classes of few rows allow; the largest remainders are rounded up.
    """
    _, places = np.unique(labels, return_inverse=True)
    counts = np.bincount(places)
    least, most = np.minimum(counts // 2, 1), np.maximum(counts - 1, 0)
    exact = counts * share
    quota = np.clip(np.floor(exact).astype(np.int64), least, most)
    missing = max(held_of(len(order), share) - int(quota.sum()), 0)
    room = np.flatnonzero(quota < np.minimum(most, np.ceil(exact)))
    quota[room[np.argsort(np.floor(exact)[room] - exact[room], kind="stable")][:missing]] += 1
    if not quota.any():
        return order[: held_of(len(order), share)]  # no class has two rows
    grouped = order[np.argsort(places[order], kind="stable")]
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(order)) - np.repeat(starts, counts)
    return grouped[rank < np.repeat(quota, counts)]


def _labels(whole: Split, by: str | None) -> np.ndarray | None:
    if by is None or by not in whole.fields:
        return None
    values = np.asarray(whole.fields[by][:])
    return values if values.ndim == 1 else None
