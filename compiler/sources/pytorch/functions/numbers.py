"""Constants, numbers counted from sizes, and random ones."""

from __future__ import annotations

from netc.compiler.ir import Node
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import Expression


def _constant(node: Node, sizes: Sizes) -> str:
    literal = node.attributes["value"]
    place = sizes.device()
    if not literal.shape:
        return f"torch.tensor({literal.values[0]!r}, dtype=torch.{literal.dtype}{place})"
    if len(set(literal.values)) == 1:
        return f"torch.full({literal.shape}, {literal.values[0]!r}, dtype=torch.{literal.dtype}{place})"
    values = ", ".join(map(repr, literal.values))
    text = f"torch.tensor([{values}], dtype=torch.{literal.dtype}{place})"
    return text if len(literal.shape) == 1 else f"{text}.reshape({', '.join(map(str, literal.shape))})"


def _iota(node: Node, sizes: Sizes) -> str:
    shape = node.attributes["shape"]
    counted = " * ".join(map(sizes, shape))
    text = f"torch.arange({counted}{sizes.device()})"
    return text if len(shape) == 1 else f"{text}.reshape({sizes.shape(shape)})"


def _clip(node: Node, sizes: Sizes) -> str:
    low, high = node.attributes["low"], node.attributes["high"]
    return "F.relu6({0})" if (low, high) == (0, 6) else f"{{0}}.clamp({low!r}, {high!r})"


def _divided(node: Node, sizes: Sizes) -> str:
    return "{0} / {1}" if node.output.dtype.is_float else '{0}.div({1}, rounding_mode="trunc")'


def _dropout(node: Node, sizes: Sizes) -> str:
    rate, leading = node.attributes["rate"], node.attributes["leading"]
    if leading is None:
        return f"F.dropout({{0}}, {rate!r}, self.training)"
    return f"drop({{0}}, {rate!r}, {leading}, self.training)"


FUNCTIONS: dict[str, Expression] = {
    "Constant": _constant,
    "Iota": _iota,
    "Dimension": lambda node, sizes: f"torch.tensor({sizes(node.attributes['size'])})",
    "RandomNormal": lambda node, sizes: f"torch.randn({sizes.shape(node.attributes['shape'])})",
    "Dropout": _dropout,
    "Clip": _clip,
    "Div": _divided,
}
