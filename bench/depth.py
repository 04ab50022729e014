"""What a layer costs in deep networks: nodes, compile, load and step against depth."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.figures import digits
from bench.nets import DEEP, FIRST, Measured
from bench.store import Results
from bench.tables import Rows, markdown

DEPTHS = {"CIFAR ResNet-20": (20, 56, 110, 218, 434, 1202), "pre-activation ResNet-1001": (164, 506, 1001)}
"""Layers with weights, for each family by the name of one of its members."""

BATCHES = {"CIFAR ResNet-20": 32, "pre-activation ResNet-1001": 8}

PROSE = """\
Each row is a process of its own. `compile` is from the elaborated text to the bytes of a step, `load` from there to its
session; the last four columns are divided by the depth, and would be equal down a family if all grew evenly. Steps do;
nodes, constants and the compiler's function calls do too, which `tests/compile/test_depth.py` holds exactly. These rows
are from before Python's collector of garbage waited while a net is read and compiled: it walked along the whole graph
time and again, for which compiling a layer took longer in a deeper network. Loading does not grow evenly: ONNX Runtime
walks along all nodes whose turn has not come, and along all outputs, for each node."""


def variants(nets: Sequence[Measured]) -> list[tuple[str, str]]:
    """Names of nets and `depth D`, or `depth D fast`, for the families asked for; every family where ResNet-50 is."""
    from bench import ours

    chosen = {net.name for net in (*nets, *(DEEP if FIRST[-1] in nets else ()))}
    routes = ["", *(f" {target}" for target in ours.targets() if target.startswith("fast"))]
    return [
        (name, f"depth {depth}{route}")
        for name, depths in DEPTHS.items()
        if name in chosen
        for route in routes
        for depth in depths
    ]


def measure(measured: Measured, variant: str, *, seconds: float, threads: int) -> dict[str, Any]:
    """Seconds to compile, to load and of a step (median), with what the graph holds."""
    from bench import ours

    depth, batch = int(variant.split()[1]), BATCHES[measured.name]
    measured = replace(measured, batch=batch, settings={"depth": depth})
    net = ours.load(measured)
    plan = ours.plan(net, batch)
    target = variant.split()[2] if len(variant.split()) > 2 else ours.targets()[0]
    start = time.perf_counter()
    made = ours.trainer(net, plan, target, threads)
    compiled = time.perf_counter()
    made._steps.session(batch, made.state)
    loaded = time.perf_counter()
    rows = ours.rows(made, measured, batch)
    made.step(rows)
    steps: list[float] = []
    while not steps or sum(steps) < 4 * seconds:
        begun = time.perf_counter()
        made.step(rows)
        steps.append(time.perf_counter() - begun)
    artifact = made._steps.artifact
    return {
        "depth": depth,
        "batch": batch,
        "target": target,
        "nodes": artifact.nodes,
        "ports": len(artifact.manifest["inputs"]) + len(artifact.manifest["outputs"]),
        "compile_s": compiled - start,
        "load_s": loaded - compiled,
        "step_s": statistics.median(steps),
    }


def table(rows: Rows, results: Results) -> list[str]:
    """Whole figures, and the same for each layer."""
    lines = []
    for row in rows.values():
        depth = row["depth"]
        whole = [row["target"], f"{row['nodes']:,}", f"{row['ports']:,}"]
        whole += [f"{row['compile_s']:.1f} s", f"{row['load_s']:.1f} s", f"{digits(1000 * row['step_s'])} ms"]
        each = [f"{row['nodes'] / depth:.0f}"]
        each += [f"{1000 * row[name] / depth:.1f} ms" for name in ("compile_s", "load_s", "step_s")]
        lines.append([f"{row['net'].rpartition('-')[0]}-{depth} ({row['batch']})", *whole, *each])
    heads = ["network (batch)", "target", "nodes", "ports", "compile", "load", "step"]
    heads += ["nodes a layer", "compile a layer", "load a layer", "step a layer"]
    return [PROSE, "", *markdown(heads, lines, left=2)]
