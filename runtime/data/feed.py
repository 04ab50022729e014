"""From what a caller gives to what a session takes: names, shapes and element types, checked against the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.counted import bounded, counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.runtime.data.cards.card import Card
from netc.runtime.data.fit import expectation, is_of_rows, matches, spread
from netc.runtime.data.label_rows import ADVICE_FOR_BLANKS, ADVICE_FOR_STEPS, blanks, steps_for, steps_of, too_many
from netc.runtime.data.named import as_array
from netc.runtime.data.scale import BYTES, divisor
from netc.runtime.data.values import ADVICE_FOR_ROWS, advice_for_bounds, check_finite, check_held, has_rows, outside
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.sizes import NamedSizes, other_size


def feed(ports: Sequence[Port], given: Any, card: Card | None = None, *, finite: bool = False) -> dict[str, Array]:
    """Arrays for the data and target ports, contiguous and of the declared types.

    given  {name: array}, or one array where there is one port. A float64 array becomes float32, any integer array
           becomes the declared integer type; floats are not rounded to integers.
    card   values as they are stored are scaled as it says: bytes for a float input by 255 unless it says another
           number. None: nothing is scaled
    finite  whether NaN and infinity are refused, as where weights are to learn from them

    Raises DiagnosticError: E555 a name is missing or unknown, E556 a shape does not fit, E557 a type does not fit,
    E558 a label is out of range, E521 values are of another range than those trained on, E506 they are not finite, or
    none that float32 holds. All that is wrong is in one error.
    """
    arrays = checked(ports, _by_name(ports, given))
    found: list[Diagnostic] = []
    fed: dict[str, Array] = {}
    for port in ports:
        array = arrays[port["name"]]
        check = check_finite if finite else check_held
        wrong = check(array, partial(_place, port["name"]), port)
        if wrong:
            found += wrong
            continue
        if is_of_rows(port, array.shape):
            array = _spread(port, array, arrays, ports)
        scale = None if card is None else _scale(port, array, card)
        if isinstance(scale, Diagnostic):
            found.append(scale)
            continue
        fed[port["name"]] = np.ascontiguousarray(array, dtype=np.dtype(port["dtype"])).reshape(array.shape)
        if scale is not None:
            fed[port["name"]] = fed[port["name"]] / np.dtype(port["dtype"]).type(scale)
    if found:
        raise DiagnosticError(found)
    return fed


def _place(name: str, row: int, at: int) -> str:
    """Where a number stands in an array of the caller's."""
    return f"`{name}`[{row}]"


def checked(ports: Sequence[Port], arrays: Mapping[str, Any], *, texts: bool = False) -> dict[str, Array]:
    """The arrays by the names of the ports, as they are; raises DiagnosticError E555 to E558.

    texts  labels may be texts, where a loss compares classes
    """
    found: list[Diagnostic] = []
    sizes: NamedSizes = {}
    fed: dict[str, Array] = {}
    for port in ports:
        name = port["name"]
        if name not in arrays:
            found.append(Diagnostic("E555", f"no array for `{name}`", help=f"give `{name}` as {describe(port)}"))
            continue
        array = as_array(arrays[name], name)
        of_rows = is_of_rows(port, array.shape)
        problem = shape_problem({**port, "shape": port["shape"][:1]} if of_rows else port, array.shape, sizes)
        if problem is None and not (texts and "classes" in port and array.dtype.kind == "U"):
            problem = (
                _type_problem(port, array)
                or _not_held(port, array)
                or _range_problem(port, array)
                or _row_problem(port, array, sizes)
            )
        if problem is None:
            fed[name] = array
        else:
            found.append(problem)
    known = [port["name"] for port in ports]
    for name in arrays:
        if name not in known:
            help = did_you_mean(name, known) or f"use {', '.join(f'`{item}`' for item in known)}"
            found.append(Diagnostic("E555", f"the net has no input or target `{name}`", help=help))
    if found:
        raise DiagnosticError(found)
    return fed


