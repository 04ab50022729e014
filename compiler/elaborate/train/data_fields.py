"""Whether targets fit: all terms that read one field of the data want the same of it, and a value is what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netc.compiler.elaborate.frame import Frame
from netc.compiler.ir import DType, Value, format_shape
from netc.compiler.losses.base import ANY, TargetSpec
from netc.compiler.plan.terms import Term
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label


def check_fields(frame: Frame, terms: Sequence[Term]) -> None:
    """Report E413 where two terms want different things of a field, or one what a value of the net is not."""
    inputs = {value.name: value for value in frame.run.graph.inputs}
    first: dict[str, tuple[TargetSpec, Term]] = {}
    for term, (target, wanted) in [(one, item) for one in terms for item in one.wanted]:
        given = inputs.get(target) if isinstance(target, str) else target
        if isinstance(given, Value):
            _check_value(frame, term, given, wanted)
        elif isinstance(given, float) and ANY in wanted.shape:
            frame.error("E413", f"a number stands where {_said(wanted)} is wanted", term.span,
                        help="name a field of the data, or a value of the net")  # fmt: skip
        elif isinstance(target, str):
            known, other = first.setdefault(target, (wanted, term))
            if not agree(known, wanted):
                message = f"`{target}` is {_said(known)} for one term and {_said(wanted)} for another"
                help = "give each its own field of the data, or losses and metrics that go together"
                frame.error("E413", message, term.span, secondary=[Label(other.span, "the first one")], help=help)


def agree(one: TargetSpec, other: TargetSpec) -> bool:
    """Whether one field can be both: labels to ignore may be named by one term alone, and the narrower bounds hold."""
    either = one.ignored == other.ignored or None in (one.ignored, other.ignored)
    return either and _end_alike(one, other) and _comparable(one) == _comparable(other)


def _comparable(spec: TargetSpec) -> TargetSpec:
    """What two terms have to want alike of a field."""
    return replace(spec, ignored=None, between=None, row=None)


def _end_alike(one: TargetSpec, other: TargetSpec) -> bool:
    """Whether rows of labels end at the same number, without the same class."""
    if one.row is None or other.row is None:
        return True
    return (one.row.blank, one.row.end) == (other.row.blank, other.row.end)


def _check_value(frame: Frame, term: Term, given: Value, wanted: TargetSpec) -> None:
    sizes = zip(wanted.shape, given.shape, strict=False)
    if wanted.dtype == given.dtype and len(wanted.shape) == len(given.shape) and all(a in (b, ANY) for a, b in sizes):
        return
    found = _said(TargetSpec(given.dtype, given.shape))
    is_input = any(given is value for value in frame.run.graph.inputs)
    what = f"`{given.name}` is an input of the net, {found}" if is_input else f"the target is {found}"
    help = "give the field another name, or fit the prediction to the input" if is_input else "fit one to the other"
    labels = [Label(given.origin.span, "declared here" if is_input else "made here")] if given.origin.span else []
    frame.error("E413", f"{what}, where {_said(wanted)} is wanted", term.span, secondary=labels, help=help)


def _said(spec: TargetSpec) -> str:
    """A target in words."""
    shape = format_shape(spec.shape[1:])
    shape = f"[{shape}]" if len(spec.shape) == 2 else shape
    if spec.classes is not None:
        return f"labels of {counted(spec.classes, 'class', 'classes')}" + (f" {shape}" if len(spec.shape) > 1 else "")
    size = f"an array {shape}" if len(spec.shape) > 1 else "a number"
    return size if spec.dtype is DType.FLOAT32 else f"{size} of {spec.dtype}"
