"""What shape rules refuse, though the ONNX checker accepts some of it."""

from __future__ import annotations

from typing import Any

import pytest

from netc.compiler.ir import BATCH, Builder, DType, Graph, Shape, Value
from netc.compiler.ops import ShapeError

PLAIN = {"strides": (1, 1), "pads": (0, 0, 0, 0), "dilations": (1, 1), "group": 1}
POOL = {"kernel": (2, 2), "strides": (2, 2), "pads": (0, 0, 0, 0)}
INT, BOOL = DType.INT64, DType.BOOL

REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], str, int]] = [
    ("Add", ((2, 3), (2, 4)), {}, "do not broadcast", 1),
    ("Add", ((2, 3), ((2, 3), INT)), {}, "element types differ: float32 and int64", 1),
    ("Mul", (((2,), BOOL), ((2,), BOOL)), {}, "found truth values", 0),
    ("And", ((2,), (2,)), {}, "truth values are needed, found float32", 0),
    ("Mod", ((2,), ((2,), INT)), {}, "whole numbers are needed, found float32", 0),
    ("Where", ((2,), (2,), (2,)), {}, "truth values", 0),
    ("Exp", (((2,), INT),), {}, "floating-point numbers are needed, found int64", 0),
    ("MatMul", ((2, 3), (4, 2)), {}, "inner sizes differ: 3 and 4", 1),
    ("MatMul", ((3,), (3, 2)), {}, "at least two axes", 0),
    ("Conv", ((1, 3, 8, 8), (4, 5, 3, 3)), PLAIN, "the weights take 5 channels, found 3", 0),
    ("Conv", ((1, 3, 8, 8), (4, 3, 9, 3)), PLAIN, "a kernel of 9 does not fit into 8", 0),
    ("Conv", ((1, 3, 8, 8), (4, 3, 3, 3)), {**PLAIN, "dilations": (4, 1)}, "a kernel of 9 with its dilation", 0),
    ("Conv", ((1, 3, 8, 8), (4, 1, 3, 3)), {**PLAIN, "group": 3}, "3 groups do not divide 4 filters", 0),
    ("Conv", ((1, 3, 8, 8), (4, 1, 3, 3)), {**PLAIN, "group": 2}, "2 groups do not divide 3 input channels", 0),
    ("Conv", ((1, 3, 8), (4, 3, 3, 3)), PLAIN, "a kernel with 2 axes for an input with 1", 0),
    ("Conv", ((1, 3), (4, 3)), PLAIN, "1 to 3 spatial axes is needed, found 1x3", 0),
    ("Conv", ((BATCH, 3), (4, 3)), PLAIN, "1 to 3 spatial axes is needed, found 3", 0),
    ("Conv", ((1, 3, 8, 8), (4, 3, 3, 3)), {**PLAIN, "strides": (2,)}, "strides has 1 number for 2", 0),
    ("Conv", ((1, 3, 8, 8), (4, 3, 3, 3)), {**PLAIN, "strides": (0, 1)}, r"stride \[0, 1\] is below 1", 0),
    ("Conv", ((1, 3, 8, 8), (4, 3, 3, 3), (3,)), PLAIN, r"a bias of shape \[4\] is needed", 2),
    ("Conv", ((1, 3, 8, 8), ((4, 3, 3, 3), INT)), PLAIN, "floating-point numbers", 1),
    ("MaxPool", ((1, 3, 8, 8),), {**POOL, "pads": (2, 0, 0, 0)}, "padding 2 fills a whole window of 2", 0),
    ("MaxPool", ((1, 3, 1, 8),), POOL, "a kernel of 2 does not fit into 1", 0),
    ("AveragePool", ((1, 3, 8),), POOL, "kernel has 2 numbers for 1", 0),
    ("ReduceSum", ((2, 3),), {"axes": (2,)}, "axis 2 of a tensor with 2 axes", 0),
    ("ReduceSum", ((2, 3),), {"axes": (1, -1)}, "name one twice", 0),
    ("ReduceMean", (((2, 3), INT),), {"axes": (1,)}, "floating-point", 0),
    ("TopK", ((2, 3),), {"k": 4, "axis": 1}, "the 4 largest of 3 elements", 0),
    ("Reshape", ((2, 3),), {"shape": (7,)}, "has 6 elements, 7 has 7", 0),
    ("Reshape", ((BATCH, 3),), {"shape": (BATCH, 4)}, r"3 has 3\*N elements, 4 has 4\*N", 0),
    ("Transpose", ((2, 3),), {"axes": (0, 0)}, "do not order 2 axes", 0),
    ("Concat", ((2, 3), (3, 3)), {"axis": 1}, "differ outside of the axis that grows", 1),
    ("Concat", ((2, 3), ((2, 3), INT)), {"axis": 1}, "element types differ", 1),
    ("Slice", ((5,),), {"starts": (3,), "stops": (3,), "axes": (0,), "steps": (1,)}, "slice 3:3 of 5", 0),
    ("Pad", ((5,),), {"pads": (-1, 0)}, "pads", 0),
    ("Expand", ((2,),), {"shape": (3,)}, "2 does not repeat to 3", 0),
    ("Expand", ((2,),), {"shape": (1,)}, "does not repeat", 0),
    ("Gather", ((2, 3), (2,)), {"axis": 0}, "indices are whole numbers, found float32", 1),
    ("OneHot", ((2,),), {"depth": 3}, "labels are whole numbers, found float32", 0),
    ("Softmax", ((2, 3),), {"axis": 2}, "axis 2", 0),
    ("BatchNormalizationTraining", ((2, 3), (3,), (2,)), {}, "one number for each of 3 channels", 2),
    ("BatchNormalizationTraining", ((2,), (3,), (3,)), {}, "a channel axis is needed", 0),
]


@pytest.mark.parametrize(("name", "inputs", "attributes", "message", "at"), REFUSED)
def test_refused(name: str, inputs: tuple[Any, ...], attributes: dict[str, Any], message: str, at: int) -> None:
    def value(given: Any) -> Value:
        typed = len(given) == 2 and isinstance(given[1], DType)
        shape: Shape = given[0] if typed else given
        return Value("x", given[1] if typed else DType.FLOAT32, shape)

    with pytest.raises(ShapeError, match=message) as caught:
        Builder(Graph("g")).add(name, tuple(map(value, inputs)), attributes)
    assert caught.value.at == at
