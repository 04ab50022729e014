"""Updates of large dense layers: momentum in the gradient's own product, in place, and few bytes alive at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from liveness import live_bytes

import netc
from netc.compiler import Net, Options, compile_training, load, pipeline
from netc.compiler.ir import Graph
from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.passes import accumulated_products, early_updates
from netc.compiler.pipeline import Context
from netc.compiler.training.in_place import written_in_place
from netc.compiler.training.step import training_step
from netc.runtime.training.trainer import Trainer

TEXT = """
net Wide {
  input image: 1100
  dense(1100) -> relu -> dense(1800) -> relu
  logits = dense(10)
}
train Wide {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.01, momentum=0.9, WEIGHTS)
  batch = 8
}
"""

SHAPES = "graph g\ninput %x: float32[4, 1100]\ninput %y: float32[4, 1100]\nparameter %m: float32[1100, 1100]\n"
NODES = """%g = Gemm(%y, %x) left=true right=false beta=1.0 : float32[1100, 1100] @dense
%c = Constant() value=float32[](0.9) : float32[]
%s = Mul(%m, %c) : float32[1100, 1100] @!optimizer.w
%v = Add(%s, %g) : float32[1100, 1100] @!optimizer.w
"""


@pytest.fixture(params=["", "weight_decay=1e-2", "nesterov=true"])
def wide(request: pytest.FixtureRequest, tmp_path: Path) -> Net:
    path = tmp_path / "wide.net"
    path.write_text(TEXT.replace("WEIGHTS", request.param))
    return load(path)


def step_of(net: Net, *without: str) -> Graph:
    plan = net.plan()
    context = Context("train", options=Options(without=frozenset(without)), batch=plan.batch)
    return pipeline.run(training_step(net, plan, plan.only).graph, context)


def test_momentum_goes_into_the_product() -> None:
    graph = accumulated_products(from_text(SHAPES + NODES + "output m.next = %v\n"))
    verify(graph)
    last = graph.nodes[-1] if graph.nodes[-1].op == "Gemm" else next(n for n in graph.nodes if n.op == "Gemm")
    assert [value.name for value in last.inputs] == ["y", "x", "m"]
    assert last.attributes == {"left": True, "right": False, "beta": 0.9}
    assert last.origin.scope == "dense"
    assert not any(node.op == "Add" for node in graph.nodes)
    assert written_in_place(graph, {"m.next": "m"}) == set()  # the product alone would do, but Mul is still there
    alone = graph.with_nodes([last])
    assert written_in_place(alone, {"m.next": "m"}) == {"m.next"}


def test_a_matrix_that_a_product_multiplies_is_not_written_in_place() -> None:
    text = "graph g\ninput %x: float32[3, 3]\nparameter %s: float32[3, 3]\n"
    product = "%n = Gemm(%s, %x, %s) left=false right=false beta=1.0 : float32[3, 3]\noutput next = %n\n"
    assert written_in_place(from_text(text + product), {"next": "s"}) == set()


@pytest.mark.parametrize(
    "change", [("1100", "60"), ("output m.next", "output g = %g\noutput m.next"), ("%m, %c", "%g, %c")]
)
def test_what_stays(change: tuple[str, str]) -> None:
    """A small product, one that is read elsewhere, and one added to something made on the way."""
    graph = from_text((SHAPES + NODES + "output m.next = %v\n").replace(*change))
    assert to_text(accumulated_products(graph)) == to_text(graph)


@pytest.mark.quick(1)
def test_losses_and_weights_stay(wide: Net) -> None:
    rng = np.random.default_rng(0)
    batch = {"image": rng.standard_normal((8, 1100)).astype(np.float32), "label": rng.integers(0, 10, 8)}

    def trained(*without: str) -> tuple[list[float], dict[str, np.ndarray]]:
        model = netc.Model(wide, "cpu", seed=1)
        trainer = Trainer(model, options=Options(without=frozenset(without)))
        return [trainer.step(batch)["loss"] for _ in range(5)], model.state_dict() | trainer.checkpoint()

    losses, tensors = trained()
    other_losses, other = trained("accumulated_products", "early_updates")
    np.testing.assert_allclose(losses, other_losses, rtol=1e-5)
    for name, tensor in other.items():
        np.testing.assert_allclose(tensors[name], tensor, rtol=1e-4, atol=1e-6, err_msg=name)


def test_state_is_in_place_and_gradients_take_no_memory(wide: Net) -> None:
    artifact = compile_training(wide, batch=8)
    assert all(port.get("in_place") for port in artifact.manifest["outputs"] if port["role"] == "state")
    largest = 4 * 1100 * 1800
    settings = wide.plan().only.optimizer.settings()
    tensors = 1 + bool(settings["nesterov"] or settings["weight_decay"])  # such a gradient is stored, by itself
    assert max(live_bytes(step_of(wide))) < (tensors + 0.2) * largest
    assert max(live_bytes(step_of(wide, "accumulated_products", "early_updates"))) > 2 * largest


def test_numbers_come_before_what_waits_for_them() -> None:
    """A gradient isn't kept until a constant of the optimizer has its turn."""
    text = (
        "graph g\ninput %x: float32[4]\nparameter %w: float32[4]\n"
        "%g = Neg(%x) : float32[4]\n%o = Abs(%g) : float32[4]\n"
        "%c = Constant() value=float32[](0.9) : float32[]\n%d = Neg(%c) : float32[] @!optimizer\n"
        "%m = Mul(%g, %d) : float32[4] @!optimizer.w\n%n = Sub(%w, %m) : float32[4] @!optimizer.w\n"
        "output o = %o\noutput w.next = %n\n"
    )
    graph = early_updates(from_text(text))
    verify(graph)
    assert [node.op for node in graph.nodes] == ["Constant", "Neg", "Neg", "Mul", "Sub", "Abs"]
