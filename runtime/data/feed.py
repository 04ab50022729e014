"""From what a caller gives to what a session takes: names, shapes and element types, checked against the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.runtime.data.fit import expectation
from netc.runtime.sessions.resident import Array


def feed(ports: Sequence[Port], given: Any) -> dict[str, Array]:
    """Arrays for the data and target ports, contiguous and of the declared types.

    given  {name: array}, or one array where there is one port. A float64 array becomes float32, any integer array
           becomes the declared integer type; floats are not rounded to integers.

    Raises DiagnosticError: E555 a name is missing or unknown, E556 a shape does not fit, E557 a type does not fit,
    E558 a label is out of range. All that is wrong is in one error.
    """
    arrays = _by_name(ports, given)
    found: list[Diagnostic] = []
    sizes: dict[str, tuple[int, str]] = {}
    fed: dict[str, Array] = {}
    for port in ports:
        name = port["name"]
        if name not in arrays:
            found.append(Diagnostic("E555", f"no array for `{name}`", help=f"give `{name}` as {describe(port)}"))
            continue
        array = np.asarray(arrays[name])
        problem = shape_problem(port, array.shape, sizes) or _type_problem(port, array)
        if problem is None:
            array = np.ascontiguousarray(array, dtype=np.dtype(port["dtype"])).reshape(array.shape)
            problem = _range_problem(port, array)
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


def _by_name(ports: Sequence[Port], given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    if len(ports) == 1:
        return {ports[0]["name"]: given}
    names = ", ".join(f"`{port['name']}`" for port in ports)
    raise DiagnosticError(
        Diagnostic("E555", f"one array for {counted(len(ports), 'input')}", help=f"give a dict with the arrays {names}")
    )


def describe(port: Port) -> str:
    """A port in words: `float32 [N, 1, 28, 28]`."""
    return f"{port['dtype']} [{', '.join(map(str, port['shape']))}]"


def shape_problem(port: Port, shape: tuple[int, ...], sizes: dict[str, tuple[int, str]]) -> Diagnostic | None:
    """Compare a shape with a port's. `sizes` collects what the named sizes are, with the port that said so."""
    name, expected = port["name"], port["shape"]
    if len(shape) != len(expected):
        help = "put the batch on axis 0: `x[None]` makes a batch of one" if len(shape) == len(expected) - 1 else None
        return Diagnostic("E556", f"`{name}` has shape {list(shape)}, not {describe(port)}", help=help)
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
            message = f"`{name}` has {size} on axis {axis}, which is not what the text expects of `{wanted}`"
            return Diagnostic("E556", message, help=f"give {wish}")
        known, source = sizes.setdefault(wanted, (size, name))
        if known != size:
            message = f"`{name}` has {size} on axis {axis}, where `{source}` has {known}"
            return Diagnostic("E556", message, help=f"give the same {wanted} to both")
    return None


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
    message = f"`{port['name']}` holds {array.dtype}, not {wanted}"
    return Diagnostic("E557", message, help=f"convert it with `.astype(np.{wanted})`")


def _range_problem(port: Port, array: Array) -> Diagnostic | None:
    classes = port.get("classes")
    if classes is None or array.size == 0:
        return None
    wrong = (array < 0) | (array >= classes)
    if not wrong.any():
        return None
    row = int(np.argwhere(wrong)[0][0])
    known = counted(classes, "class", "classes")
    message = f"label {int(array[wrong][0])} in row {row} of `{port['name']}`, where the net has {known}"
    return Diagnostic("E558", message, help=f"number the classes from 0 to {classes - 1}")
