"""What freezing saves: a step that moves all weights, the last stage and the head, the head alone; beside PyTorch's.

Times are processor time of one thread, the least of many steps taken in turn, so that others on the machine change them
little. Memory is the peak of a process that makes three steps and nothing else, less what it held before the first.
PyTorch has `requires_grad = False` for what is frozen, and batch norm there goes by its running statistics, as here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bench.fresh import call
from bench.nets import Measured, by_name
from bench.store import Results
from bench.tables import Rows, markdown, processor

NET = "CIFAR ResNet-20"
FROZEN = {
    "nothing": ((), 0),
    "all before the last stage": (("stem..stage2",), 7),
    "all but the head": (("stem..stage3",), 10),
}
"""What is frozen: our patterns, and how many of the modules of PyTorch's sequence."""

PROSE = """\
What freezing saves in a training step, SGD with momentum 0.9. Times are processor time of one thread, the least of
{steps} steps taken in turn, so that others on the machine change them little; memory is what three steps take at their
peak beyond what the process held before. PyTorch has `requires_grad=False` for what is frozen, and batch norm there
goes by its running statistics, as here."""


def variants(nets: Sequence[Measured]) -> list[tuple[str, str]]:
    """The net and what is frozen of it, where it is among those asked for."""
    return [(net.name, frozen) for net in nets if net.name == NET for frozen in FROZEN]


def measure(variant: str, *, steps: int, limit: float) -> dict[str, Any]:
    """Nodes of our step, least seconds of processor time and peak bytes of both sides."""
    found = _inner("times", variant, steps, limit=limit)
    held = {side: _inner("peak", variant, side, limit=limit)["bytes"] for side in ("netc", "eager")}
    return {**found, "batch": by_name(NET).batch, "steps": steps, "bytes": held}


def _inner(function: str, *arguments: Any, limit: float) -> dict[str, Any]:
    """What a function of this file found in a process of its own."""
    found = call(f"bench.frozen:{function}", *arguments, threads=1, limit=limit)
    if "failed" in found:
        raise RuntimeError(f"{function} of {arguments[0]}: {found['failed']}")
    return found


def table(rows: Rows, results: Results) -> list[str]:
    """Nodes, memory and time of both sides, a row for each part that is frozen."""
    lines = []
    for row in rows.values():
        memory = [f"{row['bytes'][side] / 1e6:,.0f} MB" for side in ("netc", "eager")]
        speed = [f"{1000 * row['seconds'][side]:,.0f} ms" for side in ("netc", "eager")]
        ratio = f"**{row['seconds']['netc'] / row['seconds']['eager']:.2f}**"
        network = f"{row['net']} ({row['batch']})"
        lines.append([network, processor(row), row["variant"], f"{row['nodes']:,}", *memory, *speed, ratio])
    heads = ["network (batch)", "processor", "frozen", "nodes", "netc, memory", "PyTorch, memory"]
    heads += ["netc, step", "PyTorch, step", "ratio"]
    steps = max(row["steps"] for row in rows.values())
    return [PROSE.format(steps=steps), "", *markdown(heads, lines, left=3)]


def ours(frozen: str) -> tuple[Any, Callable[[], Any]]:
    """A trainer, and a step of it."""
    from bench import ours as side

    measured = by_name(NET)
    net = side.load(measured)
    plan = replace(side.plan(net, measured.batch), freeze=FROZEN[frozen][0])
    made = side.trainer(net, plan, side.targets()[0], 1)
    given = side.rows(made, measured, measured.batch)
    return made, lambda: made.step(given)


def theirs(frozen: str) -> Callable[[], Any]:
    """PyTorch's step."""
    import torch

    from bench.theirs import step

    torch.set_num_threads(1)
    measured = by_name(NET)
    module = measured.torch_module()
    run = step(measured, module, measured.rows(measured.batch))
    for part in module[: FROZEN[frozen][1]]:
        part.requires_grad_(False).eval()
    return run


def times(frozen: str, steps: int) -> dict[str, Any]:
    """Nodes of our step, and the seconds of processor time of both sides, the least of so many steps."""
    made, run = ours(frozen)
    sides = {"netc": run, "eager": theirs(frozen)}
    least = dict.fromkeys(sides, float("inf"))
    for _ in range(steps + 1):  # the first plans and allocates
        for name, side in sides.items():
            begun = time.process_time()
            side()
            least[name] = min(least[name], time.process_time() - begun)
    return {"nodes": made.artifact.nodes, "seconds": least}


def peak(frozen: str, side: str) -> dict[str, Any]:
    """Bytes of three steps beyond what was held before."""
    from netc.runtime.measure.bench import peak_memory

    run = ours(frozen)[1] if side == "netc" else theirs(frozen)
    before = peak_memory()
    for _ in range(3):
        run()
    return {"bytes": peak_memory() - before}
