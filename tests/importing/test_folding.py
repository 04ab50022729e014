"""What is worked out of constants while importing is what ONNX's own reference makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx_models import Array, weight

from netc.compiler.importing import fold
from netc.compiler.importing.folding import FOLDS
from netc.compiler.importing.records import ForeignNode
from netc.compiler.ir import Dim, Symbol, substitute

assert fold, "importing it fills the registry"


def floats(*numbers: float) -> Array:
    return np.array(numbers, np.float32)


def ints(*numbers: int) -> Array:
    return np.array(numbers, np.int64)


def bools(*numbers: int) -> Array:
    return np.array(numbers, np.bool_)


NONE = ints()
X, UNIT = weight(2, 3, 4), floats(-1.5, -0.5, 0, 0.5, 2.5)
Case = tuple[tuple[Array | None, ...], dict[str, Any], int]


def case(*arrays: Array | None, outputs: int = 1, **attributes: Any) -> Case:
    return arrays, attributes, outputs


PAIRS = {op: [case(floats(1, -2, 3), floats(4)), case(ints(7, -7, 5), ints(2, 2, -2))] for op in ("Add", "Sub", "Mul")}
COMPARED = {op: [case(ints(1, 2, 3), ints(2)), case(floats(1, 2, 3), floats(3, 2, 1))]
            for op in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")}  # fmt: skip
SINGLE = {op: [case(UNIT)] for op in ("Neg", "Abs", "Sign", "Exp", "Sin", "Cos", "Tanh", "Floor", "Ceil", "Round",
                                      "Relu", "Sigmoid", "Identity")}  # fmt: skip
POSITIVE = {op: [case(floats(0.5, 1, 4))] for op in ("Sqrt", "Log", "Reciprocal", "Dropout")}
TRUTHS = {op: [case(bools(0, 0, 1, 1), bools(0, 1, 0, 1))] for op in ("And", "Or", "Xor")}
MANY = {op: [case(floats(1, 5), floats(3, 2), floats(2, 2)), case(floats(1))] for op in ("Max", "Min", "Sum")}
REDUCED = {op: [case(X), case(X, ints(1), keepdims=0), case(X, ints(-1, 0)), case(X, NONE), case(floats(1, 2)),
                case(X, NONE, noop_with_empty_axes=1), case(X, noop_with_empty_axes=1), case(ints(4, 3, 9))]
           for op in ("ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin")}  # fmt: skip
CASES: dict[str, list[Case]] = {
    **PAIRS, **COMPARED, **SINGLE, **POSITIVE, **TRUTHS, **MANY, **REDUCED,
    "Div": [case(floats(1, 2), floats(4)), case(ints(-7, 7, -7, 6), ints(2, -2, -2, -3)),
            case(ints(2**62 + 3), ints(2))],
    "Mod": [case(ints(-7, 7), ints(3, -3)), case(ints(-7, 7), ints(3, -3), fmod=1),
            case(floats(-7.5, 7.5), floats(3, -3), fmod=1)],
    "Pow": [case(floats(0.5, -1.5), floats(2)), case(floats(0.5, -1.5), ints(2)), case(ints(2, 3), floats(0.5))],
    "ReduceMean": [case(X), case(X, ints(1), keepdims=0), case(X, NONE), case(X, noop_with_empty_axes=1)],
    "Not": [case(bools(0, 1))],
    "Where": [case(bools(0, 1), floats(1, 2), floats(3))],
    "Clip": [case(UNIT), case(UNIT, np.float32(0)), case(UNIT, None, np.float32(1))],
    "Cast": [case(UNIT, to=TensorProto.INT64), case(UNIT, to=TensorProto.BOOL), case(ints(3), to=TensorProto.FLOAT)],
    "CastLike": [case(UNIT, ints(1)), case(ints(1, 2), floats(1))],
    "Reshape": [case(X, ints(0, -1)), case(X, ints(4, 6)), case(X, ints(2, 1, 12))],
    "Flatten": [case(X), case(X, axis=0), case(X, axis=-1)],
    "Transpose": [case(X), case(X, perm=[1, 2, 0])],
    "Squeeze": [case(weight(1, 3, 1)), case(weight(1, 3, 1), ints(-1))],
    "Unsqueeze": [case(X, ints(0, -1)), case(X, ints(2))],
    "Expand": [case(weight(3, 1), ints(1, 4)), case(weight(3), ints(2, 3))],
    "Tile": [case(X, ints(1, 2, 3))],
    "Concat": [case(X, X, axis=-1), case(X, X, axis=0)],
    "Split": [case(ints(*range(7)), outputs=3, num_outputs=3), case(X, ints(1, 3), outputs=2, axis=2),
              case(ints(*range(6)), outputs=2, num_outputs=2)],
    "Shape": [case(X), case(X, start=-2), case(X, start=0, end=-1)],
    "Size": [case(X)],
    "Constant": [case(value_ints=[1, 2]), case(value_float=0.5), case(value_int=3), case(value_floats=[1.0])],
    "ConstantOfShape": [case(ints(2, 3))],
    "Range": [case(np.int64(5), np.int64(0), np.int64(-2)), case(np.float32(0), np.float32(1), np.float32(0.3))],
    "EyeLike": [case(weight(2, 3)), case(weight(2, 3), k=1), case(ints(1, 2).reshape(1, 2)),
                case(weight(2, 2), dtype=TensorProto.INT64)],
    "Trilu": [case(X), case(X, np.int64(1), upper=0)],
    "NonZero": [case(floats(0, 1, 2))],
    "Gather": [case(X, ints(-1, 0), axis=1), case(X, np.int64(1))],
    "GatherND": [case(X, ints(0, 1, 1, 2).reshape(2, 2))],
    "Slice": [case(X, ints(1), ints(9), ints(2)), case(ints(*range(5)), ints(-1), ints(-9), ints(0), ints(-2)),
              case(ints(*range(5)), ints(-1), ints(-5), ints(0), ints(-1)), case(X, ints(0, 1), ints(1, 3))],
    "ScatterND": [case(floats(1, 2, 3, 4), ints(1, 3).reshape(2, 1), floats(10, 20)),
                  *(case(floats(1, 2, 3, 4), ints(1, 1).reshape(2, 1), floats(10, -20), reduction=word)
                    for word in ("add", "mul", "max", "min"))],
    "MatMul": [case(weight(2, 3), weight(3, 4)), case(weight(3), weight(3)), case(X, weight(4))],
    "CumSum": [case(X, np.int64(1))],
}  # fmt: skip


def test_every_operator_that_is_worked_out_has_cases() -> None:
    assert CASES.keys() == FOLDS.keys()


@pytest.mark.parametrize("op", CASES)
def test_it_is_what_the_reference_makes(op: str) -> None:
    for arrays, attributes, outputs in CASES[op]:
        held = [None if array is None else np.asarray(array) for array in arrays]
        for found, wanted in zip(
            ours(op, held, attributes, outputs), reference(op, held, attributes, outputs), strict=True
        ):
            assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype), (arrays, attributes)
            if found.dtype.kind == "f":
                np.testing.assert_allclose(found, wanted, rtol=1e-6, err_msg=f"{arrays}, {attributes}")
            else:
                np.testing.assert_array_equal(found, wanted, err_msg=f"{arrays}, {attributes}")


@pytest.mark.parametrize(("at", "by"), [(1, 2), (3, 2), (5, -2), (4, 3), (5, -3)])
def test_open_sizes_are_divided_towards_zero(at: int, by: int) -> None:
    symbol = Symbol("T")
    sizes = np.array([Dim(symbol), -Dim(symbol), -Dim(symbol) - 2, 7], dtype=object)
    (found,) = ours("Div", [sizes, np.array(by)], {}, 1)
    (wanted,) = reference("Div", [np.array([at, -at, -at - 2, 7]), np.array(by)], {}, 1)
    assert [substitute(size, {symbol: at}) for size in found] == wanted.tolist()


def ours(op: str, arrays: list[Array | None], attributes: dict[str, Any], outputs: int) -> list[Array]:
    names = tuple("" if array is None else f"x{at}" for at, array in enumerate(arrays))
    node = ForeignNode(op, "", "node", names, tuple(f"y{at}" for at in range(outputs)), attributes)
    found = FOLDS[op](node, *arrays)
    return [np.asarray(array) for array in (found if isinstance(found, tuple) else (found,))]


def reference(op: str, arrays: list[Array | None], attributes: dict[str, Any], outputs: int) -> list[Array]:
    given = {f"x{at}": array for at, array in enumerate(arrays) if array is not None}
    names = [f"x{at}" if f"x{at}" in given else "" for at in range(len(arrays))]
    made = [f"y{at}" for at in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(op, names, made, **attributes)],
        "one",
        [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
         for name, array in given.items()],
        [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in made],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
    return [np.asarray(array) for array in ReferenceEvaluator(model).run(None, given)]
