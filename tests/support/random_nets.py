"""Random networks, drawn as text from the layers' declarations."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from netc.compiler import check
from netc.compiler.declare.arguments import ArgumentType, Boolean, Integer, Optional_, Real, Text, Word
from netc.compiler.declare.axes import Axes, AxisOrAxes, Index, Parts
from netc.compiler.declare.extents import Extent, Pad, Sizes
from netc.compiler.declare.lists import Connections, Numbers
from netc.compiler.declare.references import DeclaredType, LayerType, TensorType
from netc.compiler.ir import BATCH_SYMBOL, Shape, Symbol, substitute, symbols
from netc.compiler.layers.base import layer
from netc.compiler.net import Net
from netc.compiler.ops import get_op
from netc.grammar.diagnostics import Severity

LAYERS = layer.all()
WORDS = sorted(LAYERS, key=lambda word: (-len(LAYERS[word].arguments), word))
WEIGHTY = [*["conv", "dense", "batchnorm", "maxpool", "avgpool", "concat", "matmul"] * 3, *WORDS]
BATCH_SIZE = 2
OPEN_SIZE = 12
INPUTS = ["2x9x8", "4x12x12", "3x6", "[12]", "[2, H, 8]", "[4, H, W]", "[T, 6]", "2x5x6x4"]

small = st.integers(1, 4)
integers = st.integers(-3, 9)
anything = st.sampled_from(
    ["0", "-1", "1.5", "1e9", "true", "none", '"text"', "same", "relu", "[1]", "[[1, 2], [0, 1]]", "[]", "3x3", "0..4",
     "nowhere", "[1: 2]", "1_000_000_007", "1e999", "x", "in", "dense(3) -> relu", "4 // 0", "2 ** 70"]
)  # fmt: skip


def brackets(items: list[Any]) -> str:
    return "[" + ", ".join(map(str, items)) + "]"


def lists(element: st.SearchStrategy[Any], low: int = 1, high: int = 3) -> st.SearchStrategy[str]:
    return st.lists(element, min_size=low, max_size=high).map(brackets)


NAMED = {
    LayerType: ["relu", "leaky_relu(0.1)", "batchnorm -> relu", "identity", "softmax", "tanh"],
    DeclaredType: ["he_normal", "constant(0.5)", "orthogonal", "normal(0.1)"],
    TensorType: ["none"],
    AxisOrAxes: ["0", "1", "-1", "[0, 1]", "[-1, 0]"],
    Index: ["0", "1", "2", "-1"],
    Parts: ["1", "2", "3", "[1, 2]", "[4, 4]", "[2, 1, 3]"],
}


def fitting(kind: ArgumentType) -> st.SearchStrategy[str]:
    """Texts of values that the type accepts."""
    pairs = lists(st.tuples(st.integers(0, 2), st.integers(0, 2)).map(list).map(brackets))
    match kind:
        case Optional_():
            return st.just("none") | fitting(kind.inner)
        case Integer():
            return (small if (kind.minimum or 0) > 0 else st.integers(-3, 3)).map(str)
        case Real():
            return st.sampled_from(["0.01", "0.1", "0.5", "0.9"])
        case Boolean():
            return st.sampled_from(["true", "false"])
        case Word():
            return st.sampled_from(list(kind.words))
        case Extent():
            return small.map(str) | lists(small) | st.sampled_from(["3x3", "2x2", "1x1"])
        case Pad():
            return st.just("same") | st.integers(0, 2).map(str) | lists(st.integers(0, 2)) | pairs
        case Sizes():
            return lists(small, 1, 4) | st.sampled_from(["[4, -1]", "[-1]", "[2, 9, 8]", "12x12", "[-1, 3]"])
        case Axes():
            return st.permutations(range(3)).map(brackets) | st.permutations(range(2)).map(brackets)
        case Numbers():
            return st.sampled_from(["0.5", "2", "[0.5, 1]", "[0.1, 0.2, 0.3]", "[1, 2, 3, 4]"])
        case Text():
            return st.sampled_from([f'"{kind.example}"', '"Cosh"', '"Hardmax"', '"Less"', '"Tile"', '"Attan"', '""'])
        case Connections():
            return lists(lists(st.integers(0, 2)))
        case LayerType() | DeclaredType() | TensorType() | AxisOrAxes() | Index() | Parts():
            return st.sampled_from(NAMED[type(kind)])
    raise AssertionError(f"no values for {kind}")


@st.composite
def calls(draw: Any, word: str, names: list[str], wild: bool) -> str:
    """A call of a layer: required arguments, some of the others, tensors for merges."""
    definition = LAYERS[word]
    written = []
    if definition.inputs[1] > 1 and names:
        written += draw(st.lists(st.sampled_from(names), min_size=1, max_size=min(2, definition.inputs[1] - 1)))
    for name, spec in definition.arguments.items():
        if spec.required or draw(st.booleans()):
            value = draw(anything if wild and draw(st.booleans()) else fitting(spec.type))
            written.append(f"{name}={value}")
    return f"{word}({', '.join(written)})" if written else word


def text(shape: str, statements: list[str]) -> str:
    body = "\n".join(f"  {statement}" for statement in ["input x: " + shape, *statements])
    return f"net Random {{\n{body}\n}}\n"


def errors(source: str) -> tuple[Any, list[Any]]:
    """The networks of a text, and its errors."""
    result = check("random.net", source)
    return result, [finding for finding in result.diagnostics if finding.severity is Severity.ERROR]


@st.composite
def networks(draw: Any) -> tuple[str, list[str], list[str]]:
    """The shape of an input, statements that fit it, and the names they bind; what doesn't fit is dropped."""
    shape = draw(st.sampled_from(INPUTS))
    names, statements = ["x"], []
    for i in range(draw(st.integers(3, 9))):
        word = draw(st.sampled_from(WEIGHTY))
        candidate = [*statements, f"v{i} = {draw(calls(word, names, wild=False))}"]
        if not errors(text(shape, candidate))[1]:
            statements = candidate
            names.append(f"v{i}")
    return shape, statements, names[1:]


