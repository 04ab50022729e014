"""Emission: names, constants, sizes computed at run time. onnx and ONNX Runtime are the oracles."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

from netc.compiler.emit import Emitter, emit
from netc.compiler.ir import BATCH, Builder, Dim, DType, Graph, Origin, Size, Tensor, Value, substitute
from netc.compiler.ir.dims import floor_divide
from netc.compiler.ir.open_sizes import size_in
from netc.grammar.diagnostics import Span

LINE = Origin("stage1.dense1", Span("/home/someone/a.net", 7, 3, 7, 12))


def product_graph() -> Graph:
    graph = Graph("g", [Value("x", DType.FLOAT32, (BATCH, 4))], [Value("w", DType.FLOAT32, (4, 3))])
    graph.outputs["y"] = Builder(graph, LINE).MatMul(graph.inputs[0], graph.parameters[0])
    return graph


def test_a_model_says_where_its_nodes_come_from() -> None:
    model = emit(product_graph(), doc="a product", notes={"x": "a batch"})
    onnx.checker.check_model(model, full_check=True)
    (node,) = model.graph.node
    assert (node.name, node.doc_string, list(node.input), list(node.output)) == (
        "stage1.dense1.MatMul", "a.net:7", ["x", "w"], ["y"],
    )  # fmt: skip
    assert model.graph.input[0].doc_string == "a batch"
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
    assert model.opset_import[0].version <= 21
    assert model.ir_version <= 10


def test_weights_become_initializers() -> None:
    w = np.arange(12, dtype=np.float32).reshape(4, 3)
    model = emit(product_graph(), weights={"w": w})
    assert [value.name for value in model.graph.input] == ["x"]
    x = np.eye(4, dtype=np.float32)
    (y,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
    assert np.array_equal(y, w)


def test_double_precision_replaces_every_float() -> None:
    model = emit(product_graph(), float_type="float64")
    types = {value.type.tensor_type.elem_type for value in [*model.graph.input, *model.graph.output]}
    assert types == {onnx.TensorProto.DOUBLE}


def test_a_value_under_two_names_and_an_input_that_flows_out() -> None:
    graph = product_graph()
    graph.outputs["z"] = graph.outputs["y"]
    graph.outputs["same"] = graph.inputs[0]
    session = onnxruntime.InferenceSession(emit(graph).SerializeToString())
    x, w = np.ones((2, 4), np.float32), np.ones((4, 3), np.float32)
    y, z, same = session.run(["y", "z", "same"], {"x": x, "w": w})
    assert np.array_equal(y, z)
    assert np.array_equal(same, x)


def test_equal_constants_are_one_initializer() -> None:
    e = Emitter(product_graph())
    assert e.ints([0, 1]) == e.ints((0, 1))
    assert e.scalar(1) == e.constant(Tensor(DType.FLOAT32, (), (1.0,)))
    assert e.scalar(0.0) != e.scalar(-0.0)
    assert e.ints([1]) != e.scalar(1, DType.INT64)
    assert len(e.proto.initializer) == len({tensor.name for tensor in e.proto.initializer}) == 6


H = Dim.symbol("H")
EVEN = Dim.symbol("E", divisor=2)
SIZES: list[tuple[list[Size], dict[str, int]]] = [
    ([BATCH, 4], {"N": 3}),
    ([BATCH * H * 2, H - 1, 7], {"N": 3, "H": 5}),
    ([floor_divide(H - 3, 2) + 1, 2, 2, BATCH], {"N": 2, "H": 8}),
    ([floor_divide(EVEN, 2), EVEN * EVEN], {"N": 1, "E": 6}),
    ([floor_divide(floor_divide(H + 1, 2) * BATCH, H)], {"N": 9, "H": 4}),
    *(
        (
            [
                floor_divide(10 - H, 2),
                -floor_divide(-H, 3),
                -floor_divide(H, -2),
                H % -3,
                (2 - H) % 3,
                floor_divide(3 - H, BATCH),
                floor_divide(20, H - 6),
                (BATCH - H) % (H - 6),
            ],
            {"N": 2, "H": h},
        )
        for h in (1, 2, 3, 5, 8, 13)
    ),
]


@pytest.mark.parametrize(("sizes", "known"), SIZES)
def test_symbolic_sizes_are_computed(sizes: list[Size], known: dict[str, int]) -> None:
    symbol = {"N": BATCH, "H": H, "E": EVEN}
    shape = tuple(symbol[name] for name in known)
    graph = Graph("g", [Value("x", DType.FLOAT32, shape)])
    e = Emitter(graph)
    computed = [e.ints(sizes), e.ints(sizes[:1]), e.ints(sizes)]
    assert computed[0] == computed[2]
    model = emit(graph)
    model.graph.MergeFrom(e.proto)
    for name in dict.fromkeys(computed):
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    result = session.run(computed[:1], {"x": np.zeros(tuple(known.values()), np.float32)})[0]
    values = {next(iter(symbol[name].symbols())): number for name, number in known.items()}
    assert result.tolist() == [substitute(size, values) for size in sizes]
    assert result.tolist() == [size_in(str(size), known) for size in sizes]


def test_a_size_is_solved_from_an_expression() -> None:
    graph = Graph("g", [Value("x", DType.FLOAT32, (3 * H + 1,))])
    e = Emitter(graph)
    name = e.ints([H * 2, 5])
    model = emit(graph)
    model.graph.MergeFrom(e.proto)
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT64, None))
    (result,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": np.zeros(13, np.float32)})
    assert result.tolist() == [8, 5]
