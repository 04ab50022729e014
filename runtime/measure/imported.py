"""How far an imported network is from its model: both are run on the same examples."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from netc.compiler import Imported, Net, check_model, compile_inference, read_model
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.limits import TENSORS
from netc.grammar.snippet import printable
from netc.runtime.sessions.arrays_only import check_array
from netc.runtime.sessions.isolated.exchange import DTYPES
from netc.runtime.sessions.isolated.process import FailedError, IsolatedProcess, IsolatedSession
from netc.runtime.sessions.reasons import reason
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Given

EXAMPLES = 2
OPEN = 32
"""What stands for a size that the model leaves open."""
SAME = 0.05
"""A difference up to which both are the same network, one perhaps in half precision."""
NOT_COMPARED = ("E141", "E540", "E541", "E542", "E543", "E544", "E558")
"""Findings after which the text is as good as before, and its outputs are not compared."""


def difference(model: Path, net: Net, imported: Imported) -> float | str:
    """The largest difference of an output from the model's, as a share of the largest number there.

    Infinity where a text that was noted in the model has other inputs or outputs than it. A text where one of both
    cannot be run: it says why. They run in a process of their own with limits, the network too, which does what the
    model says. Raises DiagnosticError E565, E567.
    """
    content = read_model(model)
    external = check_model(model, content, model.parent)
    process = IsolatedProcess(str(model))
    try:
        theirs = process.open(content, None if external is None else model.parent, external or 0)
        ours = process.open(compile_inference(net, net.start).model)
        if imported.own is not None and not _fits(theirs, ours, imported):
            return math.inf
        examples = _examples(theirs, net, imported)
        expected = theirs.run({**examples, **imported.numbers})
        found = ours.run(
            {imported.inputs[name]: _batch_first(array, name, imported) for name, array in examples.items()}
        )
    except FailedError as error:
        return f"not compared, for ONNX Runtime does not run the model: {reason(str(error))}"
    except DiagnosticError as error:
        if error.diagnostics[0].code not in NOT_COMPARED:
            raise
        return f"not compared: {error.diagnostics[0].message}"
    finally:
        process.close()
    pairs = [
        (_batch_first(array, name, imported), found[imported.outputs[name]])
        for name, array in expected.items()
        if name in imported.outputs
    ]
    return max((_apart(a, b) for a, b in pairs), default=0.0)


def _fits(theirs: IsolatedSession, ours: IsolatedSession, imported: Imported) -> bool:
    """Whether a model has the inputs of the text noted in it and no others, alike, and its outputs."""
    known = {item.name: item for item in theirs.inputs}
    return (
        set(imported.outputs) <= set(theirs.outputs.values())
        and known.keys() <= imported.inputs.keys()
        and all(item.name in known and _are_alike(item, known[item.name]) for item in ours.inputs)
    )


def _are_alike(a: Given, b: Given) -> bool:
    kinds = {np.dtype(DTYPES[item.type]).kind if item.type in DTYPES else item.type for item in (a, b)}
    fixed = ({x, y} for x, y in zip(a.shape, b.shape, strict=False) if isinstance(x, int) and isinstance(y, int))
    return len(kinds) == 1 and len(a.shape) == len(b.shape) and all(len(sizes) == 1 for sizes in fixed)


def _apart(expected: Array, found: Array) -> float:
    """The largest difference, as a share of the largest number; infinity where only one of both has a number."""
    if expected.size != found.size:
        return math.inf
    if expected.ndim > 1 and expected.shape != found.shape:
        moved = np.moveaxis(expected, 1, 0)
        expected = moved if moved.shape == found.shape else expected.reshape(found.shape)
    expected, found = expected.astype(np.float64), found.astype(np.float64)
    numbers = np.isfinite(expected) & np.isfinite(found)
    if not np.array_equal(expected[~numbers], found[~numbers], equal_nan=True):
        return math.inf
    largest = float(np.abs(expected[numbers]).max(initial=0.0)) or 1.0
    return float(np.abs(expected[numbers] - found[numbers]).max(initial=0.0)) / largest


def _batch_first(array: Array, name: str, imported: Imported) -> Array:
    axis = imported.batch_axes.get(name, 0)
    return np.ascontiguousarray(np.moveaxis(array, axis, 0))


def _examples(session: IsolatedSession, net: Net, imported: Imported) -> dict[str, Array]:
    """Random examples in the shapes of a model's inputs; whole numbers are small, so that tables have them.

    Raises DiagnosticError E542 for inputs that are too large, E544 for what arrays don't hold.
    """
    random, names = np.random.default_rng(0), imported.inputs
    rows = {value.name: value for value in net.inputs}
    found: dict[str, Array] = {}
    for item in session.inputs:
        if item.name not in names:
            continue
        wanted = rows[names[item.name]]
        batch = imported.batch_axes.get(item.name, 0)
        ours = iter(wanted.shape[1:])  # an open size may have been given
        shape = []
        for axis, size in enumerate(item.shape):
            mine = EXAMPLES if axis == batch else next(ours)
            known = size if isinstance(size, int) and size > 0 else mine
            shape.append(known if isinstance(known, int) else OPEN)
        check_array(item)
        dtype = np.dtype(DTYPES[item.type])
        if (size := math.prod(shape) * 8) > TENSORS.value:
            raise TENSORS.error(f"input `{printable(item.name[:80])}` takes {TENSORS.shown(size)}", asked=size)
        if dtype.kind == "f":
            found[item.name] = random.standard_normal(shape).astype(dtype)
        else:
            most = 2 if dtype.kind == "b" else _rows(net, wanted.name)
            found[item.name] = random.integers(0, most, shape).astype(dtype)
    return found


def _rows(net: Net, name: str) -> int:
    """How many numbers from 0 on the first table has that looks an input up."""
    for layer in net.layers:
        if layer.word == "embedding" and any(value.name == name for value in layer.inputs):
            return int(layer.parameters[0].value.shape[0])  # type: ignore[arg-type]
    return 2
