"""Random valid networks and graphs, and nodes for the operators of `netc[fast]`: what other tests draw, for longer."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from sessions import fast_library

from fuzzing.judge import ROOT
from fuzzing.kind import Kind

BEYOND = "indices element out of data bounds"
"""What ONNX Runtime says where a random net looks up what another one's numbers are no rows of: nobody's mistake."""
TOGETHER = 8
"""Graphs in a model."""


@cache
def _tests() -> ModuleType:
    """The tests of random networks, whose draws are taken."""
    place = ROOT / "tests/elaborate/test_random_nets.py"
    spec = spec_from_file_location("random_nets", place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draws(random: Random) -> bytes:
    """What hypothesis takes its choices from."""
    return random.randbytes(random.choice((50, 200, 1000)))


def _drawn(test: str) -> Any:
    def run(content: bytes, place: Path) -> None:
        try:
            getattr(_tests(), test).hypothesis.fuzz_one_input(content)
        except Exception as error:  # ONNX Runtime has classes of its own
            if BEYOND not in str(error):
                raise

    return run


def _number(random: Random) -> bytes:
    return random.getrandbits(31).to_bytes(4, "big")


def agreeing_graphs(content: bytes, place: Path) -> None:
    """Graphs of all operators: reverse mode, slopes and targets agree."""
    sys.path[:0] = [str(ROOT / "tests")] * (str(ROOT / "tests") not in sys.path)
    import graph_fuzz

    seed = int.from_bytes(content, "big")
    way = graph_fuzz.WAYS[seed % len(graph_fuzz.WAYS)]
    wrong = graph_fuzz.check(graph_fuzz.batch_of(range(TOGETHER), seed), way)
    assert not wrong, wrong


@cache
def _fuzzer() -> Any:
    from fast_fuzz import Fuzzer

    return Fuzzer(fast_library(), 0)


def fast_nodes(content: bytes, place: Path) -> None:
    """Nodes for the operators of `netc[fast]`, valid or with something wrong."""
    _fuzzer().case(int.from_bytes(content, "big"))


KINDS = (
    Kind("arguments", "nets", _drawn("test_whatever_the_arguments_every_mistake_is_a_finding"), draws),
    Kind("nets", "nets", _drawn("test_the_shapes_are_those_of_onnx_runtime"), draws),
    Kind("steps", "nets", _drawn("test_a_training_step_gives_new_weights_of_the_old_shapes"), draws),
    Kind("graphs", "nets", agreeing_graphs, _number),
    Kind("operators", "nets", fast_nodes, _number, ready=lambda: fast_library() is not None),
)
