"""netc's side of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import netc
from bench.nets import RATE, Measured
from netc.compiler import Net, TrainPlan
from netc.compiler.optimizers.adam import Adam
from netc.compiler.optimizers.adamw import AdamW
from netc.compiler.optimizers.sgd import SGD
from netc.runtime.devices.device import CPU
from netc.runtime.devices.target import cpu_target, target_for
from netc.runtime.model import Model, ports, scalars
from netc.runtime.training.trainer import Trainer

OPTIMIZERS = {"sgd": SGD(lr=RATE, momentum=0.9), "plain": SGD(lr=RATE), "adam": Adam(lr=RATE), "adamw": AdamW(lr=RATE)}


def targets() -> tuple[str, ...]:
    """The targets that can be measured on this CPU: the stock package's best one, that of `netc[fast]`, `std`."""
    return tuple(dict.fromkeys((cpu_target(), target_for(CPU), "std")))


def load(measured: Measured) -> Net:
    """The net's text, elaborated."""
    return netc.load(measured.path, **measured.settings)


def plan(net: Net, batch: int, optimizer: str = "sgd") -> TrainPlan:
    """The net's loss with a plain optimizer: no metrics, clipping, weight decay, averaging or augmentation."""
    chosen = net.plan().with_steps(optimizer=OPTIMIZERS[optimizer], clip_norm=None, decays=None)
    return replace(chosen, metrics=(), augmentation=(), average=None, batch=batch)


def trainer(net: Net, chosen: TrainPlan, target: str, threads: int, device: str = "cpu") -> Trainer:
    """A trainer for one of `targets()`, or for `cuda` there."""
    return Trainer(Model(net, device, threads=threads, target=target), chosen)


def start_from(model: Model, weights: Sequence[Any]) -> None:
    """Give our model weights in its order, so that all start from the same place."""
    names = [item.name for item in model.net.parameters if not item.buffer]
    model.load_state_dict(dict(zip(names, weights, strict=True)), strict=False)


def rows(made: Trainer, measured: Measured, batch: int) -> dict[str, Any]:
    """A net's random inputs and labels, by the names that its trainer has for them."""
    return {port["name"]: array for port, array in zip(made.ports, measured.rows(batch), strict=True)}


def bare(made: Trainer, given: Mapping[str, Any]) -> Callable[[], None]:
    """The trainer's session alone: everything bound beforehand, nothing read. Parameters alternate as in a training."""
    session = made._steps.session(made.plan.batch, made.state)
    feeds = {**given, **scalars(made.manifest, seed=0, step=0, rate=RATE)}
    bindings = []
    for _ in range(2):
        bindings.append(session._bind())
        session.swap()
        for port in ports(made.manifest, "data", "target", "hyper", "seed", "step"):
            bindings[-1].bind_cpu_input(port["name"], feeds[port["name"]])
    turns = cycle(bindings)
    return lambda: session.session.session.run_with_iobinding(next(turns))
