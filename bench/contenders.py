"""Training steps of other frameworks, each beside ours: torch.compile, Keras, onnxruntime-training."""

from __future__ import annotations

import copy
import os
import time
from typing import Any

from bench import ours
from bench.nets import Measured
from bench.sections import ORT_TRAINING
from bench.training import with_weights_of
from netc.runtime.measure.rounds import interleave, median


def measure_compiled(measured: Measured, *, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """torch.compile's step beside the eager one and ours, and the seconds until its first step is done."""
    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    module = measured.torch_module().train()
    made = ours.trainer(net := ours.load(measured), ours.plan(net, measured.batch), ours.targets()[0], threads)
    with_weights_of(module, made.model)
    batch = ours.rows(made, measured, measured.batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    eager = theirs.step(copy.deepcopy(module), image, label)
    compiled = theirs.step(torch.compile(module), image, label)
    losses = {"netc": made.step(batch)["loss"], "eager": eager()}
    start = time.perf_counter()
    losses["torch.compile"] = compiled()
    first = time.perf_counter() - start
    contenders = {"netc": lambda: made.step(batch), "eager": eager, "torch.compile": compiled}
    times = interleave(contenders, rounds=rounds, seconds=seconds, warmup=3)
    return {"batch": measured.batch, "first_step_s": first, "first_loss": losses, "seconds": times}


def measure_keras(measured: Measured, *, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """Keras's `train_on_batch` on the PyTorch backend, or the one that KERAS_BACKEND names, beside our step."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    from bench import keras_nets

    if keras.backend.backend() == "torch":
        import torch

        torch.set_num_threads(threads)
    net = ours.load(measured)
    made = ours.trainer(net, ours.plan(net, measured.batch), ours.targets()[0], threads)
    batch = ours.rows(made, measured, measured.batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    run = keras_nets.step(measured.name, image, label, list(made.model.state_dict().values()))
    losses = {"netc": made.step(batch)["loss"], "keras": run()}
    contenders = {"netc": lambda: made.step(batch), "keras": run}
    times = interleave(contenders, rounds=rounds, seconds=seconds, warmup=3)
    backend = f"{keras.__version__} on {keras.backend.backend()}"
    return {"batch": measured.batch, "backend": backend, "first_loss": losses, "seconds": times}


def measure_ort_training(measured: Measured, *, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """onnxruntime-training's step beside ours, both with plain SGD: its optimizer knows no momentum."""
    import torch

    from bench.ort_training import Child

    torch.manual_seed(0)
    module = measured.torch_module().train()
    net = ours.load(measured)
    made = ours.trainer(net, ours.plan(net, measured.batch, "plain"), ours.targets()[0], threads)
    with_weights_of(module, made.model)
    batch = ours.rows(made, measured, measured.batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    times: dict[str, list[float]] = {"netc": [], "onnxruntime-training": []}
    with Child(os.environ[ORT_TRAINING], module, image, label, threads=threads, rate=ours.RATE) as child:
        losses = {"netc": made.step(batch)["loss"], "onnxruntime-training": child.first_loss}
        for _ in range(rounds):
            times["netc"].append(median(lambda: made.step(batch), seconds))
            times["onnxruntime-training"].append(child.median(seconds))
        version = child.version
    return {"batch": measured.batch, "version": version, "first_loss": losses, "seconds": times}