def open_sizes(net: Net) -> dict[Symbol, int]:
    """Numbers for the batch and every open size."""
    found = {symbol: OPEN_SIZE for value in net.inputs for size in value.shape for symbol in symbols(size)}
    return {**found, BATCH_SYMBOL: BATCH_SIZE}


def resolved(dims: Shape, sizes: dict[Symbol, int]) -> tuple[int, ...]:
    """A shape in numbers."""
    return tuple(int(substitute(size, sizes)) for size in dims)  # type: ignore[call-overload]


def runs(net: Net, sizes: dict[Symbol, int]) -> bool:
    """Whether the open sizes are those of maps that its windows fit into, and its slices lie on."""
    made = [output for node in net.graph.nodes for output in node.outputs]
    if any(size < 1 for value in made for size in resolved(value.shape, sizes)):
        return False
    return all(size >= 0 for node in net.graph.nodes for size in resolved(get_op(node.op).needs(node), sizes))


MAPS = (
    "conv({c}, 3x3, pad=1)", "conv({c}, 3x3, stride=2, pad=same)", "conv({c}, 1x1, bias=false)",
    "conv({c}, 3x3, pad=1, groups=2)", "conv({c}, 3x3, pad=2, dilation=2, act=relu)",
    "conv({c}, 1x1, bias=false) -> batchnorm -> relu", "depthwise(3x3, pad=1)", "conv({c}, 5x5, pad=same, act=tanh)",
    "batchnorm", "relu", "gelu", "silu", "hardswish", "leaky_relu(0.2)", "sigmoid", "maxpool(2x2, pad=same)",
    "maxpool(3x3, stride=1, pad=1)", "avgpool(3x3, stride=1, pad=1)", "avgpool(2x2, pad=same)", "groupnorm(2)",
    "lrn", "upsample(2)", "pad(1)", "prelu(channels=true)", "dropout(0.3)", "in * 0.5 + 1",
    "add {{ identity; conv(in.channels, 3x3, pad=1) -> batchnorm }}",
    "add {{ identity; conv(in.channels, 1x1, act=relu) }}",
    "mul {{ identity; global_avgpool(keep=true) -> conv(in.channels, 1x1) -> sigmoid }}",
    "concat {{ identity; conv({c}, 1x1, act=relu) }}",
    "concat {{ maxpool(3x3, stride=1, pad=1); conv({c}, 3x3, pad=1) }}", "conv_transpose({c}, 2x2, stride=2)",
)  # fmt: skip
"""Layers of maps whose channels targets may lay in blocks."""
ENDS = ("global_avgpool -> dense(5)", "flatten -> dense(7, act=tanh)", "flatten -> dense(16, act=relu) -> dense(3)",
        "softmax(axis=0)", "conv(3, 1x1)", "identity")  # fmt: skip


def maps_network(number: int, block: int = 16) -> tuple[str, list[str], list[str]]:
    """A network of maps, whose channels are multiples of a block or not; what doesn't fit is dropped."""
    draw = random.Random(number)
    shape = f"{draw.choice([3, 4, block, 2 * block])}x{draw.randint(5, 12)}x{draw.randint(5, 12)}"
    statements: list[str] = []
    for word in [*draw.choices(MAPS, k=draw.randint(3, 8)), draw.choice(ENDS)]:
        call = word.format(c=draw.choice([block, block, 2 * block, 12, 6]))
        candidate = [*statements, f"v{len(statements)} = {call}"]
        if not errors(text(shape, candidate))[1]:
            statements = candidate
    names = [f"v{at}" for at in range(len(statements))]
    return shape, statements, names[-1:] + (names[:-1] if draw.random() < 0.2 else [])
