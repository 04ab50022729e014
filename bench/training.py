"""Training steps: netc through `Trainer.step` and as a bare session, PyTorch eager and channels_last."""

from __future__ import annotations

import copy
import os
from typing import Any

import netc
from bench import ours
from bench.nets import Measured
from netc.runtime.measure.profile import work_of
from netc.runtime.measure.rounds import interleave


def with_weights_of(module: Any, model: netc.Model) -> None:
    """Give our model PyTorch's weights, so that both start from the same place."""
    from bench import theirs

    names = [item.name for item in model.net.parameters if not item.buffer]
    given = theirs.weights_in_order(module)
    assert len(names) == len(given), f"{model.net.name} has {len(names)} weights, PyTorch's {len(given)}"
    model.load_state_dict(dict(zip(names, given, strict=True)), strict=False)


def measure(measured: Measured, *, rounds: int, seconds: float, threads: int, optimizer: str = "sgd") -> dict[str, Any]:
    """Seconds of a step by contender, a figure a round; the first losses tell that all do the same work."""
    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    module = measured.torch_module().train()
    net = ours.load(measured)
    chosen = ours.plan(net, measured.batch, optimizer)
    contenders: dict[str, Any] = {}
    losses: dict[str, float] = {}
    batch: dict[str, Any] = {}
    for target in ours.targets():
        made = ours.trainer(net, chosen, target, threads)
        with_weights_of(module, made.model)
        batch = batch or ours.rows(made, measured.batch)
        losses[f"netc {target}"] = made.step(batch)["loss"]
        contenders[f"netc {target}"] = lambda made=made, batch=batch: made.step(batch)
        if not contenders.keys() - {f"netc {target}"}:
            contenders["netc session"] = ours.bare(made, batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    for name in ("eager", "channels_last"):
        run = theirs.step(
            copy.deepcopy(module), image, label, optimizer=optimizer, channels_last=name == "channels_last"
        )
        losses[name] = run()
        contenders[name] = run
    del module
    times = interleave(contenders, rounds=rounds, seconds=seconds)
    return {"batch": measured.batch, "gflop": work_of(net, measured.batch), "first_loss": losses, "seconds": times}


def measure_compiled(measured: Measured, *, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """torch.compile's step beside the eager one, and the seconds until its first step is done."""
    import time

    import torch

    from bench import theirs

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    module = measured.torch_module().train()
    made = ours.trainer(net := ours.load(measured), ours.plan(net, measured.batch), "std", threads)
    batch = ours.rows(made, measured.batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    eager = theirs.step(copy.deepcopy(module), image, label)
    compiled = theirs.step(torch.compile(module), image, label)
    start = time.perf_counter()
    compiled()
    first = time.perf_counter() - start
    contenders = {"eager": eager, "torch.compile": compiled, "netc std": lambda: made.step(batch)}
    return {"first_step_s": first, "seconds": interleave(contenders, rounds=rounds, seconds=seconds, warmup=3)}


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
    batch = ours.rows(made, measured.batch)
    (image, label) = (batch[port["name"]] for port in made.ports)
    run, weights = keras_nets.step(measured.name, image, label)
    assert weights == net.params, f"{measured.name} has {net.params} weights, Keras's {weights}"
    contenders = {"netc": lambda: made.step(batch), "keras": run}
    times = interleave(contenders, rounds=rounds, seconds=seconds, warmup=3)
    return {"batch": measured.batch, "backend": f"{keras.__version__} on {keras.backend.backend()}", "seconds": times}
