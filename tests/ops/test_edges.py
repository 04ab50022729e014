"""Gradients where a formula divides by nothing or overflows, against PyTorch in double precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from here import BLOCKED_TARGETS, CPU_TARGETS
from sessions import session_of

import netc
from netc.compiler import compile_gradients
from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.training.gradient import gradients

torch = pytest.importorskip("torch")
Array = np.ndarray[Any, Any]
TARGETS = ["std", "cuda", "web", *BLOCKED_TARGETS]
BASES = [0.0, 1e-30, 0.5, 1.0, 3.0]
EXPONENTS = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, -1.0]
LARGE = np.array(
    [
        [3e38, -3e38, 0], [3e38, -3e38, 1e38], [-3e38, 3e38, 3e38], [-1, 2, 3e38],
        [-3e38, -3e38, -3e38], [1e30, 1e30, -1e30], [1, 2, 3],
    ],
    np.float32,
)  # fmt: skip


def expected_power(base: Array, exponent: Array) -> tuple[Array, Array]:
    a = torch.tensor(base, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(exponent, dtype=torch.float64, requires_grad=True)
    (a**b).sum().backward()
    return a.grad.numpy(), b.grad.numpy()


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_powers_at_every_base(exponent: float, constant: bool) -> None:
    """Both learned, or the exponent a number of the text."""
    graph = Graph("one", [Value("a", DType.FLOAT32, (len(BASES),)), Value("b", DType.FLOAT32, (len(BASES),))])
    g = Builder(graph)
    a, b = graph.inputs
    loss = g.ReduceSum(g.Pow(a, exponent if constant else b), axes=(0,))
    wanted = [a] if constant else [a, b]
    graph.outputs = {f"d{value.name}": slope for value, slope in gradients(graph, loss, wanted).items()}
    given = {"a": np.array(BASES, np.float32), "b": np.full(len(BASES), exponent, np.float32)}
    session = session_of(emit(graph).SerializeToString())
    names = [port.name for port in session.get_outputs()]
    feeds = {port.name: given[port.name] for port in session.get_inputs()}
    found = dict(zip(names, session.run(None, feeds), strict=True))
    da, db = expected_power(given["a"], given["b"])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(found["da"], da.astype(np.float32), rtol=1e-5)
    if not constant:
        np.testing.assert_allclose(found["db"], db.astype(np.float32), rtol=1e-5, atol=1e-28)


@pytest.mark.parametrize("target", TARGETS)
def test_a_learned_exponent_over_pictures_with_black(target: str, tmp_path: Path) -> None:
    """Generalized mean pooling: after a ReLU many bases are 0."""
    file = tmp_path / "gem.net"
    file.write_text(
        "net Gem {\n  input image: 1x8x8\n  conv(16, 3x3, pad=same, act=relu)\n  x = identity\n"
        "  p = parameter([16, 1, 1], value=3)\n  x ** p -> global_avgpool\n  logits = dense(10)\n}\n"
        "train Gem { loss = cross_entropy(logits, label); optimizer = adam; batch = 16; epochs = 1 }"
    )
    net = netc.load(file)
    model = netc.Model(net, device="cpu", target=target if target in CPU_TARGETS else "std")
    artifact = compile_gradients(net, batch=16, target=target)
    rows = np.random.default_rng(0).random((16, 1, 8, 8)).astype(np.float32)
    rows[:, :, :4] = 0
    labels = np.arange(16) % 10
    given = {**model.state_dict(), "image": rows, "label": labels, "seed": np.array(0), "step": np.array(0)}
    session = session_of(artifact.model, without=("Pad_Fusion",))
    outputs = session.run(None, {port.name: given[port.name] for port in session.get_inputs()})
    found = dict(zip([port.name for port in session.get_outputs()], outputs, strict=True))
    weights = {name: torch.tensor(array).double().requires_grad_() for name, array in model.state_dict().items()}
    conv = torch.nn.functional.conv2d(
        torch.tensor(rows).double(), weights["conv1.weight"], weights["conv1.bias"], padding=1
    )
    logits = torch.nn.functional.linear(
        (conv.relu() ** weights["p.weight"]).mean((2, 3)), weights["logits.weight"], weights["logits.bias"]
    )
    torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
    for name, weight in weights.items():
        np.testing.assert_allclose(found[f"gradient.{name}"], weight.grad.numpy(), rtol=1e-3, atol=1e-6, err_msg=name)


@pytest.mark.quick(12)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 0.9])
def test_cross_entropy_of_the_largest_logits(smoothing: float, label: int, target: str, tmp_path: Path) -> None:
    """A finite loss is that of PyTorch in float64 also where a class's own logarithm exceeds float32."""
    file = tmp_path / "a.net"
    loss_text = f"cross_entropy(logits, label, label_smoothing={smoothing})"
    file.write_text(f"net A {{\n  input x: 3\n  logits = identity\n}}\ntrain A {{ loss = {loss_text} }}")
    session = session_of(compile_gradients(netc.load(file), target=target).model)
    for row in LARGE:
        x = torch.tensor(row).double().requires_grad_()
        loss = torch.nn.functional.cross_entropy(x[None], torch.tensor([label]), label_smoothing=smoothing)
        loss.backward()
        feeds = {"x": row[None], "label": np.array([label]), "seed": np.array(0), "step": np.array(0)}
        names = ["loss", "gradient.x"]
        found, slope = session.run(names, {port.name: feeds[port.name] for port in session.get_inputs()})
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(found, np.float32(loss.item()), rtol=1e-6)
        np.testing.assert_allclose(slope[0], x.grad.numpy(), atol=1e-6)
