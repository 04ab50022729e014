"""L011: a layer that hands on what it is given."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.text import source
from netc.compiler.lint.wiring import data_inputs
from netc.grammar.diagnostics import Diagnostic, Span

RESHAPING = frozenset(("reshape", "flatten", "squeeze", "upsample", "pad"))
"""Layers that do nothing where the shape stays."""
WINDOWS = frozenset(("maxpool", "avgpool", "lppool"))
DROPPING = frozenset(("dropout", "spatial_dropout", "stochastic_depth", "alpha_dropout", "gaussian_dropout"))


@rule("L011")
def idle_layer(subject: Subject) -> Iterator[Diagnostic]:
    """A layer hands on what it is given.

    ## What it does
    Finds `reshape`, `flatten`, `squeeze`, `upsample` and `pad` that leave the shape as it was, pooling of 1x1 windows,
    and dropout whose rate is written as 0. A line of a block is a finding where it does nothing in every use.

    ## Why is this bad
    The line says that something happens here. Often an earlier change made it idle, or a number was meant that isn't
    there.

    ## Example
    ```
    net Sizes {
      input features: 20
      flatten
      dense(32, act=relu) -> dropout(0)
      logits = dense(2)
    }
    ```

    ## Use instead
    ```
    net Sizes {
      input features: 20
      dense(32, act=relu) -> dropout(0.2)
      logits = dense(2)
    }
    ```
    """
    words = RESHAPING | WINDOWS | DROPPING
    idle: dict[Span, tuple[str, str]] = {}
    for net in subject.nets:
        for layer in net.layers:
            why = _idle(layer, subject) if layer.word in words and layer.span not in idle else None
            if why and layer.span.file == subject.tree.span.file:
                idle[layer.span] = layer.word, why
    for net in subject.nets if idle else ():
        for layer in net.layers:
            if layer.span in idle and not _idle(layer, subject):
                del idle[layer.span]
    for span, (word, why) in idle.items():
        yield warning(f"`{word}` does nothing here", span, why, help="leave it out")


def _idle(layer: LayerInstance, subject: Subject) -> str | None:
    """Why a layer does nothing."""
    inputs = data_inputs(layer)
    if len(inputs) != 1 or layer.layer is None:
        return None
    before, after = language_shape(inputs[0]), language_shape(layer.outputs[0])
    settings = layer.layer.settings()
    if layer.word in DROPPING and settings.get("rate") == 0 and "rate" in layer.argument_spans:
        written = source(subject).between(layer.argument_spans["rate"]).removeprefix("rate").strip(" =")
        return "it drops nothing" if not written.strip("0.") else None
    if before != after:
        return None
    if layer.word in RESHAPING:
        return f"{format_shape(before)} stays {format_shape(after)}"
    if layer.word in WINDOWS:
        kernel = settings.get("kernel")
        sides = kernel if isinstance(kernel, (list, tuple)) else (kernel,)
        return "a window of one place" if all(side == 1 for side in sides) else None
    return None
