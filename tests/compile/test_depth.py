"""Work in proportion to depth: what a training step of a CIFAR ResNet holds, and what compiling it does."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import FrameType

import onnx
import pytest

from netc.compiler import compile_training, load

NET = Path(__file__).parents[2] / "examples" / "zoo" / "resnet_cifar.net"
DEPTHS = (26, 38, 50)
"""Four, six and eight blocks a stage: equal distances. (20 has an `expect` of its own.)"""


TARGETS = ("std", "cpu", "cuda")


@cache
def held(depth: int, target: str) -> dict[str, int]:
    """What ONNX Runtime has to load."""
    artifact = compile_training(load(NET, settings={"depth": depth}), batch=16, target=target)
    graph = onnx.load_from_string(artifact.model).graph
    return {
        "nodes": len(graph.node),
        "constants": len(graph.initializer),
        "inputs": len(graph.input),
        "outputs": len(graph.output),
        "edges": sum(len(node.input) for node in graph.node),
    }


@pytest.mark.parametrize("target", TARGETS)
def test_a_step_grows_by_the_same_with_each_block(target: str) -> None:
    first, second, third = (held(depth, target) for depth in DEPTHS)
    assert {name: third[name] - second[name] for name in first} == {name: second[name] - first[name] for name in first}


@pytest.mark.parametrize("target", TARGETS)
def test_constants_are_shared_by_all_blocks(target: str) -> None:
    assert len({held(depth, target)["constants"] for depth in DEPTHS}) == 1


@pytest.mark.parametrize("target", ["std", "cpu"])
def test_a_layer_has_few_nodes(target: str) -> None:
    """Convolution, batch norm and ReLU, forward, backward and update."""
    few, many = held(DEPTHS[0], target)["nodes"], held(DEPTHS[2], target)["nodes"]
    assert (many - few) / (DEPTHS[2] - DEPTHS[0]) < 75


def calls_while_compiling(depth: int) -> int:
    """Calls of Python functions between the text and the bytes of a training step, in every phase there is."""
    count = 0

    def on_call(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(on_call)
    try:
        compile_training(load(NET, settings={"depth": depth}), batch=16)
    finally:
        sys.setprofile(before)
    return count


def test_compiling_takes_as_many_calls_for_each_block() -> None:
    for depth in DEPTHS:  # imports, and what is remembered of one compilation for the next
        calls_while_compiling(depth)
    first, second, third = map(calls_while_compiling, DEPTHS)
    assert third - second == pytest.approx(second - first, rel=0.001)
