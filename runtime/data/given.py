"""From whatever a caller gives as data to rows, or batches, in the net's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netc.compiler import Port
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.array_data import array_data
from netc.runtime.data.batches import BoundBatches
from netc.runtime.data.bind import BoundData, bind_data, bind_part
from netc.runtime.data.cards.card import NO_CARD, Card, PartCard
from netc.runtime.data.cards.plan_card import continues, make_card
from netc.runtime.data.class_counts import check_classes, counted_in
from netc.runtime.data.dataset import DataSet
from netc.runtime.data.divide import with_share
from netc.runtime.data.errors import error
from netc.runtime.data.follow import BoundSplit, bind_split, check_rows
from netc.runtime.data.named import FORMS, is_array, is_pair, named
from netc.runtime.data.open import open_data
from netc.runtime.data.spec import with_option
from netc.runtime.data.stream import Stream, is_batches, one_pass
from netc.runtime.sessions.resident import Array

__all__ = ["BoundBatches", "Parts", "Stream", "bind", "rows_of"]
Rows = BoundBatches | Stream
Measured = BoundBatches | Callable[[], Iterator[Mapping[str, Array]]]
Cards = tuple[Card | None, Card | None]


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows to learn from and rows to measure on after each epoch, or batches of either.

    card      what the data means
    final     rows measured once at the end, or None
    spec      what the command line would call the data, or None
    warnings  findings that don't stop a training, unless somebody has told them already
    """

    train: Rows
    test: Measured | None
    card: Card
    final: BoundSplit | None = None
    spec: str | None = None
    warnings: tuple[Diagnostic, ...] = ()


def bind(
    data: Any,
    ports: Sequence[Port],
    validation: Any = None,
    card: Card | None = None,
    steps: int | None = None,
    begun: Card | None = None,
) -> Parts:
    """Fit data to the inputs and targets of a net.

    data        a spec as `--data` takes it, a DataSet, {name: array}, (x, y), batches, or data that is bound already
    validation  the same, or the share of rows to hold out
    card        what the data meant when the model was trained; None: this data decides
    steps       batches of an epoch, where data is batches
    begun       of the weights that a new training begins with: followed where the data is of that kind

    Raises DiagnosticError: E5xx for what doesn't fit, E580 for what is no data.
    """
    share = validation if isinstance(validation, int | float) else None
    if _gives_batches(data):
        parts = _of_batches(data, ports, (card, begun), steps, share)
    elif steps is not None:
        raise error("E580", "`steps=` counts batches, and the data is rows", help="leave it out: an epoch is all rows")
    else:
        parts = _of_rows(data, ports, (card, begun), share)
    if validation is not None and share is None:
        parts = _validated(parts, validation, ports)
    if isinstance(parts.train, BoundBatches) and not len(parts.train):
        raise DiagnosticError(Diagnostic("E559", "there are no rows to train on", help="give at least one example"))
    return parts


def rows_of(data: Any, ports: Sequence[Port], card: Card | None, part: str | None = None) -> tuple[str, BoundBatches]:
    """The rows to measure on, and the name of their part: all of them, unless the data has a part for it.

    data  as for `bind`, but no batches;  part: "train", "val", "test" or "all" of a DataSet

    Raises DiagnosticError E5xx for what doesn't fit.
    """
    if isinstance(data, BoundData):
        return "val", data.held
    return bind_part(_data_set(data, ports, card), ports, card, part)


def measured(data: Any, ports: Sequence[Port], card: Card | None) -> Measured:
    """What to measure on: rows, or a function that begins a pass over batches; raises as `bind` does."""
    if isinstance(data, BoundBatches) and not isinstance(data, Mapping):
        return data
    if _gives_batches(data):
        if iter(data) is data:
            help = "give what can be gone through again, such as a list of batches"
            raise error("E580", f"{type(data).__name__} can be measured on once alone", help=help)
        return lambda: one_pass(data, ports, card or NO_CARD)
    return rows_of(data, ports, card)[1]


