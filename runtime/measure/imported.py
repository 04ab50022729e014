"""How far an imported network is from its model: both are run on the same examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import Imported, Net, check_model, compile_inference
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Session

EXAMPLES = 2
OPEN = 32
"""What stands for a size that the model leaves open."""


def difference(model: Path, net: Net, imported: Imported) -> float | str:
    """The largest difference of an output from the model's, as a share of the largest number there.

    A text where the model itself cannot be run: it says why.
    """
    content = model.read_bytes()
    external = check_model(model, content, model.parent)
    try:
        theirs = Session(content, CPU, folder=model.parent if external else None)
    except Exception as error:  # ONNX Runtime has a class of exception for each way a file can be wrong
        return f"not compared, for ONNX Runtime does not load the model: {str(error).splitlines()[0][:120]}"
    ours = Session(compile_inference(net, net.start), CPU)
    examples = _examples(theirs.session, net, imported)
    try:
        expected = theirs.session.run(None, {**examples, **imported.numbers})
    except Exception as error:
        return f"not compared, for ONNX Runtime does not run the model: {str(error).splitlines()[0][:120]}"
    given = {imported.inputs[name]: _batch_first(array, name, imported) for name, array in examples.items()}
    found = dict(zip([item.name for item in ours.session.get_outputs()], ours.session.run(None, given), strict=True))
    names = [item.name for item in theirs.session.get_outputs()]
    pairs = [
        (_batch_first(array, name, imported), found[imported.outputs[name]])
        for name, array in zip(names, expected, strict=True)
        if name in imported.outputs
    ]
    return max((_apart(a, b) for a, b in pairs), default=0.0)


def _apart(expected: Array, found: Array) -> float:
    if expected.size != found.size:
        return float("inf")
    largest = float(np.abs(expected).max(initial=0.0)) or 1.0
    if expected.ndim > 1 and expected.shape != found.shape:
        moved = np.moveaxis(expected, 1, 0)
        expected = moved if moved.shape == found.shape else expected.reshape(found.shape)
    return float(np.abs(expected.astype(np.float64) - found).max(initial=0.0)) / largest


def _batch_first(array: Array, name: str, imported: Imported) -> Array:
    axis = imported.batch_axes.get(name, 0)
    return np.ascontiguousarray(np.moveaxis(array, axis, 0))


def _examples(session: Any, net: Net, imported: Imported) -> dict[str, Array]:
    """Random examples in the shapes of a model's inputs; whole numbers are small, so that tables have them."""
    random, names = np.random.default_rng(0), imported.inputs
    rows = {value.name: value for value in net.inputs}
    found: dict[str, Array] = {}
    for item in session.get_inputs():
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
        if "float" in item.type or "double" in item.type:
            kind = np.float16 if "float16" in item.type else np.float64 if "double" in item.type else np.float32
            found[item.name] = random.standard_normal(shape).astype(kind)
        else:
            most = 2 if "bool" in item.type else _rows(net, wanted.name)
            dtype = item.type[len("tensor(") : -1]
            found[item.name] = random.integers(0, most, shape).astype(dtype)
    return found


def _rows(net: Net, name: str) -> int:
    """How many numbers from 0 on the first table has that looks an input up."""
    for layer in net.layers:
        if layer.word == "embedding" and any(value.name == name for value in layer.inputs):
            return int(layer.parameters[0].value.shape[0])  # type: ignore[arg-type]
    return 2
