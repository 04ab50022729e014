"""Whether all losses and metrics that read one field of the data want the same of it."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.elaborate.frame import Frame
from netc.compiler.ir import DType, format_shape
from netc.compiler.losses.base import TargetSpec
from netc.compiler.net import LossTerm, MetricTerm
from netc.grammar.diagnostics import Label


def check_fields(frame: Frame, terms: Sequence[LossTerm | MetricTerm]) -> None:
    """Report E413 where two terms want different things of a field, or one what an input of the net is not."""
    inputs = {value.name: value for value in frame.run.graph.inputs}
    first: dict[str, tuple[TargetSpec, LossTerm | MetricTerm]] = {}
    for term in terms:
        if not isinstance(term.target, str):
            continue
        wanted = (term.loss if isinstance(term, LossTerm) else term.metric).target(term.prediction)
        given = inputs.get(term.target)
        if given is not None:
            if (wanted.dtype, wanted.shape) != (given.dtype, given.shape):
                found = _said(TargetSpec(given.dtype, given.shape))
                message = f"`{term.target}` is an input of the net, {found}, where {_said(wanted)} is wanted"
                labels = [Label(given.origin.span, "declared here")] if given.origin.span else []
                frame.error("E413", message, term.span, secondary=labels,
                            help="give the field another name, or fit the prediction to the input")  # fmt: skip
            continue
        known, other = first.setdefault(term.target, (wanted, term))
        if known != wanted:
            message = f"`{term.target}` is {_said(known)} for one term and {_said(wanted)} for another"
            frame.error("E413", message, term.span, secondary=[Label(other.span, "the first one")],
                        help="give each its own field of the data, or losses and metrics that go together")  # fmt: skip


def _said(spec: TargetSpec) -> str:
    """A target in words."""
    shape = format_shape(spec.shape[1:])
    shape = f"[{shape}]" if len(spec.shape) == 2 else shape
    if spec.classes is not None:
        return f"labels of {spec.classes} classes" + (f" {shape}" if len(spec.shape) > 1 else "")
    size = f"an array {shape}" if len(spec.shape) > 1 else "a number"
    return size if spec.dtype is DType.FLOAT32 else f"{size} of {spec.dtype}"