def _gives_batches(data: Any) -> bool:
    known = isinstance(data, DataSet | BoundData) or is_pair(data) or _are_arrays(data)
    return not known and is_batches(data)


def _are_arrays(data: Any) -> bool:
    """Whether this is a tuple of arrays, which stands for inputs and targets and is no list of batches."""
    return isinstance(data, tuple) and bool(data) and all(map(is_array, data))


def _of_batches(data: Any, ports: Sequence[Port], cards: Cards, steps: int | None, share: float | None) -> Parts:
    if share is not None:
        message = f"no share of {type(data).__name__} can be held out: its rows come once an epoch"
        raise error("E582", message, help="give `validation` as data of its own")
    stream = Stream(data, ports, steps)
    first = array_data(stream.first, ports)
    made = _card(first, ports, _followed(cards, first, ports))
    stream.card = replace(made, data=type(data).__name__, parts=(), seeded=None, stratified=None)
    return Parts(stream, None, stream.card)


def _of_rows(data: Any, ports: Sequence[Port], cards: Cards, share: float | None) -> Parts:
    if isinstance(data, BoundData):
        return Parts(data.train, data.held, data.card, data.final)
    is_set = isinstance(data, str | Path | DataSet)
    found = _data_set(data, ports)
    card = _followed(cards, found, ports)
    if not is_set and share is None:
        return _whole(found, ports, card)
    if not is_set:
        card = _card(found, ports, card)
    if share is not None:
        found = replace(with_share(found, share), spec=with_option(found.spec, f"validation={share:g}"))
    bound = bind_data(found, ports, card)
    return Parts(bound.train, bound.held, bound.card, bound.final, found.spec, bound.warnings)


def _followed(cards: Cards, data: DataSet, ports: Sequence[Port]) -> Card | None:
    card, begun = cards
    return begun if card is None and begun is not None and continues(begun, data, ports) else card


def _whole(data: DataSet, ports: Sequence[Port], card: Card | None) -> Parts:
    """All rows to learn from."""
    made = _card(data, ports, card)
    train = bind_split(data, data.first, ports, made)
    check_rows(data, [train], ports, made)
    made = counted_in(made, train).with_parts([PartCard("train", len(train), train.fingerprint)], None, None)
    return Parts(train, None, made, warnings=(*data.warnings, *check_classes(data, ("train",), [train], ports, made)))


def _validated(parts: Parts, validation: Any, ports: Sequence[Port]) -> Parts:
    rows = measured(validation, ports, parts.card)
    known = parts.card.parts[:1]
    if known and isinstance(rows, BoundSplit):
        known = (*known, PartCard("val", len(rows), rows.fingerprint))
    return replace(parts, test=rows, final=None, spec=None, card=parts.card.with_parts(known, None, None))


def _data_set(data: Any, ports: Sequence[Port], card: Card | None = None) -> DataSet:
    """Data that rows can be taken from, files as a card reads them; raises DiagnosticError E580 for what is none."""
    if isinstance(data, str | Path):
        return open_data(data, card=card)
    if isinstance(data, DataSet):
        return data
    if isinstance(data, Mapping) or is_pair(data) or is_array(data) or _are_arrays(data):
        return array_data(named(data, ports), ports)
    help = None
    if type(data).__module__.startswith("torch.utils"):
        help = "put it into a DataLoader, which makes batches: `DataLoader(data, batch_size=32, shuffle=True)`"
    elif hasattr(data, "columns"):
        help = "write it as CSV, or give its columns as arrays: `{name: table[name].to_numpy()}`"
    raise error("E580", f"a value of type {type(data).__name__} is no data", help=help or f"give {FORMS}")


def _card(data: DataSet, ports: Sequence[Port], card: Card | None) -> Card:
    """The card of arrays. What they hold is not scaled but for bytes, so that large pixels are refused."""
    try:
        return make_card(data, ports, card)[0]
    except DiagnosticError as wrong:
        help = "divide them first: `x / np.float32(255)`"
        raise DiagnosticError(
            [replace(found, help=help) if found.code == "E521" else found for found in wrong.diagnostics]
        ) from None
