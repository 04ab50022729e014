"""Samples and error cases as files of the language: what a declaration's call becomes where it stands."""

from __future__ import annotations

import re
from typing import Any

from netc.compiler.adapters.base import adapter
from netc.compiler.augmentations.base import augmentation
from netc.compiler.check import check
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Call, Drawn, Pair, Sample, Wrong
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.static_binds import compute, file_frame
from netc.compiler.followers.base import follower
from netc.compiler.initializers.base import initializer
from netc.compiler.layers.base import layer
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.net import Net
from netc.compiler.schedules.base import schedule
from netc.compiler.stops.base import stop
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Severity
from netc.grammar.parse import parse

KINDS: dict[str, Registry[Any]] = {
    "layer": layer,
    "loss": loss,
    "metric": metric,
    "schedule": schedule,
    "stop": stop,
    "follower": follower,
    "adapter": adapter,
    "initializer": initializer,
    "augmentation": augmentation,
}
"""Everything that carries samples."""

NAMES = "abcdefgh"
TRAINS = {
    "loss": "loss = {call}",
    "metric": "loss = mse(other, value)\n  metrics = [mae(other, value), {call}]",
    "schedule": "loss = mse(other, value)\n  {figure}\n  schedule = {call}",
    "follower": 'loss = mse(other, value)\n  follow = ["target": {call}]',
    "adapter": 'loss = mse(target, value)\n  adapt = ["target": {call}]',
    "stop": "loss = mse(other, value)\n  {figure}\n  stop = {call}",
    "augmentation": "loss = mse(other, value)\n  augmentation = {call}",
}
"""Where a call of each kind stands in a train section."""


def image_of(one: Call) -> str:
    """The map that an augmentation changes; one of three channels where a call is refused."""
    if not isinstance(one, Drawn):
        return "3x8x8"
    shape = one.shape
    return "x".join(str(size) for size in (shape[0], *_after(one.call, shape[1:])))


def _after(call: str, size: tuple[int, ...]) -> tuple[int, ...]:
    """The size of maps after a call that says one: `resize(4)`, `random_resized_crop(5x3, …)`."""
    said = re.match(r"(?:resize|random_resized_crop)\((\d+)(?:x(\d+))?\b", call)
    return size if said is None else (int(said[1]), int(said[2] or said[1]))


def inputs_of(one: Call) -> tuple[str, ...]:
    """What flows into a sample or an error case, as text."""
    match one:
        case Sample() | Wrong():
            return one.inputs
        case Pair():
            return one.inputs
    return ()


def text_of(kind: str, one: Call) -> str:
    """A file with the call in it; a layer's result is called `y`."""
    call, inputs = one.call, inputs_of(one)
    names = NAMES if kind == "layer" else "uvw"
    binds = [(name, text) for name, text in zip(names, inputs, strict=False) if text.startswith("parameter(")]
    declared = [(name, text) for name, text in zip(names, inputs, strict=False) if (name, text) not in binds]
    if kind == "augmentation":
        declared.append(("image", image_of(one)))
    lines = ["net Sample {", *(f"  input {name}: {text}" for name, text in [*declared, ("other", "float")])]
    lines += [f"  {name} = {text}" for name, text in binds]
    if kind == "layer":
        flow = "a -> " if inputs else ""
        return "\n".join([*lines, f"  y = {flow}{call}", "}", ""])
    if kind in ("follower", "adapter"):
        lines += [f"  {name} = other -> reshape([1]) -> dense(1)" for name in ("online", "target")]
    places = [place.name for place in KINDS[kind].all()[Call(call).word].places if not place.data] if inputs else []
    lines += [f"  {place} = {name} -> identity" for place, name in zip(places, names, strict=False)]
    lines += [] if places else ["  number = other -> identity"]
    figure = "metrics = [accuracy(scores, label)]" if "accuracy" in call and kind not in ("loss", "metric") else ""
    if figure:
        lines.insert(1, "  input scores: 3")
    lines += ["}", "train Sample {", f"  {TRAINS[kind].format(call=call, figure=figure)}", "}", ""]
    return "\n".join(lines)


def errors_of(kind: str, one: Call) -> list[Diagnostic]:
    """The errors that checking the call finds."""
    if kind == "initializer":
        return _initializer(one.call)[1]
    found = check("sample.net", text_of(kind, one)).diagnostics
    return [finding for finding in found if finding.severity is Severity.ERROR]


def net_of(kind: str, one: Call) -> Net:
    """The net that a right call stands in."""
    result = check("sample.net", text_of(kind, one))
    errors = [f"{finding.message} ({finding.help})" for finding in result.diagnostics if finding.code.startswith("E")]
    assert not errors, errors
    return result.nets[0]


def instance_of(kind: str, one: Call) -> Any:
    """The declaration with its arguments, from the call."""
    if kind == "initializer":
        made, errors = _initializer(one.call)
        assert made is not None, errors
        return made
    net = net_of(kind, one)
    if kind == "layer":
        return net.layers[-1].layer
    plan = net.plans[0]
    if kind == "loss":
        return plan.losses[0].loss
    if kind == "metric":
        return plan.metrics[-1].metric
    if kind == "follower":
        return plan.follow[0][1]
    if kind == "adapter":
        return plan.adapt[0][1]
    if kind == "stop":
        return plan.stop[0]
    return plan.schedule if kind == "schedule" else plan.augmentation[0]


def _initializer(call: str) -> tuple[Declared | None, list[Diagnostic]]:
    """An initializer has no place in the language of its own: bound as an argument's value is."""
    file, findings = parse(f"sample = {call}\n", "sample.net")
    assert not findings, findings
    (item,) = file.items
    assert isinstance(item, ast.Bind)
    assert isinstance(item.value, ast.Flow)
    (node,) = item.value.elements
    function, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
    assert isinstance(function, ast.Name)
    report = Report()
    frame = file_frame(Module(file, "sample.net", report, compute))
    definition = initializer.all()[function.id]
    bound = bind_declared(frame, definition, f"`{function.id}`", arguments, node.span)
    return None if bound is None else definition(**bound.values), report.found


def written(made: Any) -> str:
    """A declaration as the language writes it: `normal(0.5)`; arguments at their defaults are left out."""
    given = [
        value
        for name, value in made.settings().items()
        if made.arguments[name].required or value != made.arguments[name].default
    ]
    return f"{made.word}({', '.join(f'{value:g}' for value in given)})" if given else made.word