def _spread(port: Port, array: Array, arrays: Mapping[str, Array], ports: Sequence[Port]) -> Array:
    """The weights of examples as weights of their positions; raises DiagnosticError E556 where their number is open."""
    sizes = {
        wanted: size for other in ports if not is_of_rows(other, arrays[other["name"]].shape)
        for wanted, size in zip(other["shape"], arrays[other["name"]].shape, strict=True)
    }  # fmt: skip
    positions = [size if isinstance(size, int) else sizes.get(size) for size in port["shape"][1:]]
    known = [size for size in positions if size is not None]
    if len(known) < len(positions):
        message = f"`{port['name']}` has shape {list(array.shape)}, not {describe(port)}"
        raise DiagnosticError(Diagnostic("E556", message, help="give a weight for each example, or each position"))
    return spread(array, known)


def _scale(port: Port, array: Array, card: Card) -> float | Diagnostic | None:
    """What values are divided by; a card that doesn't know the input says nothing but that bytes are bytes."""
    if port["role"] != "data" or np.dtype(port["dtype"]).kind != "f":
        return None
    known = card.input(port["name"])
    if known is None:
        return BYTES if array.dtype == np.uint8 else None
    return divisor(array, port, known, f"`{port['name']}`", None)


def _by_name(ports: Sequence[Port], given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return {str(name): array for name, array in given.items()}
    if len(ports) == 1:
        return {ports[0]["name"]: given}
    names = ", ".join(f"`{port['name']}`" for port in ports)
    raise DiagnosticError(
        Diagnostic("E555", f"one array for {counted(len(ports), 'input')}", help=f"give a dict with the arrays {names}")
    )


def describe(port: Port) -> str:
    """A port in words: `float32 [N, 1, 28, 28]`."""
    return f"{port['dtype']} [{', '.join(map(str, port['shape']))}]"


def shape_problem(port: Port, shape: tuple[int, ...], sizes: NamedSizes) -> Diagnostic | None:
    """Compare a shape with a port's. `sizes` collects what the named sizes are, with the port that said so."""
    name, expected = port["name"], port["shape"]
    if len(shape) != len(expected):
        return Diagnostic("E556", f"`{name}` has shape {list(shape)}, not {describe(port)}", help=_lacking(port, shape))
    if _is_channels_last(port, shape):
        message = f"`{name}` has shape {list(shape)}, channels last, not {describe(port)}"
        return Diagnostic("E556", message, help=f"put channels first: `{name}.transpose(0, 3, 1, 2)`")
    for axis, (size, wanted) in enumerate(zip(shape, expected, strict=True)):
        if isinstance(wanted, int):
            if size != wanted:
                message = f"`{name}` has shape {list(shape)}, not {describe(port)}: axis {axis} is {size}"
                return Diagnostic("E556", message, help=f"give {wanted} on axis {axis}")
            continue
        if not wanted.isidentifier():
            continue
        wish = expectation(port, wanted, size)
        if wish is not None:
            message = f"`{name}` has {size} on axis {axis}, which is not what the net expects of `{wanted}`"
            return Diagnostic("E556", message, help=f"give {wish}")
        other = other_size(sizes, wanted, size, name, axis)
        if other is not None:
            return other
    return None


def _is_channels_last(port: Port, shape: tuple[int, ...]) -> bool:
    """Whether [N, H, W, C] is given for [N, C, H, W], and nothing else would fit."""
    wanted = port["shape"][1:]
    rows = shape[1:]
    return len(rows) == 3 and not matches(rows, wanted) and matches((rows[2], rows[0], rows[1]), wanted)


def _lacking(port: Port, shape: tuple[int, ...]) -> str | None:
    """The way out where a shape has an axis less than it should: the batch, or that of the channels."""
    wanted = port["shape"]
    if len(shape) != len(wanted) - 1:
        return None
    if matches(shape, wanted[1:]):
        return "put the batch on axis 0: `x[None]` makes a batch of one"
    if len(wanted) == 4 and wanted[1] == 1 and matches(shape[1:], wanted[2:]):
        return "grey pictures have one channel: `x[:, None]` puts it on axis 1"
    if len(wanted) == 2 and wanted[1] == 1:
        return "a row has one number: `y[:, None]` gives it an axis of its own"
    return "put the batch on axis 0: `x[None]` makes a batch of one"


def _type_problem(port: Port, array: Array) -> Diagnostic | None:
    wanted = np.dtype(port["dtype"])
    if wanted.kind == "f":
        fits = array.dtype.kind in "fiub"
    elif wanted.kind in "iu":
        fits = array.dtype.kind in "iub"
    else:
        fits = array.dtype.kind == wanted.kind
    if fits:
        return None
    message = f"`{port['name']}` holds {'texts' if array.dtype.kind == 'U' else array.dtype}, not {wanted}"
    if array.dtype.kind in "UO":
        return Diagnostic("E557", message, help="give numbers; classes are numbered from 0")
    return Diagnostic("E557", message, help=f"convert it with `.astype(np.{wanted})`")


def _not_held(port: Port, array: Array) -> Diagnostic | None:
    """What is wrong with whole numbers that the port's type has no place for: a cast would make others of them."""
    wanted = np.dtype(port["dtype"])
    if wanted.kind not in "iu" or not array.size or np.can_cast(array.dtype, wanted):
        return None
    held = np.iinfo(wanted)
    low, high = int(array.min()), int(array.max())
    if held.min <= low and high <= held.max:
        return None
    wrong = low if low < held.min else high
    row = int(np.argwhere(array == wrong)[0][0])
    message = f"{wrong} in row {row} of `{port['name']}`, where {wanted} holds {held.min} to {held.max}"
    return Diagnostic("E558", message, help=f"give numbers from {held.min} to {held.max}")


def _range_problem(port: Port, array: Array) -> Diagnostic | None:
    if array.size and (rows := port.get("rows")) is not None:
        return _not_in_table(port["name"], array, rows)
    if array.size and (between := port.get("between")) is not None:
        return _not_between(port, array, *between)
    classes = port.get("classes")
    if classes is None or array.size == 0:
        return None
    wrong = ((array < 0) | (array >= classes)) & (array != port.get("ignored"))
    if not wrong.any():
        return None
    row = int(np.argwhere(wrong)[0][0])
    known = counted(classes, "class", "classes")
    message = f"label {int(array[wrong][0])} in row {row} of `{port['name']}`, where the net has {known}"
    return Diagnostic("E558", message, help=f"number the classes from 0 to {classes - 1}")


def _row_problem(port: Port, array: Array, sizes: NamedSizes) -> Diagnostic | None:
    """What is wrong with rows of labels: a blank among them, or more of them than the steps can say."""
    row = port.get("row")
    if row is None:
        return None
    blank = np.argwhere(blanks(array, row))
    if len(blank):
        at, place = map(int, blank[0])
        message = f"label {place} in row {at} of `{port['name']}` is {row['blank']}, the blank, and no label"
        return Diagnostic("E558", f"{message}: {row['end']} ends a row", help=ADVICE_FOR_BLANKS)
    steps = steps_of(row, {name: size for name, (size, _) in sizes.items()})
    labels, needed = steps_for(array, row)
    if steps is None or not (needed > steps).any():
        return None
    at = int(np.argmax(needed > steps))
    message = f"row {at} of `{port['name']}` has {too_many(int(labels[at]), int(needed[at]), steps)}"
    return Diagnostic("E558", message, help=ADVICE_FOR_STEPS)


def _not_between(port: Port, array: Array, low: float | None, high: float | None) -> Diagnostic | None:
    wrong = outside(array, low, high)
    if not wrong.any():
        return None
    row = int(np.argwhere(wrong)[0][0])
    message = f"{array[wrong][0]:g} in row {row} of `{port['name']}`, where {bounded(low, high)} is wanted"
    return Diagnostic("E558", message, help=advice_for_bounds(port))


def _not_in_table(name: str, array: Array, rows: int) -> Diagnostic | None:
    wrong = (array < 0) | (array >= rows)
    if not wrong.any():
        return None
    row = int(np.argwhere(wrong)[0][0])
    message = (
        f"`{name}` has {int(array[wrong][0]):,} in row {row}, where the table that it chooses from {has_rows(rows)}"
    )
    return Diagnostic("E558", message, help=ADVICE_FOR_ROWS)
