"""What freezing saves: a step that moves all weights, the last stage and the head, the head alone; beside PyTorch's.

    python -m bench.frozen                # CIFAR ResNet-20 at 128 examples, about two minutes

Times are processor time of one thread, the least of many steps taken in turn, so that others on the machine change them
little. Memory is the peak of a process that makes three steps and nothing else, less what it held before the first.
PyTorch has `requires_grad = False` for what is frozen, and batch norm there goes by its running statistics, as here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.fresh import call
from bench.nets import by_name
from bench.tables import markdown

NET = "CIFAR ResNet-20"
FROZEN = {
    "nothing": ((), 0),
    "all before the last stage": (("stem..stage2",), 7),
    "all but the head": (("stem..stage3",), 10),
}
"""What is frozen: our patterns, and how many of the modules of PyTorch's sequence."""


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
    return {"nodes": made.artifact.nodes, **least}


def peak(frozen: str, side: str) -> dict[str, Any]:
    """Bytes of three steps beyond what was held before."""
    from netc.runtime.measure.bench import peak_memory

    run = ours(frozen)[1] if side == "netc" else theirs(frozen)
    before = peak_memory()
    for _ in range(3):
        run()
    return {"bytes": peak_memory() - before}


def main() -> None:
    """Measure every row, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=12, help="of each side (default: 12)")
    steps = parser.parse_args().steps
    rows = []
    for frozen in FROZEN:
        timed = measured("times", frozen, steps)
        held = [measured("peak", frozen, side)["bytes"] for side in ("netc", "eager")]
        memory = [f"{one / 1e6:,.0f} MB" for one in held]
        speed = [f"{1000 * timed[side]:,.0f} ms" for side in ("netc", "eager")]
        ratio = f"**{timed['netc'] / timed['eager']:.2f}**"
        rows.append([frozen, f"{timed['nodes']:,}", *memory, *speed, ratio])
    heads = ["frozen", "nodes", "netc, memory", "PyTorch, memory", "netc, step", "PyTorch, step", "ratio"]
    print("\n".join(markdown(heads, rows)))


def measured(function: str, *arguments: Any) -> dict[str, Any]:
    """What a function of this file found in a process of its own."""
    found = call(f"bench.frozen:{function}", *arguments, threads=1, limit=600)
    if "failed" in found:
        raise SystemExit(f"{function} of {arguments[0]}: {found['failed']}")
    return found


if __name__ == "__main__":
    main()
