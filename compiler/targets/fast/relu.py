"""The gradient of a ReLU as it stands in the graph: dz times the mask of z above zero."""

from __future__ import annotations

from netc.compiler.ir import DType, Node, Value
from netc.compiler.targets.cpu.masks import is_zero


def before_relu(dy: Value, y: Value) -> Value | None:
    """dz, where dy is the gradient of z = relu(y) for y and nothing else; None where it is not."""
    node = dy.node
    if node is None or node.op != "Mul":
        return None
    dz, mask = node.inputs
    relu = _relu_of(mask)
    return dz if relu is not None and relu.inputs[0] is y else None


def _relu_of(mask: Value) -> Node | None:
    """The ReLU whose result is compared with zero."""
    cast = mask.node
    if cast is None or cast.op != "Cast" or cast.attributes["to"] != DType.FLOAT32:
        return None
    greater = cast.inputs[0].node
    if greater is None or greater.op != "Greater" or not is_zero(greater.inputs[1]):
        return None
    made = greater.inputs[0].node
    return made if made is not None and made.op == "Relu" else None
