"""The kinds of measurement, and the rows of each."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.fresh import call
from bench.nets import DEEP, FIRST, NETS, QUICK, Measured, by_name

ORT_TRAINING = "NETC_BENCH_ORT_TRAINING"
"""The environment variable that names a Python with onnxruntime-training; `--ort-training` sets it."""


@dataclass(frozen=True)
class Options:
    """How long to measure: so many windows of so many seconds for each contender, threads, and a row's limits.

    limit     seconds after which a row is given up
    patience  seconds that a row waits, in all, until the machine is quiet before a window
    """

    rounds: int = 12
    seconds: float = 0.2
    threads: int = 2
    limit: float = 1200.0
    patience: float = 30.0

    @property
    def turns(self) -> dict[str, Any]:
        """For `turns.take_turns`. A contender that does not answer must leave the others time."""
        return {**self.timing, "ready": self.limit / 4, "limit": self.limit / 4, "patience": self.patience}

    @property
    def timing(self) -> dict[str, Any]:
        return {"rounds": self.rounds, "seconds": self.seconds, "threads": self.threads}


@dataclass(frozen=True)
class Row:
    """A row of a section: a net, and what varies."""

    net: str
    variant: str = ""

    @property
    def name(self) -> str:
        return f"{self.net}, {self.variant}" if self.variant else self.net


LOOPS = (Row("MLP 784-512-10", "arrays"), Row("LeNet-5", "arrays"), Row("CIFAR ResNet-20", "augmented"))
LOOPS += (Row("LeNet-5", "pictures"), Row("CIFAR ResNet-20", "decoded"))

Measure = Callable[[Measured, str, Options], dict[str, Any]]


@dataclass(frozen=True)
class Section:
    """What it is about, the rows for some nets, and how one is measured in its process."""

    about: str
    rows: Callable[[Sequence[Measured]], list[Row]]
    measure: Measure
    in_quick: bool = True


def _nets(nets: Sequence[Measured]) -> list[Row]:
    return [Row(net.name) for net in nets]


def _batches(nets: Sequence[Measured]) -> list[Row]:
    return [Row(net.name, f"batch {batch}") for net in nets for batch in (1, 32)]


def _with_deep(nets: Sequence[Measured]) -> list[Row]:
    return _nets([*nets, *(DEEP if FIRST[-1] in nets else ())])


def _loops(nets: Sequence[Measured]) -> list[Row]:
    names = {net.name for net in nets}
    return [row for row in LOOPS if row.net in names]


def _with_keras(nets: Sequence[Measured]) -> list[Row]:
    installed = importlib.util.find_spec("keras") is not None
    return _nets([net for net in nets if net in QUICK[:4]]) if installed else []


def _with_ort_training(nets: Sequence[Measured]) -> list[Row]:
    return _nets([net for net in nets if net in QUICK]) if os.environ.get(ORT_TRAINING) else []


def _with_fast(nets: Sequence[Measured]) -> list[Row]:
    from bench.ours import targets

    chosen = [target for target in targets() if target != "std"] or ["std"]
    return [Row(net.name, target if target != chosen[0] else "") for net in nets for target in chosen]


def _for_cuda(nets: Sequence[Measured]) -> list[Row]:
    return [Row(net.name, f"batch {64 if net in FIRST[len(QUICK) :] else net.batch}") for net in nets]


def _ceilings(nets: Sequence[Measured]) -> list[Row]:
    return [Row("ceilings")]


def machine(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.machine import describe

    return describe(options.threads)


def training(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.training import measure

    return measure(measured, options)


def adam(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.training import measure

    return measure(measured, options, "adam")


def compiled(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.training import measure_compiled

    return measure_compiled(measured, options)


def keras(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.training import measure_keras

    return measure_keras(measured, options)


def ort_training(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.training import measure_ort_training

    return measure_ort_training(measured, options)


def cuda(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.training import measure_cuda

    return measure_cuda(measured, options, int(variant.split()[1]))


def inference(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.inference import measure

    return measure(measured, replace(options, seconds=options.seconds / 2), int(variant.split()[1]))


def load(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.load import compile_time
    from bench.ours import targets

    found: dict[str, Any] = {}
    for target in targets():
        given = (measured.name, target, options.threads)
        compiling = compile_time(measured, target, options.limit / 8)
        step = call("bench.sections:first_step", *given, time.time(), threads=options.threads, limit=options.limit / 4)
        found[target] = {"compile_s": compiling, "first_step": step}
    return {"batch": measured.batch, "targets": found}


def first_step(name: str, target: str, threads: int, started: float) -> dict[str, float]:
    from bench.load import first_step as measure

    return measure(by_name(name), target, threads, started)


def memory(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.ours import targets

    found = {}
    for contender in (*(f"netc {target}" for target in targets()), *measured.forms):
        given = (measured.name, contender, options.threads)
        found[contender] = call("bench.sections:peak", *given, threads=options.threads, limit=options.limit / 4)
    return {"batch": measured.batch, "contenders": found}


def peak(name: str, contender: str, threads: int) -> dict[str, Any]:
    from bench.memory import ours_peak, torch_peak

    if contender.startswith("netc "):
        return ours_peak(by_name(name), contender.removeprefix("netc "), threads)
    return torch_peak(by_name(name), contender == "channels_last", threads)


def depths(nets: Sequence[Measured]) -> list[Row]:
    from bench.depth import variants

    return [Row(*variant) for variant in variants(nets)]


def depth(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.depth import measure

    return measure(measured, variant, seconds=options.seconds, threads=options.threads)


def frozen_parts(nets: Sequence[Measured]) -> list[Row]:
    from bench.frozen import variants

    return [Row(*variant) for variant in variants(nets)]


def frozen(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.frozen import measure

    return measure(variant, steps=options.rounds, limit=options.limit / 4)


def data(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.loop import measure

    return measure(measured, variant, rounds=min(3, options.rounds), seconds=2.0, threads=options.threads)


def profile(measured: Measured, variant: str, options: Options) -> dict[str, Any]:
    from bench.ours import targets
    from bench.profiles import measure

    target = variant or targets()[0]
    return measure(measured, target=target, rounds=1, seconds=options.seconds, threads=options.threads)


SECTIONS: dict[str, Section] = {
    "machine": Section("ceilings of the machine", _ceilings, machine),
    "training": Section("training steps, SGD with momentum", _nets, training),
    "inference": Section("inference", _batches, inference),
    "load": Section("compile and load", _with_deep, load),
    "depth": Section("what a layer costs in deep networks", depths, depth, in_quick=False),
    "data": Section("the loop against the bare step", _loops, data),
    "memory": Section("peak memory of a training step", _nets, memory),
    "frozen": Section("what freezing saves in a step", frozen_parts, frozen, in_quick=False),
    "profile": Section("where the time goes", _with_fast, profile),
    "adam": Section("training steps, Adam", _nets, adam, in_quick=False),
    "compiled": Section("torch.compile", _nets, compiled, in_quick=False),
    "keras": Section("Keras on PyTorch, where it is installed", _with_keras, keras, in_quick=False),
    "ort_training": Section(
        "onnxruntime-training, of the Python that --ort-training names",
        _with_ort_training,
        ort_training,
        in_quick=False,
    ),
    "cuda": Section("training steps on a card, with --device cuda", _for_cuda, cuda, in_quick=False),
}
CUDA = ("cuda",)
"""The sections of --device cuda; the others are measured on the CPU."""

TURNS = ("training", "adam", "compiled", "keras", "ort_training", "inference", *CUDA)
"""Those whose contenders take turns in processes of their own."""


def measure_row(section: str, net: str, variant: str, options: dict[str, Any]) -> dict[str, Any]:
    """One row, in the process that was started for it."""
    measured = NETS[0] if section == "machine" else by_name(net)
    return SECTIONS[section].measure(measured, variant, Options(**options))
