"""Shapes that don't fit, told with the places where they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.applications import LayerInstance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.ir import Value, format_shape, language_shape
from netc.compiler.ir.open_sizes import known_of
from netc.compiler.ops import ShapeError
from netc.grammar.diagnostics import Label, Span

LONGEST_PATH = 6


def shape_error(
    frame: Frame, error: ShapeError, word: str, values: Sequence[Value], span: Span, arguments: Mapping[str, Span]
) -> None:
    """Report what a layer or an operator said about its inputs."""
    primary = span
    if error.argument is not None and error.argument in arguments:
        primary = arguments[error.argument]
    labels = _producers(values, error.at)
    notes = [path] if len(values) == 1 and (path := shape_path(frame, values[0])) else []
    notes += known_of(size for value in values for size in value.shape)
    label = error.label or (" with ".join(_shape(value) for value in values) if len(values) > 1 else "")
    frame.error(error.code, error.message, primary, label, secondary=labels, notes=notes, help=error.help)


def _producers(values: Sequence[Value], at: int) -> list[Label]:
    """Where the inputs were made, the one to blame first."""
    ordered = [*values[at : at + 1], *values[:at], *values[at + 1 :]]
    labels: dict[Span, Label] = {}
    for value in ordered[:4]:
        if value.origin.span is not None:
            labels.setdefault(value.origin.span, Label(value.origin.span, _shape(value)))
    return list(labels.values())


def _shape(value: Value) -> str:
    return format_shape(language_shape(value))


def shape_path(frame: Frame, value: Value) -> str | None:
    """The chain of layers that led to a shape, first to last: `image 1x28x28 -> conv1 32x26x26`."""
    steps: list[str] = []
    current: Value | None = value
    while current is not None and len(steps) < LONGEST_PATH:
        maker: LayerInstance | None = frame.run.producers.get(current)
        name = maker.path if maker is not None else current.name
        steps.append(f"{name} {_shape(current)}")
        current = maker.inputs[0] if maker is not None and maker.inputs else None
    if len(steps) < 2:
        return None
    more = "… -> " if current is not None else ""
    return f"the shape came about by {more}{' -> '.join(reversed(steps))}"
