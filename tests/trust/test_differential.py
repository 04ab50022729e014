"""Five hundred random nets, forward and gradients: onnx.reference, ONNX Runtime, every target, without every stage."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from differential import compare, usable, ways
from here import BLOCK
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from random_nets import maps_network, networks

from netc.compiler import pipeline
from netc.compiler.ir import Builder, Graph
from netc.compiler.pipeline import OPTIONAL, Context

NETS, TOGETHER = 500, 5
"""How many nets, how many a piece, and how many pieces `make test` takes. Half of them are of maps in blocks."""


@pytest.mark.quick(1)
@pytest.mark.parametrize("piece", range(NETS // TOGETHER))
def test_every_way_to_run_a_net_gives_the_same(piece: int) -> None:
    seen: Counter[str] = Counter()
    wrong: list[str] = []

    def look(drawn: tuple[str, list[str], list[str]]) -> bool:
        found = usable(drawn)
        if found is None:
            return False
        source, net, learns = found
        compared = compare(piece * TOGETHER + seen["nets"], net, learns)
        wrong.extend(f"{line}\n{source}" for line in compared.wrong)
        seen.update({"nets": 1, "that learn": int(learns), "models": compared.ways.total(),
                     "outputs": compared.outputs, "compared": compared.compared})  # fmt: skip
        return True

    @seed(piece)
    @settings(max_examples=TOGETHER // 2, deadline=None, database=None, derandomize=False, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(networks())
    def look_at_declared(drawn: tuple[str, list[str], list[str]]) -> None:
        assume(look(drawn))

    look_at_declared()
    number = piece * NETS
    while seen["nets"] < TOGETHER:
        look(maps_network(number, BLOCK))
        number += 1
    if log := os.environ.get("NETC_DIFFERENTIAL_LOG"):
        with Path(log).open("a") as file:
            file.write(f"{piece} {dict(seen)}\n")
    assert not wrong, "\n".join(wrong)
    assert seen["compared"] > 0.7 * seen["outputs"]


def test_every_stage_that_may_be_left_out_is() -> None:
    assert {name for way in ways(0) for name in way.without if len(way.without) == 1} == set(OPTIONAL)


def test_a_stage_that_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every way that has the stage, and in no other."""

    def wrong(graph: Graph, context: Context) -> Graph:
        other = graph.copy()
        g = Builder(other)
        other.outputs = {name: g.Mul(value, 1.001) for name, value in graph.outputs.items()}
        return other

    stages = [replace(stage, function=wrong) if stage.name == "sweep3" else stage for stage in pipeline.STAGES]
    name = next(stage.function.__name__ for stage in pipeline.STAGES if stage.name == "sweep3")
    monkeypatch.setattr(wrong, "__name__", name, raising=False)
    monkeypatch.setattr(pipeline, "STAGES", tuple(stages))
    found = usable(("4x5x5", ["v0 = conv(16, 3x3) -> relu", "v1 = flatten -> dense(3)"], ["v1"]))
    assert found is not None
    compared = compare(0, *found[1:])
    assert len(compared.wrong) == sum(
        count for way, count in compared.ways.items() if "everything" not in way and name not in way
    )
