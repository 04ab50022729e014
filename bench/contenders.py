"""What takes turns: each function is called in a process of its own (`window.py`), by the name of a network.

start  a file with the weights that all start from, which `weights.py` wrote
"""

from __future__ import annotations

import os
import time
from typing import Any

from bench.nets import Measured, by_name
from bench.weights import read
from bench.window import Prepared, timed


def netc_step(
    *, net: str, batch: int, target: str, optimizer: str, threads: int, start: str, device: str = "cpu",
    bare: bool = False,
) -> Prepared:  # fmt: skip
    """`Trainer.step`, or the session below it alone where it is bare."""
    from bench import ours
    from netc.runtime.measure.profile import work_of

    measured = by_name(net)
    loaded = ours.load(measured)
    made = ours.trainer(loaded, ours.plan(loaded, batch, optimizer), target, threads, device)
    ours.start_from(made.model, read(start))
    rows = ours.rows(made, measured, batch)
    facts = {"first_loss": made.step(rows)["loss"], "gflop": work_of(loaded, batch)}
    return timed(ours.bare(made, rows) if bare else lambda: made.step(rows), facts)


def torch_step(
    *, net: str, batch: int, form: str, optimizer: str, threads: int, start: str, device: str = "cpu"
) -> Prepared:
    """PyTorch's step: `eager`, `channels_last` or `torch.compile`. TF32 is off, as it is in netc."""
    import torch

    from bench import theirs

    measured, module = _module(net, threads, start)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    chosen: Any = torch.compile(module) if form == "torch.compile" else module
    run = theirs.step(
        measured, chosen, measured.rows(batch), optimizer=optimizer, channels_last=form == "channels_last",
        device=device,
    )  # fmt: skip
    began = time.perf_counter()
    facts: dict[str, Any] = {"first_loss": run()}
    if form == "torch.compile":
        facts["first_step_s"] = time.perf_counter() - began
    if device == "cuda":
        facts["card"] = torch.cuda.get_device_name()
    return timed(run, facts)


def _module(net: str, threads: int, start: str) -> tuple[Measured, Any]:
    """PyTorch's module with these weights."""
    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    measured = by_name(net)
    module = measured.torch_module()
    theirs.start_from(module, read(start))
    return measured, module


def keras_step(*, net: str, batch: int, threads: int, start: str) -> Prepared:
    """Keras's `train_on_batch` on the PyTorch backend, or the one that KERAS_BACKEND names."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    from bench import keras_nets

    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(threads)
    run = keras_nets.step(net, *by_name(net).rows(batch), read(start))
    facts = {"first_loss": run(), "backend": f"{keras.__version__} on {keras.backend.backend()}"}
    return timed(run, facts)


def ort_training_step(*, net: str, batch: int, python: str, threads: int, start: str) -> Prepared:
    """onnxruntime-training's, with plain SGD: its optimizer knows no momentum."""
    from bench.nets import RATE
    from bench.ort_training import Child

    measured, module = _module(net, threads, start)
    child = Child(python, module.train(), *measured.rows(batch), threads=threads, rate=RATE)
    return Prepared(child.median, {"first_loss": child.first_loss, "version": child.version})


def netc_inference(*, net: str, batch: int, threads: int, start: str, answer: str, model: bool) -> Prepared:
    """The file that `netc compile` writes, in ONNX Runtime with its defaults; or `netc.Model`, called from Python."""
    import netc
    from bench import inference, ours
    from netc.compiler import compile_inference

    measured = by_name(net)
    loaded = ours.load(measured)
    made = netc.Model(loaded, "cpu", threads=threads)
    ours.start_from(made, read(start))
    given, _ = measured.rows(batch)
    if model:
        return timed(lambda: made(given), {})
    written = compile_inference(loaded, made.state_dict(), batch=batch).model
    return inference.of_file(written, given, threads, answer)


def export_inference(*, net: str, batch: int, threads: int, start: str, answer: str, file: str) -> Prepared:
    """PyTorch's own ONNX export, which lies in `file`, in the same ONNX Runtime."""
    from bench import inference

    given, _ = by_name(net).rows(batch)
    return inference.of_file(file, given, threads, answer)


def torch_inference(*, net: str, batch: int, threads: int, start: str, answer: str, form: str) -> Prepared:
    """PyTorch's forward pass, `eager` or `channels_last`."""
    import numpy as np

    from bench import theirs

    measured, module = _module(net, threads, start)
    run = theirs.forward(module.eval(), measured.rows(batch)[0], channels_last=form == "channels_last")
    np.save(answer, run().numpy())
    return timed(run, {"answer": answer})
