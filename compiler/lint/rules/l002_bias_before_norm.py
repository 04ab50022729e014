"""L002: a bias that batch normalization takes out again."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import Wiring
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Edit, Fix, Label, Span


@rule("L002", fix="unsafe")
def bias_before_norm(subject: Subject) -> Iterator[Diagnostic]:
    """A layer adds a bias right before batch normalization.

    ## What it does
    Finds convolutions and dense layers with a bias whose result goes into `batchnorm` and nowhere else.

    ## Why is this bad
    Batch normalization subtracts the mean of each channel, and with it any bias; its own `bias` parameter does the
    shifting. The one before it costs parameters, memory and time, and its gradient is always zero.

    ## Example
    ```
    net Twice {
      input image: 3x32x32
      conv(16, 3x3) -> batchnorm -> relu
    }
    ```

    ## Use instead
    ```
    net Once {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        found: dict[Span, list[tuple[LayerInstance, LayerInstance]]] = {}
        for norm in net.layers:
            for node in norm.nodes:
                if node.op == "BatchNormalization" and (layer := _biased(node, wiring)):
                    found.setdefault(layer.span, []).append((layer, norm))
        for span, pairs in found.items():
            every = len(pairs) == sum(layer.span == span for layer in net.layers)
            fix = _fix(pairs[0][0], subject) if every else None
            for layer, norm in pairs:
                bias = next(item for item in layer.parameters if item.name.endswith(".bias"))
                yield warning(
                    "batch normalization takes this bias out again",
                    layer.span,
                    f"`{bias.name}`: {counted(bias.count, 'parameter')} without effect",
                    secondary=(Label(norm.span, "subtracts the mean of each channel"),),
                    help="write `bias=false`" if every else "write `bias=false` where `batchnorm` follows",
                    fix=fix,
                )


def _biased(norm: Node, wiring: Wiring) -> LayerInstance | None:
    """The layer whose biased result this batch norm reads, if nothing else does."""
    value = norm.inputs[0]
    layer = wiring.maker(value)
    if layer is None or value.node is None or not wiring.read_by(value, "BatchNormalization"):
        return None
    biases = {item.value for item in layer.parameters if item.name.endswith(".bias")}
    adds = value.node.op == "Add" or get_op(value.node.op).kind is Kind.PRODUCT
    return layer if adds and biases & set(value.node.inputs) else None


def _fix(layer: LayerInstance, subject: Subject) -> Fix | None:
    """Another argument, where the call is written with parentheses and says nothing about the bias."""
    span = layer.span
    lines = subject.sources.get(span.file, "").splitlines()
    if "bias" in layer.argument_spans or span.end_line > len(lines) or span.file != subject.file:
        return None
    before = lines[span.end_line - 1][: span.end_column - 1]
    if not before.endswith(")") or before[:-1].rstrip().endswith((",", "(")):
        return None
    at = Span(span.file, span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
    return Fix("write `bias=false`", (Edit(at, ", bias=false"),), changes=(Change.PARAMETERS, Change.STRUCTURE))
