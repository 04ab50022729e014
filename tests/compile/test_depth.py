"""Work in proportion to depth: what a training step of a deep ResNet holds, and what reading and compiling it does."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType

import onnx
import pytest

from netc.cli.table import text_of
from netc.compiler import compile_inference, compile_training, load, summary

ZOO = Path(__file__).parents[2] / "examples" / "zoo"
NET = ZOO / "resnet_cifar.net"
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


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_step_grows_by_the_same_with_each_block(target: str) -> None:
    first, second, third = (held(depth, target) for depth in DEPTHS)
    assert {name: third[name] - second[name] for name in first} == {name: second[name] - first[name] for name in first}


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_constants_are_shared_by_all_blocks(target: str) -> None:
    assert len({held(depth, target)["constants"] for depth in DEPTHS}) == 1


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", ["std", "cpu"])
def test_a_layer_has_few_nodes(target: str) -> None:
    """Convolution, batch norm and ReLU, forward, backward and update."""
    few, many = held(DEPTHS[0], target)["nodes"], held(DEPTHS[2], target)["nodes"]
    assert (many - few) / (DEPTHS[2] - DEPTHS[0]) < 75


BOTTLENECKS = ZOO / "resnet_preact.net"
FAMILIES = {NET: DEPTHS, BOTTLENECKS: (47, 56, 65)}
"""Depths at equal distances, of networks that reach 1202 and 1001. From its third block on a stage has copies alone."""


def summarised(path: Path, depth: int) -> None:
    net = load(path, settings={"depth": depth})
    text_of(net, summary(net), None)


def compiled(path: Path, depth: int) -> None:
    compile_inference(load(path, settings={"depth": depth}), weights_as="inputs")


def step_compiled(path: Path, depth: int) -> None:
    compile_training(load(path, settings={"depth": depth}), batch=16)


def step_for_cpu(path: Path, depth: int) -> None:
    compile_training(load(path, settings={"depth": depth}), batch=16, target="cpu")


def calls(work: Callable[[], object]) -> int:
    """Calls of Python functions in it: a figure that no busy machine changes."""
    count = 0

    def on_call(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(on_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def slow(work: Callable[[Path, int], None], path: Path) -> object:
    return pytest.param(work, path, marks=pytest.mark.slow)


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("work", "path"),
    [
        (summarised, NET),
        (summarised, BOTTLENECKS),
        (step_compiled, NET),
        slow(step_compiled, BOTTLENECKS),
        slow(step_for_cpu, NET),
        slow(step_for_cpu, BOTTLENECKS),
        slow(compiled, NET),
        slow(compiled, BOTTLENECKS),
    ],
)
def test_each_block_takes_as_many_calls(work: Callable[[Path, int], None], path: Path) -> None:
    for depth in FAMILIES[path]:  # imports, and what is remembered of one for the next
        work(path, depth)
    first, second, third = (calls(lambda depth=depth: work(path, depth)) for depth in FAMILIES[path])
    assert third - second == pytest.approx(second - first, rel=0.001)


def test_the_collector_waits() -> None:
    """It would walk along the whole graph time and again, which no count of calls shows."""
    began: list[int] = []

    def on_collection(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            began.append(info["generation"])

    gc.callbacks.append(on_collection)
    try:
        step_compiled(NET, DEPTHS[0])
    finally:
        gc.callbacks.remove(on_collection)
    assert gc.isenabled()
    assert len(began) <= 2, "once after each of the two calls"
