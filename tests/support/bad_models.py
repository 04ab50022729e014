"""Models that contradict themselves, ask for too much, or say what networks here cannot: with codes and words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx_models import model, weight

node = helper.make_node
X = {"x": ("N", 4)}


def cycle() -> onnx.ModelProto:
    return model(
        [node("Add", ["x", "b"], ["a"], name="first"), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])], X, {}
    )


def twice() -> onnx.ModelProto:
    return model([node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"])], X, {})


def two_initializers() -> onnx.ModelProto:
    proto = model([node("Add", ["x", "w"], ["y"])], X, {"w": weight(4)})
    proto.graph.initializer.append(numpy_helper.from_array(weight(4), "w"))
    return proto


def short_tensor() -> onnx.ModelProto:
    proto = model([node("Add", ["x", "w"], ["y"])], X, {"w": weight(4)})
    proto.graph.initializer[0].dims[0] = 1_000_000_000_000
    return proto


def negative_size() -> onnx.ModelProto:
    proto = model([node("Add", ["x", "w"], ["y"])], X, {"w": weight(4)})
    proto.graph.initializer[0].dims[0] = -4
    return proto


def nowhere() -> onnx.ModelProto:
    proto = model([node("Add", ["x", "w"], ["y"])], X, {"w": weight(4)})
    proto.graph.initializer[0].ClearField("raw_data")
    proto.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return proto


def rank_bomb() -> onnx.ModelProto:
    proto = model([node("Add", ["x", "w"], ["y"])], X, {"w": weight(1)})
    proto.graph.initializer[0].dims.extend([1] * 100_000)
    return proto


def filled_bomb() -> onnx.ModelProto:
    shape = np.array([1_000_000, 1_000_000], np.int64)
    return model([node("ConstantOfShape", ["s"], ["w"]), node("MatMul", ["x", "w"], ["y"])], X, {"s": shape})


def counted_bomb() -> onnx.ModelProto:
    numbers = {"a": np.array(0), "b": np.array(10**12), "c": np.array(1)}
    return model([node("Range", ["a", "b", "c"], ["w"]), node("Add", ["x", "w"], ["y"])], X, numbers)


def doubled_bomb() -> onnx.ModelProto:
    nodes = [node("Concat", [f"w{at}", f"w{at}"], [f"w{at + 1}"], axis=0) for at in range(60)]
    return model([*nodes, node("Add", ["x", "w60"], ["y"])], X, {"w0": weight(4)})


def calls_itself() -> onnx.ModelProto:
    proto = model([node("F", ["x"], ["y"], domain="own")], X, {})
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    proto.opset_import.append(opsets[1])
    proto.functions.append(
        helper.make_function("own", "F", ["a"], ["b"], [node("F", ["a"], ["b"], domain="own")], opsets)
    )
    return proto


def calls_double() -> onnx.ModelProto:
    proto = model([node("F0", ["x"], ["y"], domain="own")], X, {})
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    proto.opset_import.append(opsets[1])
    for at in range(40):
        op, domain = (f"F{at + 1}", "own") if at < 39 else ("Relu", "")
        body = [node(op, ["a"], ["c"], domain=domain), node(op, ["c"], ["b"], domain=domain)]
        proto.functions.append(helper.make_function("own", f"F{at}", ["a"], ["b"], body, opsets))
    return proto


def outside() -> onnx.ModelProto:
    proto = model([node("Add", ["x", "w"], ["y"])], X, {"w": weight(4)})
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../../etc/passwd")
    return proto


def closed_domain() -> onnx.ModelProto:
    proto = model([node("Elementwise", ["x"], ["y"], domain="netc.fast")], X, {})
    proto.opset_import.append(helper.make_opsetid("netc.fast", 1))
    return proto


def depends_on_data() -> onnx.ModelProto:
    out = [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)]
    branch = helper.make_graph([node("Relu", ["x"], ["z"])], "b", [], out)
    choose = node("If", ["c"], ["y"], name="choose", then_branch=branch, else_branch=branch)
    return model([choose], {**X, "c": ("N",)}, {})


def quantised() -> onnx.ModelProto:
    given = {"s": np.array(0.1, np.float32), "z": np.array(0, np.uint8)}
    return model([node("QuantizeLinear", ["x", "s", "z"], ["y"], name="quantise")], X, given)


def other_operator() -> onnx.ModelProto:
    return model([node("NonMaxSuppression", ["x", "x"], ["y"], name="boxes")], X, {})


def mixed_examples() -> onnx.ModelProto:
    return model([node("ReduceMean", ["x"], ["y"], name="over all", keepdims=1)], X, {})


BAD: dict[str, tuple[Callable[[], onnx.ModelProto], str, str]] = {
    "cycle": (cycle, "E591", "node `first` reads `b`, which nothing before it makes"),
    "twice": (twice, "E591", "two nodes make `y`"),
    "two initializers": (two_initializers, "E565", "two initializers are called `w`"),
    "short tensor": (short_tensor, "E591", "holds 4 numbers, not 1000000000000"),
    "negative size": (negative_size, "E591", "a size below 0"),
    "numbers in no file": (nowhere, "E591", "doesn't say in which"),
    "rank": (rank_bomb, "E592", "axes of tensor `w`"),
    "filled": (filled_bomb, "E592", "1,000,000,000,000 numbers in a constant"),
    "counted": (counted_bomb, "E592", "1,000,000,000,000 numbers in a constant"),
    "doubled": (doubled_bomb, "E592", "numbers in a constant"),
    "calls itself": (calls_itself, "E591", "its functions call each other without end"),
    "calls double": (calls_double, "E592", "calls of functions"),
    "outside": (outside, "E565", "which is no file in its folder"),
    "closed domain": (closed_domain, "E567", "Elementwise"),
    "depends on data": (depends_on_data, "E590", "node `choose`, operator `If`"),
    "quantised": (quantised, "E590", "the network is quantised"),
    "other operator": (other_operator, "E590", "operator `NonMaxSuppression`"),
    "mixed examples": (mixed_examples, "E590", "it works over the batch"),
}


def halved() -> bytes:
    """A sound model without its second half."""
    whole = model([node("MatMul", ["x", "w"], ["y"])], X, {"w": weight(4, 5)}).SerializeToString()
    return whole[: len(whole) // 2]


NO_MODELS: dict[str, bytes] = {
    "nothing": b"",
    "a zip": b"PK\x03\x04 a zip",
    "a pickle": b"\x80\x04\x95 a pickle",
    "half a model": halved(),
    "noise": np.random.default_rng(0).bytes(1000),
    "zeros": bytes(4096),
}
"""Files under a model's name: E565, or E591 where they look like one."""
