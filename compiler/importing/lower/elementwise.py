"""Arithmetic and functions of elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow, aligned
from netc.compiler.importing.lowering import Known, Lowering, Weight, lowers
from netc.compiler.importing.records import Constant, ForeignNode
from netc.compiler.ir import DType

UNARY = (
    "Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Abs", "Neg", "Reciprocal", "Erf", "Sin", "Cos", "Floor", "Ceil",
    "Round", "Sign", "Softplus", "Softsign", "Not",
)  # fmt: skip
BINARY = ("Add", "Sub", "Mul", "Div", "And", "Or", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")


@lowers(*UNARY)
def unary(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    return Flow(g.b.add(node.op, [x.value], {})[0], x.axes)


@lowers(*BINARY)
def binary(g: Lowering, node: ForeignNode) -> Flow:
    return joined(g, node.op, [g.flow(node, at) for at in range(2)])


@lowers("Pow")
def power(g: Lowering, node: ForeignNode) -> Flow:
    base, exponent = g.flow(node), g.at(node, 1)
    if isinstance(exponent, Constant) and not exponent.is_open and base.value.dtype is DType.FLOAT32:
        exponent = replace(exponent, array=exponent.array.astype(np.float32))  # whole numbers are allowed
    return joined(g, "Pow", [base, exponent if isinstance(exponent, Flow) else g.as_flow(exponent)])


@lowers("Sum", "Max", "Min", "Mean")
def many(g: Lowering, node: ForeignNode) -> Flow:
    flows = [g.flow(node, at) for at in range(len(node.inputs))]
    op = "Add" if node.op in ("Sum", "Mean") else node.op
    found = flows[0]
    for flow in flows[1:]:
        found = joined(g, op, [found, flow])
    return scaled(g, found, 1 / len(flows)) if node.op == "Mean" else found


def joined(g: Lowering, op: str, flows: list[Flow], **attributes: Any) -> Flow:
    """An operator that broadcasts, of foreign tensors."""
    made, axes = aligned(g.b, flows)
    return Flow(g.b.add(op, [flow.value for flow in made], attributes)[0], axes)


def scaled(g: Lowering, flow: Flow, by: float) -> Flow:
    """A flow times a number."""
    return flow if by == 1 else Flow(g.b.Mul(flow.value, by), flow.axes)


@lowers("Where")
def where(g: Lowering, node: ForeignNode) -> Flow:
    condition = g.at(node, 0)
    if isinstance(condition, Constant) and condition.array.all():
        return g.flow(node, 1)
    return joined(g, "Where", [g.flow(node, at) for at in range(3)])


@lowers("Identity", "Dropout", "StopGradient")
def same(g: Lowering, node: ForeignNode) -> list[Known]:
    x = g.at(node, 0)
    if node.op == "Dropout" and isinstance(x, Flow):
        given = g.number(node, 1) if len(node.inputs) > 1 else node.attributes.get("ratio", 0.5)
        rate = 0.5 if given is None else float(given)
        if 0 < rate < 1:
            return [Flow(g.b.Dropout(x.value, rate=round(rate, 6)), x.axes)]
    return [x]


@lowers("Cast", "CastLike")
def cast(g: Lowering, node: ForeignNode) -> Flow:
    from netc.compiler.importing.protobuf import element_type

    x = g.flow(node)
    if node.op == "Cast":
        wanted = DType(element_type(node.attributes["to"], node.shown()))
    else:
        like = g.at(node, 1)
        wanted = like.value.dtype if isinstance(like, Flow) else DType(like.array.dtype.name)
    return x if x.value.dtype is wanted else Flow(g.b.Cast(x.value, to=wanted), x.axes)


@lowers("Clip")
def clip(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    low = g.number(node, 1) if g.has(node, 1) else node.attributes.get("min")
    high = g.number(node, 2) if g.has(node, 2) else node.attributes.get("max")
    low = None if low is None or low < -3e38 else float(low)
    high = None if high is None or high > 3e38 else float(high)
    return x if low is None and high is None else Flow(g.b.Clip(x.value, low=low, high=high), x.axes)


Layered = Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]] | None]

LAYERS: dict[str, Layered] = {
    "HardSwish": lambda said: ("hardswish", {}),
    "Selu": lambda said: ("selu", {}) if _is_selu(said) else None,
    "Elu": lambda said: ("elu", {"alpha": said.get("alpha", 1.0)}),
    "Celu": lambda said: ("celu", {"alpha": said.get("alpha", 1.0)}),
    "Mish": lambda said: ("mish", {}),
    "Swish": lambda said: ("silu", {}) if said.get("alpha", 1.0) == 1 else None,
    "Gelu": lambda said: ("gelu", {"approximate": "tanh"} if said.get("approximate") == "tanh" else {}),
    "LeakyRelu": lambda said: ("leaky_relu", {"slope": said.get("alpha", 0.01)}),
    "Shrink": lambda said: ("softshrink", {"bound": said.get("lambd", 0.5)}) if _is_soft(said) else None,
    "ThresholdedRelu": lambda said: ("threshold", {"bound": said.get("alpha", 1.0)}),
}
"""Functions that the language has as layers: the word and its arguments by the attributes, None where it has not."""


def _is_selu(said: Mapping[str, Any]) -> bool:
    return bool(abs(said.get("alpha", 1.67326) - 1.67326) < 1e-4 and abs(said.get("gamma", 1.0507) - 1.0507) < 1e-4)


def _is_soft(said: Mapping[str, Any]) -> bool:
    return bool(said.get("bias", 0.0) == said.get("lambd", 0.5))


@lowers(*LAYERS)
def layered(g: Lowering, node: ForeignNode) -> Flow:
    """Functions that the language has as layers."""
    x, found = g.flow(node), LAYERS[node.op](node.attributes)
    if found is None:
        raise unsupported(f"`{node.op}` with {dict(node.attributes)} is no layer of the language", node=node)
    word, arguments = found
    return Flow(g.layer(word, [x.value], x.value.shape, arguments), x.axes)


@lowers("HardSigmoid")
def hard_sigmoid(g: Lowering, node: ForeignNode) -> Flow:
    x = g.flow(node)
    alpha, beta = float(node.attributes.get("alpha", 0.2)), float(node.attributes.get("beta", 0.5))
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return Flow(g.layer("hardsigmoid", [x.value], x.value.shape), x.axes)
    return Flow(g.b.Clip(g.b.Add(g.b.Mul(x.value, alpha), beta), low=0.0, high=1.0), x.axes)


@lowers("PRelu")
def prelu(g: Lowering, node: ForeignNode) -> Flow:
    x, slope = g.flow(node), g.constant(node, 1)
    assert slope is not None
    axes = [at for at, size in enumerate(slope.array.shape) if size > 1]
    offset = x.rank - slope.array.ndim
    if not axes:
        return Flow(
            g.layer("prelu", [x.value], x.value.shape, {}, {"weight": Weight(slope.key, slope.array.reshape(1))}),
            x.axes,
        )
    if [at + offset for at in axes] != [1]:
        raise unsupported("slopes other than one a channel", node=node)
    value = g.value(node)
    weight = Weight(slope.key, np.ascontiguousarray(slope.array.reshape(-1)))
    return Flow.of(g.layer("prelu", [value], value.shape, {"channels": True}, {"weight": weight}))


@lowers("Mod")
def modulo(g: Lowering, node: ForeignNode) -> Flow:
    if node.attributes.get("fmod", 0):
        raise unsupported("a remainder with the sign of what is divided", node=node)
    return joined(g, "Mod", [g.flow(node, at) for at in range(2)])
