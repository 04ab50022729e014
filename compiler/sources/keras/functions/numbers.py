"""Constants, numbers counted from sizes, and random ones."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _constant(node: Node, sizes: Sizes) -> str:
    literal = node.attributes["value"]
    if not literal.shape:
        return f'ops.convert_to_tensor({_number(literal.values[0])}, "{literal.dtype}")'
    if len(set(literal.values)) == 1:
        return f'ops.full({literal.shape}, {_number(literal.values[0])}, "{literal.dtype}")'
    values = f'ops.convert_to_tensor([{", ".join(map(_number, literal.values))}], "{literal.dtype}")'
    return values if len(literal.shape) == 1 else f"ops.reshape({values}, {tuple(literal.shape)})"


def _number(value: float) -> str:
    return f'float("{value!r}")' if value in (float("inf"), float("-inf")) or value != value else repr(value)


def _iota(node: Node, sizes: Sizes) -> str:
    shape = node.attributes["shape"]
    counted = " * ".join(map(sizes, shape))
    text = f'ops.arange({counted}, dtype="{node.output.dtype}")'
    return text if len(shape) == 1 else f"ops.reshape({text}, ({sizes.shape(shape)}))"


def _dimension(node: Node, sizes: Sizes) -> str:
    return f'ops.convert_to_tensor({sizes(node.attributes["size"])}, "{node.output.dtype}")'


def _clip(node: Node, sizes: Sizes) -> str:
    low, high = node.attributes["low"], node.attributes["high"]
    return "ops.relu6({0})" if (low, high) == (0, 6) else f"ops.clip({{0}}, {_number(low)}, {_number(high)})"


def _divided(node: Node, sizes: Sizes) -> str:
    if node.output.dtype.is_float:
        return "{0} / {1}"
    return "ops.sign({0}) * ops.sign({1}) * ops.floor_divide(ops.absolute({0}), ops.absolute({1}))"


def _dropout(node: Node, sizes: Sizes) -> str:
    return f"drop({{0}}, {node.attributes['rate']!r}, {node.attributes['leading']}, training)"


FUNCTIONS: dict[str, Expression] = {
    "Constant": _constant,
    "Iota": _iota,
    "Dimension": _dimension,
    "RandomNormal": lambda node, sizes: f"keras.random.normal(({sizes.shape(node.attributes['shape'])},))",
    "Dropout": _dropout,
    "Clip": _clip,
    "Div": _divided,
}
