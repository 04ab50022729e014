"""Inference: netc's model, PyTorch's own ONNX export in the same ONNX Runtime, PyTorch."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench import ours
from bench.nets import Measured
from bench.training import with_weights_of
from netc.compiler import compile_inference
from netc.runtime.measure.rounds import interleave
from netc.runtime.model import Model


def session(model: bytes | str, threads: int) -> Any:
    """ONNX Runtime as anybody would start it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def measure(measured: Measured, *, batch: int, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """Seconds of a batch by contender, a figure a round; `difference` is the largest between two outputs."""
    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    module = measured.torch_module().eval()
    net = ours.load(measured)
    model = Model(net, "cpu", threads=threads)
    with_weights_of(module, model)
    image = np.random.default_rng(0).standard_normal((batch, *measured.input_shape)).astype(np.float32)
    made = session(compile_inference(net, model.state_dict(), batch=batch).model, threads)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "theirs.onnx")
        exporter = theirs.export(copy.deepcopy(module), image, path)
        exported = session(path, threads)
    mine, his = made.get_inputs()[0].name, exported.get_inputs()[0].name
    contenders = {
        "netc": lambda: made.run(None, {mine: image}),
        "netc.Model": lambda: model(image),
        "torch export": lambda: exported.run(None, {his: image}),
        "eager": theirs.forward(copy.deepcopy(module), image),
        "channels_last": theirs.forward(copy.deepcopy(module), image, channels_last=True),
    }
    expected = contenders["eager"]().numpy()
    difference = float(np.abs(contenders["netc"]()[0] - expected).max() / max(np.abs(expected).max(), 1e-30))
    times = interleave(contenders, rounds=rounds, seconds=seconds)
    return {"batch": batch, "exporter": exporter, "difference": difference, "seconds": times}
