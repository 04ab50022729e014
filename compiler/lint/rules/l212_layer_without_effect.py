"""L212: a layer whose result is its input."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import everywhere, is_literal, without_layer
from netc.grammar.diagnostics import Change, Diagnostic

MEANT = frozenset(("identity", "stop_gradient"))


@rule("L212", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def layer_without_effect(subject: Subject) -> Iterator[Diagnostic]:
    """A layer hands its input on as it is.

    ## What it does
    Finds poolings of 1x1, a `flatten` of a vector, a `reshape` or `transpose` that changes nothing, a `pad` of 0 and
    `dropout(0)`, where that follows from what is written in the call. One that a block's argument makes so is left
    alone, and so is `identity`, which says that nothing happens.

    ## Why is this bad
    A reader takes it for something that happens. Mostly a number was meant to be another one, or the layer stayed when
    what made it necessary was taken out.

    ## Example
    ```
    net Idle {
      input image: 3x32x32
      conv(16, 3x3, act=relu) -> maxpool(1x1)
      global_avgpool -> flatten -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Busy {
      input image: 3x32x32
      conv(16, 3x3, act=relu) -> maxpool(2x2)
      global_avgpool -> dense(10)
    }
    ```
    """
    found: dict[object, list[LayerInstance]] = {}
    for net in subject.nets:
        for layer in net.layers:
            if layer.nodes and len(layer.nodes) == 1 and layer.word not in MEANT and _changes_nothing(layer.nodes[0]):
                found.setdefault(layer.span, []).append(layer)
    for layers in found.values():
        layer = layers[0]
        written = all(is_literal(layer, argument, subject) for argument in layer.argument_spans)
        if layer.layer is not None and written and everywhere(layers, subject):
            yield warning(
                f"this {layer.word} changes nothing",
                layer.span,
                _why(layer),
                help="take it out, or give it the numbers that were meant",
                fix=without_layer(layer.span, subject),
            )


def _changes_nothing(node: Node) -> bool:
    match node.op:
        case "Reshape":
            return node.inputs[0].shape == node.output.shape
        case "Transpose":
            return list(node.attributes["axes"]) == sorted(node.attributes["axes"])
        case "MaxPool" | "AveragePool":
            still = {*node.attributes["kernel"], *node.attributes["strides"]} == {1}
            return still and not any(node.attributes["pads"])
        case "Dropout":
            return bool(node.attributes["rate"] == 0)
        case "Pad":
            return not any(node.attributes["pads"])
    return False


def _why(layer: LayerInstance) -> str:
    match layer.nodes[0].op:
        case "MaxPool" | "AveragePool":
            return "windows of one place, one by one"
        case "Dropout":
            return "drops nothing"
        case "Pad":
            return "adds nothing"
    return "what flows in has this shape already"
