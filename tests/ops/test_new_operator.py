"""A new elementwise operator is its class: passes, targets, counts and the comparison with PyTorch know what to do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from sessions import session_of
from stages import legalise, simplify

from netc.compiler.emit import emit
from netc.compiler.facts.count import receptive_field
from netc.compiler.ir import Builder, DType, Graph, Node, Value
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.ops import all_ops, op
from netc.compiler.ops.base import OPS
from netc.compiler.ops.facts import Half
from netc.compiler.ops.unary import FloatUnary
from netc.compiler.passes import recompute, stacked_updates
from netc.compiler.passes.mixed_precision import mixed_precision
from netc.compiler.targets import TARGETS
from netc.compiler.training.gradient import gradients
from netc.compiler.training.in_place import written_in_place


@pytest.fixture(autouse=True)
def _erf() -> Iterator[None]:
    """The operator, as a file of `ops/` would declare it; in the place of ours, should there be one."""
    known = all_ops().get("Erf")
    OPS.pop("Erf", None)

    class Erf(FloatUnary):
        """y = 2 / sqrt(pi) times the integral of e ** (-t t) from 0 to x."""

        half = Half.WITH_ALL
        torch_name = "erf"

        @staticmethod
        def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
            x = node.inputs[0]
            return (g.Mul(dy, g.Mul(g.Exp(g.Neg(g.Mul(x, x))), 2 / math.sqrt(math.pi))),)

    op(Erf)
    all_ops.cache_clear()
    yield
    del OPS["Erf"]
    if known is not None:
        OPS["Erf"] = known
    all_ops.cache_clear()


def between_convolutions(name: str, *, backward: bool = True) -> Graph:
    """Convolution, an operator, convolution, with the gradients of both weights."""
    graph = Graph("g", [x := Value("x", DType.FLOAT32, (2, 16, 8, 8))])
    graph.parameters = [Value(f"w{i}", DType.FLOAT32, (16, 16, 3, 3)) for i in range(2)]
    g = Builder(graph)
    settings = {"strides": (1, 1), "pads": (1, 1, 1, 1), "dilations": (1, 1)}
    y = x
    for i, w in enumerate(graph.parameters):
        y = g.Conv(y, w, **settings)
        y = g.add(name, (y,), {})[0] if i == 0 else y
    graph.outputs = {"y": y}
    if backward:
        loss = graph.outputs["loss"] = g.ReduceSum(g.Mul(y, y), axes=(0, 1, 2, 3))
        found = gradients(graph, loss, graph.parameters)
        graph.outputs |= {f"d{w.name}": found[w] for w in graph.parameters}
    return graph


def counts(graph: Graph) -> Counter[str]:
    verify(graph)
    return Counter(node.op for node in graph.nodes)


def test_its_values_and_gradient_are_right() -> None:
    graph = Graph("g", [x := Value("x", DType.FLOAT32, (7,))])
    g = Builder(graph)
    y = g.Erf(x)
    graph.outputs = {"y": y, "dx": gradients(graph, g.ReduceSum(y, axes=(0,)), [x])[x]}
    at = np.linspace(-2, 2, 7)
    found, slope = session_of(emit(simplify(graph)).SerializeToString()).run(None, {"x": at.astype(np.float32)})
    np.testing.assert_allclose(found, [math.erf(number) for number in at], atol=1e-6)
    step = 1e-6
    np.testing.assert_allclose(
        slope, [(math.erf(number + step) - math.erf(number - step)) / (2 * step) for number in at], atol=1e-5
    )


@pytest.mark.parametrize("target", ["cpu", "cpu8", "fast"])
def test_blocked_maps_pass_through_it(target: str) -> None:
    """As many conversions as around `tanh`, whose gradient is elementwise too."""
    ours, known = (counts(simplify(legalise(simplify(between_convolutions(name)), target))) for name in ("Erf", "Tanh"))
    for conversion in ("ToBlocked", "FromBlocked"):
        assert ours[conversion] == known[conversion] > 0
    assert TARGETS[target].names()["Erf"] == TARGETS[target].names()["Tanh"]


@pytest.mark.parametrize("low", [DType.FLOAT16, DType.BFLOAT16])
def test_it_stays_in_16_bits_between_products(low: DType) -> None:
    graph = mixed_precision(between_convolutions("Erf", backward=False), low)
    known = mixed_precision(between_convolutions("Tanh", backward=False), low)
    assert counts(graph)["Cast"] == counts(known)["Cast"]
    (node,) = (node for node in graph.nodes if node.op == "Erf")
    assert node.output.dtype == low


def test_it_is_made_again_for_the_backward_pass() -> None:
    text = """graph g
input %x: float32[200, 100]
%a = Erf(%x) : float32[200, 100]
%l = ReduceSum(%a) axes=(0, 1) keepdims=false : float32[]
%n = Mul(%a, %x) : float32[200, 100]
output loss = %l
output w.next = %n
"""
    assert [node.op for node in recompute(from_text(text)).nodes] == ["Erf", "ReduceSum", "Erf", "Mul"]


def test_it_is_written_in_place() -> None:
    text = "graph g\nparameter %s: float32[4]\n%n = Erf(%s) : float32[4]\noutput next = %n\n"
    assert written_in_place(from_text(text), {"next": "s"}) == {"next"}


def test_small_updates_with_it_are_stacked() -> None:
    parameters = "".join(f"parameter %w{i}: float32[{i + 2}, 3]\n" for i in range(5))
    updates = "".join(f"%n{i} = Erf(%w{i}) : float32[{i + 2}, 3] @!optimizer.w{i}\n" for i in range(5))
    outputs = "".join(f"output w{i}.next = %n{i}\n" for i in range(5))
    graph = from_text(f"graph g\n{parameters}{updates}{outputs}")
    assert counts(stacked_updates(graph)) == {"Concat": 1, "Erf": 1, "Split": 1}


def test_it_sees_the_place_that_it_is_at() -> None:
    graph = between_convolutions("Erf", backward=False)
    assert receptive_field(graph.outputs["y"], graph.inputs) == (5, 5)


def test_pytorch_has_it() -> None:
    torch = pytest.importorskip("torch")
    from netc.runtime.measure.torch_ops import function_of

    (node,) = (node for node in between_convolutions("Erf").nodes if node.op == "Erf")
    x = torch.linspace(-2, 2, 7)
    assert torch.equal(function_of(node)(x), torch.erf(x))
