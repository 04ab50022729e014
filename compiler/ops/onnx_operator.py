"""Operators of ONNX that have no class of their own: run as ONNX defines them, without a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import DType, Node, Value
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.onnx_schema import results
from netc.compiler.ops.writer import Writer


@op
class Onnx(Op):
    """ONNX's operator `op`, of its attributes `given`, a tuple of pairs.

    places  for each input, which of ONNX's it is: those between are left out;  count: how many results it has
    """

    kind = Kind.REDUCTION  # nothing is known of how elements hang together
    attributes = {"op": REQUIRED, "given": (), "places": REQUIRED, "count": 1}
    differentiable = False
    gradient_known = False
    torch_name = None
    samples = (
        sample((2, 3), op="ReduceL2", given=(("keepdims", 1),), places=(0,)),
        sample((2, 5), op="Hardmax", given=(("axis", 1),), places=(0,)),
        sample((2, 3), (), op="Clip", places=(0, 2)),
        sample((2, 4), op="IsNaN", places=(0,)),
        sample((3, 4, 4), op="Det", places=(0,)),
        sample((4,), (4,), op="BitwiseAnd", places=(0, 1), dtypes=(DType.INT64, DType.INT64), ranges=((0, 9), (0, 9))),
    )

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        places = attributes["places"]
        given: list[Value | None] = [None] * (max(places) + 1)
        for at, value in zip(places, inputs, strict=True):
            given[at] = value
        known = {at: numbers for at, value in zip(places, inputs, strict=True) if (numbers := _known(value))}
        return results(attributes["op"], given, attributes["given"], attributes["count"], known)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        said = node.attributes
        inputs: list[Value | str] = [""] * (max(said["places"]) + 1)
        for at, value in zip(said["places"], node.inputs, strict=True):
            inputs[at] = value
        e.node(node, said["op"], inputs, None, **dict(said["given"]))

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])


def _known(value: Value) -> tuple[Any, ...]:
    """The numbers of a literal, none for another value."""
    if value.node is None or value.node.op != "Constant":
        return ()
    found: tuple[Any, ...] = value.node.attributes["value"].values
    return found
