"""Which of our own operators, with which attributes, is an operator of ONNX as its nodes say it.

What is ours has a gradient and takes part in every rewrite. Most are written as they are; some have as attributes what
ONNX has as inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from netc.compiler.ir import Value
from netc.compiler.ir.operators import OPERATORS
from netc.compiler.ops.base import REQUIRED, Op, broadcast
from netc.compiler.ops.onnx_schema import Described, element_type


class Asked(NamedTuple):
    """A node of ONNX: tensors in order, known numbers by the names of the inputs, attributes with ONNX's defaults."""

    tensors: Sequence[Value]
    numbers: Mapping[str, Any]
    given: Mapping[str, Any]

    def axes(self) -> tuple[int, ...] | None:
        """The axes that an input names, from the front; None where none are."""
        axes = self.numbers.get("axes")
        return None if axes is None else tuple(int(axis) % self.tensors[0].rank for axis in axes)


Form = Callable[[Asked], "Mapping[str, Any] | None"]


def own_form(operator: Described, asked: Asked) -> Mapping[str, Any] | None:
    """The attributes of our operator of that name, None where it is none of ours, or can't be said as one."""
    definition: type[Op] | None = OPERATORS.get(operator.name)
    if definition is None or definition.domain or not definition.stock:
        return None
    if operator.name in FORMS:
        return FORMS[operator.name](asked)
    as_it_is = definition.emit.__func__ is Op.emit.__func__  # type: ignore[attr-defined]
    said = {name: value for name, value in asked.given.items() if value is not None}
    if not as_it_is or asked.numbers or not said.keys() <= definition.attributes.keys():
        return None
    complete = all(name in said for name, value in definition.attributes.items() if value is REQUIRED)
    return said if complete else None


def _cast(asked: Asked) -> Mapping[str, Any] | None:
    dtype = element_type(asked.given["to"])
    return None if dtype is None else {"to": dtype}


def _transpose(asked: Asked) -> Mapping[str, Any]:
    rank = asked.tensors[0].rank
    return {"axes": asked.given["perm"] or tuple(range(rank))[::-1]}


def _reduction(asked: Asked) -> Mapping[str, Any] | None:
    axes = asked.axes()
    return None if axes is None else {"axes": axes, "keepdims": bool(asked.given["keepdims"])}


def _clip(asked: Asked) -> Mapping[str, Any] | None:
    if len(asked.tensors) > 1:
        return None
    return {"low": asked.numbers.get("min"), "high": asked.numbers.get("max")}


def _expand(asked: Asked) -> Mapping[str, Any] | None:
    shape = asked.numbers.get("shape")
    return None if shape is None else {"shape": broadcast(asked.tensors[0].shape, tuple(shape))}


def _two(asked: Asked) -> Mapping[str, Any] | None:
    return {} if len(asked.tensors) == 2 else None


def _gather(asked: Asked) -> Mapping[str, Any] | None:
    return {"axis": asked.given["axis"]} if len(asked.tensors) == 2 else None


def _slice(asked: Asked) -> Mapping[str, Any] | None:
    numbers, axes = asked.numbers, asked.axes()
    if axes is None or not {"starts", "ends"} <= numbers.keys():
        return None
    steps = tuple(numbers.get("steps", (1,) * len(axes)))
    return {"starts": tuple(numbers["starts"]), "stops": tuple(numbers["ends"]), "axes": axes, "steps": steps}


def _top(asked: Asked) -> Mapping[str, Any] | None:
    given, count = asked.given, asked.numbers.get("K")
    return {"k": count[0], "axis": given["axis"]} if count and given["largest"] and given["sorted"] else None


def _sum_so_far(asked: Asked) -> Mapping[str, Any] | None:
    axis, given = asked.numbers.get("axis"), asked.given
    return None if axis is None or given["exclusive"] else {"axis": axis, "reverse": bool(given["reverse"])}


FORMS: Mapping[str, Form] = {
    "Cast": _cast,
    "Clip": _clip,
    "CumSum": _sum_so_far,
    "Expand": _expand,
    "Gather": _gather,
    "Max": _two,
    "Min": _two,
    "ReduceMax": _reduction,
    "ReduceMean": _reduction,
    "ReduceMin": _reduction,
    "ReduceSum": _reduction,
    "Slice": _slice,
    "TopK": _top,
    "Transpose": _transpose,
}
