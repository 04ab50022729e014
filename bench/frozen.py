"""What freezing saves: a step that moves all weights, the last stage and the head, the head alone; beside PyTorch's.

    python -m bench.frozen

Times are the median of rounds in turn. Memory is the peak of a process that makes three steps and nothing else, less
what it held before the first. PyTorch has `requires_grad = False` for what is frozen, and batch norm there goes by its
running statistics, as here.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bench.fresh import call
from bench.nets import by_name
from bench.tables import markdown

NET = "ResNet-50 224"
FROZEN = {
    "nothing": ((), 0),
    "all before the last stage": (("stem..stage.2",), 15),
    "all but the head": (("stem..stage.3",), 18),
}
"""What is frozen: our patterns, and how many of the modules of PyTorch's sequence."""


def ours(frozen: str) -> tuple[Any, Callable[[], Any]]:
    """A trainer, and a step of it."""
    from bench import ours as side

    measured = by_name(NET)
    net = side.load(measured)
    plan = replace(side.plan(net, measured.batch), freeze=FROZEN[frozen][0])
    made = side.trainer(net, plan, side.targets()[0], 2)
    given = side.rows(made, measured.batch)
    return made, lambda: made.step(given)


def theirs(frozen: str) -> Callable[[], Any]:
    """PyTorch's step."""
    import numpy as np
    import torch

    from bench.theirs import step

    torch.set_num_threads(2)
    measured = by_name(NET)
    module = measured.torch_module().train()
    for part in module[: FROZEN[frozen][1]]:
        part.requires_grad_(False).eval()
    generator = np.random.default_rng(0)
    image = generator.standard_normal((measured.batch, *measured.input_shape)).astype(np.float32)
    return step(module, image, generator.integers(0, measured.classes, measured.batch))


def times(frozen: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Nodes of our step, and the seconds of both sides."""
    from netc.runtime.measure.rounds import interleave

    made, run = ours(frozen)
    found = interleave({"netc": run, "eager": theirs(frozen)}, rounds=rounds, seconds=seconds)
    return {"nodes": made.artifact.nodes, **{name: statistics.median(values) for name, values in found.items()}}


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
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    given = parser.parse_args()
    rows = []
    for frozen in FROZEN:
        timed = call("bench.frozen:times", frozen, given.rounds, given.seconds, threads=2, limit=600)
        held = [call("bench.frozen:peak", frozen, side, threads=2, limit=600)["bytes"] for side in ("netc", "eager")]
        memory = [f"{one / 1e6:,.0f} MB" for one in held]
        speed = [f"{1000 * timed[side]:,.0f} ms" for side in ("netc", "eager")]
        ratio = f"**{timed['netc'] / timed['eager']:.2f}**"
        rows.append([frozen, f"{timed['nodes']:,}", *memory, *speed, ratio])
    heads = ["frozen", "nodes", "netc, memory", "PyTorch, memory", "netc, step", "PyTorch, step", "ratio"]
    print("\n".join(markdown(heads, rows)))


if __name__ == "__main__":
    main()
