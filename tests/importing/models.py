"""What an import of a model is compared with: the model itself in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx

from netc.compiler import Imported, Net, compile_inference, load_model
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.session import Session

Array = np.ndarray[Any, Any]
ROWS, OPEN = 3, 8


def imported(proto: onnx.ModelProto | bytes, folder: Path) -> tuple[Net, Imported]:
    """A model as a net."""
    path = folder / "model.onnx"
    path.write_bytes(proto if isinstance(proto, bytes) else proto.SerializeToString())
    return load_model(str(path))


def apart(proto: onnx.ModelProto | bytes, net: Net, found: Imported, most: int = 5) -> float:
    """The largest difference of the outputs, as a share of the largest number; whole inputs are below `most`."""
    content = proto if isinstance(proto, bytes) else proto.SerializeToString()
    theirs, ours = Session(content, CPU), Session(compile_inference(net, net.start), CPU)
    random = np.random.default_rng(1)
    given: dict[str, Array] = {}
    for item in theirs.session.get_inputs():
        shape = [size if isinstance(size, int) and size > 0 else OPEN for size in item.shape]
        shape[0] = item.shape[0] if isinstance(item.shape[0], int) else ROWS
        whole = "int64" in item.type
        given[item.name] = random.integers(0, most, shape) if whole else random.standard_normal(shape).astype("f4")
    expected = theirs.session.run(None, given)
    made = ours.session.run(None, {found.inputs[name]: array for name, array in given.items() if name in found.inputs})
    names = [item.name for item in ours.session.get_outputs()]
    differences = []
    for item, array in zip(theirs.session.get_outputs(), expected, strict=True):
        mine = made[names.index(found.outputs[item.name])]
        assert mine.shape == array.shape
        differences.append(float(np.abs(np.subtract(mine, array, dtype="f8")).max() / max(1e-6, np.abs(array).max())))
    return max(differences)
