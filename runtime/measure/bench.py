"""`netc bench`: how fast a net trains here, and where the time of a step goes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from netc.compiler import LOSS, Net, Options, Port, TrainPlan
from netc.grammar.counted import counted
from netc.runtime.devices.device import Device
from netc.runtime.measure.against_torch import AbsentError, comparison, comparison_text, milliseconds, rivals
from netc.runtime.measure.busy import QUIET, busy_share
from netc.runtime.measure.ceilings import copy_bandwidth, sgemm_peak
from netc.runtime.measure.profile import profile, read_steps, work_of
from netc.runtime.measure.rounds import interleave
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array
from netc.runtime.training.trainer import Trainer

BENCH_VERSION = 1
OPEN_SIZE = 32
"""What a size other than the batch is taken to be where the text leaves it open."""

WARM_UP = 2
FEWEST_STEPS, MOST_STEPS = 4, 40


def measure(
    net: Net,
    plan: TrainPlan,
    *,
    rounds: int = 5,
    seconds: float = 0.5,
    threads: int = 0,
    device: str | Device = "auto",
    target: str = "auto",
    options: Options | None = None,
    torch: bool = False,
    say: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Train on synthetic rows, the weights held still by a learning rate of 0, and return the figures as JSON.

    rounds, seconds  of timing: the step's time is the median over rounds of a round's median
    threads          of one operator; 0 takes every core
    device, target   as Model takes them
    options          as Trainer takes them
    torch            whether PyTorch's step of the same net is timed in the same rounds

    `ready` tells the seconds from the elaborated net to a compiled step, and from there through loading to the end of
    the first step. `memory_bytes` is the largest memory that the process held before PyTorch came, Python included, and
    `busy` the share of the processor that other programs used beforehand; None where the system doesn't tell. `torch`
    is None unless asked for, and has a reason under `absent` where there is no ratio. `profile` is that of
    `netc train --profile`, of a few steps before the rounds.
    """
    busy = busy_share()
    start = time.perf_counter()
    model = Model(net, device, threads=threads, say=say, target=target)
    trainer = Trainer(model, plan, options=options, profile=True)
    compiled = time.perf_counter() - start
    rows = synthetic(trainer.ports, plan.batch)

    def step() -> float:
        return trainer.step(rows, lr=0.0)[LOSS]

    began = time.perf_counter()
    loss = step()
    first = time.perf_counter() - began
    profiled = _profile(net, trainer, step, seconds, plan.batch)
    if model.device.name == "cuda":  # with its profile it is no CUDA graph
        trainer = Trainer(model, plan, options=options)
    held = peak_memory()
    times, against = _rounds(net, trainer, step, loss, rows, rounds=rounds, seconds=seconds, torch=torch)
    spread = milliseconds(times)
    return {
        "version": BENCH_VERSION,
        **_described(trainer),
        "step_ms": {**spread, "rounds": rounds},
        **_rates(net, trainer, spread["median"] / 1000),
        "memory_bytes": held,
        "busy": busy,
        "ready": {"compile_s": round(compiled, 3), "load_and_first_step_s": round(first, 3)},
        "torch": against,
        "profile": profiled,
    }


def _rounds(
    net: Net, trainer: Trainer, step: Callable[[], float], loss: float, rows: Mapping[str, Array], *,
    rounds: int, seconds: float, torch: bool,
) -> tuple[list[float], dict[str, Any] | None]:  # fmt: skip
    """The times of our steps, round by round, and how they compare where PyTorch's step takes turns with them."""
    model, precision = trainer.model, trainer.manifest["settings"]["precision"]
    others: dict[str, Any] = {}
    against: dict[str, Any] | None = None
    if torch:
        try:
            others, losses = rivals(
                net, trainer.plan, model.state_dict(), rows, threads=model.threads, device=model.device.name,
                precision=precision, tf32=model.device.tf32,
            )  # fmt: skip
        except AbsentError as reason:
            against = {"absent": str(reason)}
    times = interleave({"netc": step, **others}, rounds=rounds, seconds=seconds)
    if others:
        against = comparison(net, {"netc": loss, **losses}, times, precision=precision)
    return times["netc"], against


def _described(trainer: Trainer) -> dict[str, Any]:
    """What is measured: net, batch, device and how the step is written; on CUDA also whether it is a graph there."""
    model, plan = trainer.model, trainer.plan
    return {
        "net": model.net.name,
        "batch": plan.batch,
        "device": model.device.name,
        **_cuda(trainer),
        "target": trainer.manifest["target"],
        "precision": trainer.manifest["settings"]["precision"],
        "tf32": model.device.tf32,
        "threads": model.threads,
    }


