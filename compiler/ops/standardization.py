"""Numbers brought to one scale along axes: what layer, group, instance and root-mean-square normalization share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import floating, normal_axes
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.reduction import Reduction, without_axes
from netc.compiler.ops.sources import number_of
from netc.compiler.ops.writer import Writer


@op
class Standardization(Op):
    """y = (x - mean) / s with s² = variance + epsilon over the axes, and 1 / s, whose axes stay with size 1.

    The variance divides by the number of elements. Not centred, the mean is taken to be 0, and s² is the mean square.
    """

    kind = Kind.REDUCTION
    stock = False
    attributes = {"axes": REQUIRED, "epsilon": 1e-5, "centred": True}
    samples = (
        sample((2, 6), axes=(1,)),
        sample((2, 3, 4), axes=(1, 2), epsilon=1e-3),
        sample((3, 2, 4), axes=(0, 2)),
        sample((2, 3, 4), axes=(-1,), centred=False),
    )

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (x,) = inputs
        floating(x)
        kept = Reduction.shape(x, axes=attributes["axes"], keepdims=True)
        return ((x.dtype, x.shape), (x.dtype, kept))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value | None, dinverse: Value | None = None) -> tuple[Value | None]:
        return (_slope(g, node, node.attributes["axes"], node.attributes["centred"], dy, dinverse),)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return without_axes(x, field, normal_axes(x, node.attributes["axes"]), keepdims=True)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        x, (axes, epsilon, centred) = node.inputs[0], node.attributes.values()
        if centred and sorted(normal_axes(x, axes)) == list(last_axes(x, min(normal_axes(x, axes)))):
            return _layer_norm(torch, min(normal_axes(x, axes)), epsilon)

        def standardize(x: Any) -> Any:
            x = x - x.mean(axes, keepdim=True) if centred else x
            inverse = torch.rsqrt((x * x).mean(axes, keepdim=True) + epsilon)
            return x * inverse, inverse

        return standardize


@op
class LayerNormalization(Op):
    """Standardization over the axes from `axis` to the last, centred: ONNX's operator with a scale of ones."""

    kind = Kind.REDUCTION
    attributes = {"axis": REQUIRED, "epsilon": 1e-5}
    samples = (sample((2, 6), axis=1), sample((2, 3, 4), axis=1, epsilon=1e-3), sample((5,), axis=0))

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (x,) = inputs
        floating(x)
        kept = Reduction.shape(x, axes=last_axes(x, attributes["axis"]), keepdims=True)
        return ((x.dtype, x.shape), (x.dtype, kept))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value | None, dinverse: Value | None = None) -> tuple[Value | None]:
        return (_slope(g, node, last_axes(node.inputs[0], node.attributes["axis"]), True, dy, dinverse),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        (x,), (y, inverse) = node.inputs, node.outputs
        axis, ones = node.attributes["axis"], e.temporary()
        e.node(node, "Expand", [e.scalar(1.0, x.dtype), e.ints(x.shape[axis:])], [ones])
        outputs: list[Value | str] = [y, e.temporary(), e.temporary()]
        e.node(node, "LayerNormalization", [x, ones], outputs, axis=axis, epsilon=node.attributes["epsilon"])
        e.node(node, "Cast", [outputs[2]], [inverse], to=x.dtype)  # ONNX has the statistics in float32 alone

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return without_axes(x, field, last_axes(x, node.attributes["axis"]), keepdims=True)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        return _layer_norm(torch, node.attributes["axis"], node.attributes["epsilon"])


@op
class ScaledLayerNormalization(Op):
    """y = scale LayerNormalization(x) + bias; both have the shape of the axes from `axis` on (arXiv:1607.06450)."""

    kind = Kind.REDUCTION
    attributes = {"axis": REQUIRED, "epsilon": 1e-5}
    samples = (sample((2, 6), (6,), (6,), axis=1), sample((2, 3, 4), (3, 4), (3, 4), axis=1, epsilon=1e-3))

    @staticmethod
    def shape(x: Value, scale: Value, bias: Value, *, axis: int, epsilon: float) -> Shape:
        floating(x, scale, bias)
        for at, value in enumerate((scale, bias), 1):
            if value.shape != x.shape[axis:]:
                raise ShapeError(f"{list(x.shape[axis:])} is needed, found {list(value.shape)}", at=at)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, scale, _ = node.inputs
        axes = last_axes(x, node.attributes["axis"])
        middle, _ = g.add("Standardization", (x,), {"axes": axes, "epsilon": node.attributes["epsilon"]})
        assert middle.node is not None
        return _slope(g, middle.node, axes, True, g.Mul(dy, scale), None), g.Mul(dy, middle), dy

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "LayerNormalization", node.inputs, None, **node.attributes)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return (
            without_axes(x, field, last_axes(x, node.attributes["axis"]), keepdims=True) if at == 0 else everything(x)
        )

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis, epsilon = node.attributes["axis"], node.attributes["epsilon"]
        return lambda x, scale, bias: torch.nn.functional.layer_norm(x, x.shape[axis:], scale, bias, epsilon)


def last_axes(x: Value, axis: int) -> tuple[int, ...]:
    """The axes from one to the last."""
    return tuple(range(axis, x.rank))


def _layer_norm(torch: Any, axis: int, epsilon: float) -> Callable[..., Any]:
    """PyTorch's, without the mean that it returns as well."""

    def normalize(x: Any) -> Any:
        y, _, inverse = torch.native_layer_norm(x, x.shape[axis:], None, None, epsilon)
        return y, inverse

    return normalize


def _slope(
    g: Builder, node: Node, axes: tuple[int, ...], centred: bool, dy: Value | None, dinverse: Value | None
) -> Value | None:
    """dx = (dy - E[dy] - y E[dy y]) / s, without E[dy] where not centred; and what the gradient of 1 / s adds."""
    x, (y, inverse), dx = node.inputs[0], node.outputs, None
    if dy is not None:
        along = g.ReduceMean(g.Mul(dy, y), axes=axes, keepdims=True)
        part = g.Sub(dy, g.ReduceMean(dy, axes=axes, keepdims=True)) if centred else dy
        dx = g.Mul(g.Sub(part, g.Mul(y, along)), inverse)
    if dinverse is not None:
        count = number_of(g, product(tuple(x.shape[axis] for axis in normal_axes(x, axes))))
        part = g.Neg(g.Mul(y, g.Div(g.Mul(dinverse, g.Mul(inverse, inverse)), count)))
        dx = part if dx is None else g.Add(dx, part)
    return dx
