"""Which type every value of a training step has: products in 16 bits, what needs digits in float32."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest
from stages import simplify

from netc.compiler import Net, Options, compile_gradients, compile_training
from netc.compiler.ir import DType, Graph
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.compiler.passes.mixed_precision import mixed_precision
from netc.compiler.pipeline import observed
from netc.compiler.training.step import training_step
from netc.grammar.diagnostics import DiagnosticError

from .networks import NETS, NORMALIZED, net_of

LOW = {"mixed": DType.FLOAT16, "bfloat16": DType.BFLOAT16}
NEEDS_DIGITS = {"Div", "Exp", "Log", "LogSoftmax", "ReduceMean", "ReduceSum", "Softmax", "Sqrt"}


@pytest.fixture(autouse=True)
def _verified() -> Iterator[None]:
    with observed(lambda name, before, after: verify(after)):
        yield


@pytest.fixture(params=sorted(NETS))
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Net:
    return net_of(NETS[request.param], tmp_path)


def step_graph(net: Net, low: DType) -> Graph:
    precision = "mixed" if low == DType.FLOAT16 else "bfloat16"
    graph = simplify(training_step(net, net.plan(), net.plan().only, precision).graph)  # type: ignore[arg-type]
    graph = simplify(mixed_precision(graph, low))
    verify(graph)
    return graph


@pytest.mark.parametrize("low", LOW.values())
def test_products_are_narrow_and_the_rest_has_its_digits(net: Net, low: DType) -> None:
    graph = step_graph(net, low)
    products = [node for node in graph.nodes if get_op(node.op).kind is Kind.PRODUCT]
    assert products
    assert all(value.dtype == low for node in products for value in (*node.inputs, *node.outputs))
    for node in graph.nodes:
        if node.op in NEEDS_DIGITS or node.origin.purpose is not None:
            assert all(value.dtype != low for value in node.outputs) or node.op in ("Cast", "Constant"), node.op
    assert all(value.dtype != low for value in graph.outputs.values())
    assert all(value.dtype != low for value in graph.sources())


@pytest.mark.parametrize("low", LOW.values())
def test_a_parameter_is_cast_once(net: Net, low: DType) -> None:
    graph = step_graph(net, low)
    casts = [node.inputs[0] for node in graph.nodes if node.op == "Cast" and node.outputs[0].dtype == low]
    assert len(casts) == len(set(casts))
    for value in graph.parameters:
        if value.name.endswith(".weight") and value.rank > 1:
            assert casts.count(value) == 1


def test_what_lies_between_products_stays_narrow(tmp_path: Path) -> None:
    graph = step_graph(net_of(NORMALIZED, tmp_path), DType.FLOAT16)
    between = {"Add", "AveragePool", "AveragePoolGradient", "Relu"}
    layers = [node for node in graph.nodes if node.origin.purpose != "optimizer"]
    found = [node for node in layers if node.op in between and node.outputs[0].rank == 4]
    assert {node.op for node in found} == between
    assert all(node.outputs[0].dtype == DType.FLOAT16 for node in found)
    normalized = [node for node in graph.nodes if node.op.startswith("BatchNormalization")]
    assert len(normalized) == 4
    for node in normalized:
        assert node.outputs[0].dtype == DType.FLOAT16
        assert all(value.dtype == DType.FLOAT32 for value in node.outputs[1:])


def test_masks_and_literals_are_made_narrow(tmp_path: Path) -> None:
    text = NETS["dense"].replace("act=relu)", "act=relu) -> dropout(0.5) -> leaky_relu(0.1)")
    graph = step_graph(net_of(text, tmp_path), DType.FLOAT16)
    layers = [node for node in graph.nodes if node.origin.scope.split(".")[0] in ("dense1", "dropout1", "leaky_relu1")]
    made = [value for node in layers for value in node.outputs if value.dtype == DType.FLOAT32]
    reduced = {"Cast", "Constant", "ReduceSum"}  # gradients of bias and weight, literals that a loss shares
    assert {value.node.op for value in made if value.node} <= reduced
    assert any(node.op == "LeakyRelu" for node in layers)


def test_a_literal_that_float16_lacks_keeps_float32() -> None:
    graph = from_text(
        """
        graph literals
        symbol N
        input %x: float32[N, 3]
        parameter %w: float32[3, 3]
        %p = MatMul(%x, %w) : float32[N, 3]
        %tiny = Constant() value=float32[](1e-08,) : float32[]
        %small = Add(%p, %tiny) : float32[N, 3]
        %half = Constant() value=float32[](0.5,) : float32[]
        %less = Mul(%p, %half) : float32[N, 3]
        output small = %small
        output less = %less
        """
    )
    narrow = {node.op for node in mixed_precision(graph, DType.FLOAT16).nodes if node.output.dtype == DType.FLOAT16}
    assert narrow == {"Cast", "Constant", "MatMul", "Mul"}
    verify(mixed_precision(graph, DType.FLOAT16))
    narrow = {node.op for node in mixed_precision(graph, DType.BFLOAT16).nodes if node.output.dtype == DType.BFLOAT16}
    assert narrow == {"Add", "Cast", "Constant", "MatMul", "Mul"}


@pytest.mark.quick(2)
@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("target", ["std", "cuda"])
@pytest.mark.parametrize("batch", [None, 12])
def test_models_are_valid_onnx(net: Net, precision: str, target: str, batch: int | None) -> None:
    options = Options(precision=precision)  # type: ignore[arg-type]
    for compile in (compile_training, compile_gradients):
        artifact = compile(net, target=target, batch=batch, options=options)
        model = onnx.load_from_string(artifact.model)
        onnx.checker.check_model(model, full_check=True)
        assert {port["dtype"] for port in artifact.manifest["outputs"]} == {"float32"}
    assert model.opset_import[0].version == (22 if precision == "bfloat16" else 18 if target == "cuda" else 20)


@pytest.mark.quick(1)
def test_a_step_of_float32_is_as_before(net: Net) -> None:
    assert compile_training(net).model == compile_training(net, options=Options(precision="float32")).model
    assert all(port["name"] != "loss_scale" for port in compile_training(net).manifest["inputs"])


@pytest.mark.parametrize(("precision", "target"), [("mixed", "cpu"), ("bfloat16", "cpu8"), ("bfloat16", "web")])
def test_targets_without_the_type_are_refused(net: Net, precision: str, target: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        compile_training(net, target=target, options=Options(precision=precision))  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == "E605"


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(DiagnosticError) as caught:
        Options(precision="fp16")  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == "E605"


@pytest.mark.parametrize("low", LOW.values())
@pytest.mark.parametrize("name", ["loss", "metric", "clip", "optimizer", "stack", "x"])
def test_a_layer_may_be_called_as_a_part_of_the_step(name: str, low: DType, tmp_path: Path) -> None:
    """Its products are narrow as those of any other layer, forward and backward."""
    text = f"net A {{\n input x: 8\n {name}_ = dense(8)\n logits = dense(3)\n}}\n".replace(
        f"{name}_", name.replace("x", "y")
    )
    graph = step_graph(net_of(text + "train A { loss = cross_entropy(logits, label) }", tmp_path), low)
    products = [node for node in graph.nodes if get_op(node.op).kind is Kind.PRODUCT]
    assert len(products) == 5  # of the two layers: forward, weights backward, and the inner one's input
    assert all(value.dtype == low for node in products for value in (*node.inputs, *node.outputs))
