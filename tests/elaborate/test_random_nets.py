"""Random networks, drawn as text from the layers' declarations.

Whatever the arguments, a network is checked without an internal error; and where the check finds nothing wrong, the
shapes it states are those that ONNX Runtime returns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sessions import session_of
from tiers import examples
from trees import check_tree

from netc.compiler import check, compile_inference, compile_training, initial_weights
from netc.compiler.declare.arguments import ArgumentType, Boolean, Integer, Optional_, Real, Text, Word
from netc.compiler.declare.axes import Axes, AxisOrAxes, Index, Parts
from netc.compiler.declare.extents import Extent, Pad, Sizes
from netc.compiler.declare.lists import Connections, Numbers
from netc.compiler.declare.references import DeclaredType, LayerType, TensorType
from netc.compiler.ir import BATCH_SYMBOL, Shape, Symbol, substitute, symbols
from netc.compiler.layers.base import layer
from netc.compiler.net import Net
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


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(INPUTS))
def test_whatever_the_arguments_every_mistake_is_a_finding(data, shape):
    names: list[str] = ["x"]
    statements = []
    for i in range(data.draw(st.integers(1, 4))):
        word = data.draw(st.sampled_from(WORDS))
        call = data.draw(calls(word, names, wild=True))
        forms = [f"v{i} = {call}", call, f"x -> {call}", *([f"-> {call}"] if i else [])]
        statements.append(data.draw(st.sampled_from(forms)))
        names.append(f"v{i}")
    result, _ = errors(text(shape, statements))
    for finding in result.diagnostics:
        assert finding.code[0] in "EL"
        assert finding.code[1:].isdigit()
        assert finding.message
        assert not finding.message.endswith(".")
        assert finding.help is None or not finding.help.endswith("?")


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
    """Whether the open sizes are large enough for its windows."""
    made = [output for node in net.graph.nodes for output in node.outputs]
    return all(size >= 1 for value in made for size in resolved(value.shape, sizes))


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_the_shapes_are_those_of_onnx_runtime(drawn):
    shape, statements, names = drawn
    if not statements:
        return
    source = text(shape, [*statements, f"output {', '.join(names)}"])
    result, found = errors(source)
    assert not found, (source, found)
    (net,) = result.nets
    sizes = open_sizes(net)
    if not runs(net, sizes):
        return
    session = session_of(compile_inference(net).model)
    feeds = {value.name: np.ones(resolved(value.shape, sizes), np.float32) for value in net.inputs}
    known = {item.name for item in session.get_inputs()}
    outputs = session.run(list(net.outputs), {name: feeds[name] for name in known})
    for (name, value), output in zip(net.outputs.items(), outputs, strict=True):
        assert output.shape == resolved(value.shape, sizes), f"{name} in\n{source}"


@settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_the_tree_is_the_list_of_layers(drawn):
    shape, statements, names = drawn
    if not statements:
        return
    (net,) = check("random.net", text(shape, [*statements, f"output {', '.join(names)}"])).nets
    assert net.tree.children == net.layers
    check_tree(net)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_a_training_step_gives_new_weights_of_the_old_shapes(drawn):
    shape, statements, names = drawn
    if not statements:
        return
    outputs = check("random.net", text(shape, [*statements, f"output {', '.join(names)}"])).nets[0].outputs
    loss = " + ".join(f"mse({name}, wanted_{name})" for name in names
                      if name in outputs and outputs[name].dtype.is_float)  # fmt: skip
    if not loss:
        return
    train = f"train Random {{ loss = {loss}; optimizer = adam(lr=0.01) }}\n"
    source = text(shape, [*statements, f"output {', '.join(names)}"]) + train
    result, found = errors(source)
    assert not found, (source, found)
    (net,) = result.nets
    sizes = open_sizes(net)
    if not runs(net, sizes) or not any(item.trainable for item in net.parameters):
        return
    artifact = compile_training(net)
    weights = initial_weights(net)
    names_of = {str(symbol): size for symbol, size in sizes.items()}
    random = np.random.default_rng(0)
    feeds = {}
    for port in artifact.manifest["inputs"]:
        dims = [size if isinstance(size, int) else eval(size, {}, names_of) for size in port["shape"]]
        start = random.normal(size=dims) if port["role"] in ("data", "target") else np.zeros(dims)
        feeds[port["name"]] = weights.get(port["name"], start.astype(port["dtype"]))
    ports = artifact.manifest["outputs"]
    for port, output in zip(ports, session_of(artifact.model).run(None, feeds), strict=True):
        if "of" in port:
            assert output.shape == feeds[port["of"]].shape, f"{port['name']} in\n{source}"