def _rates(net: Net, trainer: Trainer, seconds: float) -> dict[str, Any]:
    """What a step of so many seconds comes to: examples, operations, and what the machine could do of them."""
    model, batch = trainer.model, trainer.plan.batch
    gflop = work_of(net, batch)
    peak = sgemm_peak(model.device, model.threads)
    bandwidth = copy_bandwidth(model.device, model.threads)
    return {
        "examples_per_second": round(batch / seconds, 1),
        "gflop": None if gflop is None else round(gflop, 6),
        "gflops": None if gflop is None else round(gflop / seconds, 2),
        "peak_gflops": round(peak, 1),
        "share_of_peak": None if gflop is None else round(gflop / seconds / peak, 4),
        "copy_gbytes": round(bandwidth, 1),
    }


def synthetic(ports: list[Port], batch: int, seed: int = 0) -> dict[str, Array]:
    """Rows drawn from what the manifest says: normal numbers, labels and what a table looks up in their range.

    Whole numbers of which nothing is known are zeros.
    """
    generator = np.random.default_rng(seed)
    rows: dict[str, Array] = {}
    for port in ports:
        sizes = [
            batch if i == 0 else OPEN_SIZE if isinstance(size, str) else size for i, size in enumerate(port["shape"])
        ]
        known = port.get("classes", port.get("rows"))
        if known is not None:
            rows[port["name"]] = generator.integers(0, known, sizes).astype(port["dtype"])
        elif port["dtype"].startswith("float"):
            rows[port["name"]] = generator.standard_normal(sizes).astype(port["dtype"])
        else:
            rows[port["name"]] = np.zeros(sizes, port["dtype"])
    return rows


def peak_memory() -> int | None:
    """The most bytes of memory that this process has held; None where the system doesn't tell."""
    try:
        import resource
    except ImportError:
        return None
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024


def bench_text(found: Mapping[str, Any]) -> str:
    """The figures above the profile's table."""
    step, ready = found["step_ms"], found["ready"]
    threads = f"{counted(found['threads'], 'thread')}" if found["threads"] else "all threads"
    spread = f"{step['low']:,.2f} to {step['high']:,.2f} over {counted(step['rounds'], 'round')}"
    lines = [
        f"{found['net']}, batch {found['batch']}, {found['device']}, {threads}, target {found['target']}",
        "",
        f"step       {step['median']:,.2f} ms ({spread}), {found['examples_per_second']:,.0f} examples/s",
    ]
    if found["gflop"] is not None:
        share = (
            f"{100 * found['share_of_peak']:.0f} % of the {found['peak_gflops']:,.0f} that a large product reaches here"
        )
        lines.append(f"work       {found['gflop']:,.3f} GFLOP a step, {found['gflops']:,.1f} GFLOP/s: {share}")
    lines.append(f"bandwidth  {found['copy_gbytes']:,.1f} GB/s through memory")
    if found["memory_bytes"] is not None:
        lines.append(f"memory     {found['memory_bytes'] / 1e6:,.0f} MB at the peak, Python and the runtime included")
    loaded = f"load and first step {ready['load_and_first_step_s']:.2f} s"
    lines.append(f"ready      compile {ready['compile_s']:.2f} s, {loaded}")
    if found["busy"] is not None and found["busy"] > QUIET:
        lines.append(
            f"busy       other programs used {100 * found['busy']:.0f} % of the processor: measure again later"
        )
    if found["torch"] is not None:
        lines += comparison_text(found["torch"])
    lines.append(_about_the_table(found))
    return "\n".join(lines) + "\n"


def _about_the_table(found: Mapping[str, Any]) -> str:
    """Why the table has another step than the line above it."""
    profiled, timed = found["profile"], found["step_ms"]["median"]
    step = f"a step of {profiled['step_ms']:,.2f} ms, {profiled['step_ms'] / timed:.2f} times the one above"
    return (
        f"table      {step}: each operator is timed there, which takes\n"
        f"           time itself; the mean of the fastest {profiled['steps']} before the rounds. Its shares count"
    )


def _cuda(trainer: Trainer) -> dict[str, Any]:
    """On CUDA, how convolutions lie and whether the step is replayed as a graph, which ONNX Runtime may refuse."""
    if trainer.model.device.name != "cuda":
        return {}
    return {"layout": "nhwc" if trainer.model.device.nhwc else "nchw", "graphs": trainer.replays}


def _profile(net: Net, trainer: Trainer, step: Callable[[], object], seconds: float, batch: int) -> dict[str, Any]:
    began = time.perf_counter()
    taken = 0
    while taken < FEWEST_STEPS or (taken < MOST_STEPS and time.perf_counter() - began < seconds):
        step()
        taken += 1
    steps = read_steps(trainer.end_profile())
    return profile(net, trainer.artifact, steps[WARM_UP:], batch)
