"""How a training step updates: small tensors in stacks, early, optimizer state in place; and growth with depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sessions import session_of

from netc.compiler import Net, Options, compile_training, load
from netc.compiler.ir import Origin
from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.optimizers.base import optimizer
from netc.compiler.passes import early_updates, stacked_updates
from netc.compiler.training.in_place import written_in_place

from .networks import plan, small_net

DEEP = """
block unit { conv(4, 3x3, pad=1, bias=false) -> batchnorm -> relu }
net Deep(depth = 8) {
  input image: 1x6x6
  conv(4, 3x3, pad=1)
  repeat depth {
    add {
      identity
      unit
    }
  }
  flatten
  logits = dense(3)
}
train Deep {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1, momentum=0.9, weight_decay=1e-4)
}
"""

SIZES = {"a": 1, "b": 2, "c": 3, "d": 2}
LANES = "".join(f"parameter %{name}: float32[{n}]\n" for name, n in SIZES.items())
GRADIENTS = "".join(f"%g{name} = Neg(%{name}) : float32[{n}] @l\n" for name, n in SIZES.items())
MOVES = "".join(
    f"%m{name} = Mul(%g{name}, %rate) : float32[{n}] @!optimizer.{name}\n"
    f"%n{name} = Sub(%{name}, %m{name}) : float32[{n}] @!optimizer.{name}\n"
    for name, n in SIZES.items()
)
ENDS = "".join(f"output {name}.next = %n{name}\n" for name in "abcd")


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    path = tmp_path / "deep.net"
    path.write_text(DEEP)
    return path


def test_equal_updates_become_one_of_their_stack() -> None:
    text = f"graph g\ninput %rate: float32[]\n{LANES}{GRADIENTS}{MOVES}{ENDS}"
    graph = stacked_updates(from_text(text))
    verify(graph)
    assert [node.op for node in graph.nodes] == ["Neg"] * 4 + ["Concat", "Mul", "Concat", "Sub", "Split"]
    assert graph.nodes[-1].attributes["sizes"] == (1, 2, 3, 2)
    assert [value.shape for value in graph.outputs.values()] == [(1,), (2,), (3,), (2,)]
    assert {node.origin for node in graph.nodes[4:]} == {Origin.of("stack", "a")}


def test_updates_that_differ_stay_apart() -> None:
    other = MOVES.replace("%nd = Sub(%d, %md)", "%nd = Add(%d, %md)")
    text = f"graph g\ninput %rate: float32[]\n{LANES}{GRADIENTS}{other}{ENDS}"
    assert to_text(stacked_updates(from_text(text))) == text


def test_updates_that_something_follows_stay_apart() -> None:
    follow = "".join(
        f"%f{name} = Neg(%n{name}) : float32[{n}] @!following\noutput followed.{name} = %f{name}\n"
        for name, n in SIZES.items()
    )
    graph = from_text(f"graph g\ninput %rate: float32[]\n{LANES}{GRADIENTS}{MOVES}{follow}{ENDS}")
    stacked = stacked_updates(graph)
    verify(stacked)
    assert to_text(stacked) == to_text(graph)


def test_an_update_follows_its_gradient() -> None:
    text = f"graph g\ninput %rate: float32[]\n{LANES}{GRADIENTS}{MOVES}{ENDS}"
    graph = early_updates(from_text(text))
    verify(graph)
    assert [node.op for node in graph.nodes] == ["Neg", "Mul", "Sub"] * 4


HEAD = "graph g\ninput %x: float32[3]\nparameter %s: float32[3]\n"
STATES = {
    "a chain of its own": ("%a = Mul(%s, %x) : float32[3]\n%n = Add(%a, %x) : float32[3]\n", True),
    "read by the last node": ("%n = Add(%s, %x) : float32[3]\n", True),
    "read elsewhere": ("%n = Add(%s, %x) : float32[3]\n%o = Neg(%s) : float32[3]\noutput o = %o\n", False),
    "read out of order": ("%n = Slice(%s) starts=(2,) stops=(-4,) axes=(0,) steps=(-1,) : float32[3]\n", False),
    "not read": ("%n = Neg(%x) : float32[3]\n", True),
}


@pytest.mark.parametrize("case", STATES)
def test_what_may_be_written_in_place(case: str) -> None:
    nodes, expected = STATES[case]
    lines = nodes.splitlines(keepends=True)
    graph = from_text(HEAD + "".join(sorted(lines, key=lambda line: line.startswith("output"))) + "output next = %n\n")
    assert (written_in_place(graph, {"next": "s"}) == {"next"}) == expected


@pytest.mark.quick(5)
@pytest.mark.parametrize("target", ["std", "cpu", "fast"])
@pytest.mark.parametrize(
    ("word", "settings"),
    [("sgd", {"lr": 0.1, "momentum": 0.9}), ("adam", {"weight_decay": 0.01}), ("adamw", {})],
)
def test_optimizer_state_is_in_place(word: str, settings: dict[str, Any], target: str) -> None:
    net = small_net()
    artifact = compile_training(net, plan(net, optimizer.all()[word](**settings)), target=target)
    state = [port for port in artifact.manifest["outputs"] if port["role"] == "state"]
    assert state
    assert all(port.get("in_place") for port in state)
    assert not any(port.get("in_place") for port in artifact.manifest["outputs"] if port["role"] == "param")


def test_stacking_and_order_change_no_bit(deep: Path) -> None:
    net = load(deep)

    def results(*without: str) -> dict[str, np.ndarray]:
        artifact = compile_training(net, net.plan(), options=Options(without=frozenset(without)))
        session = session_of(artifact.model)
        rng = np.random.default_rng(0)
        feeds = {}
        for port in artifact.manifest["inputs"]:
            shape = [size if isinstance(size, int) else 4 for size in port["shape"]]
            is_float = port["dtype"] == "float32"
            feeds[port["name"]] = (rng.random(shape) if is_float else rng.integers(0, 3, shape)).astype(port["dtype"])
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(None, feeds), strict=True))

    arranged, plain = results(), results("stacked_updates", "early_updates")
    assert arranged.keys() == plain.keys()
    assert all(np.array_equal(arranged[name], plain[name]) for name in plain)


def counts(net: Net, target: str) -> int:
    return compile_training(net, net.plan(), batch=4, target=target).nodes


@pytest.mark.slow
@pytest.mark.parametrize("target", ["std", "cpu"])
def test_nodes_grow_with_depth_and_updates_do_not(deep: Path, target: str) -> None:
    first, second, third = (counts(load(deep, settings={"depth": depth}), target) for depth in (8, 16, 24))
    assert third - second == second - first
    assert second - first <= 8 * 60
