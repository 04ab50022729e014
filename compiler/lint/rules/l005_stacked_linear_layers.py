"""L005: two linear layers with nothing between them."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Size, Value, language_shape, product
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import Wiring, data_inputs, rearranges
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L005")
def stacked_linear_layers(subject: Subject) -> Iterator[Diagnostic]:
    """Two linear layers follow each other with nothing between that bends.

    ## What it does
    Finds a convolution or dense layer whose result goes, at most flattened or dropped out, into another one and nowhere
    else. A pair that narrows on purpose (a bottleneck smaller than what goes in and what comes out) and grouped
    convolutions are left alone.

    ## Why is this bad
    A linear function of a linear function is one linear function: the two layers can express no more than the second
    alone, and cost more. Usually the activation was forgotten.

    ## Example
    ```
    net Flat {
      input image: 1x28x28
      flatten
      dense(512)
      dense(10)
    }
    ```

    ## Use instead
    ```
    net Bent {
      input image: 1x28x28
      flatten
      dense(512, act=relu)
      dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for second in net.layers:
            first = _before(second, wiring) if _multiplies(second) else None
            if first is None or _bottleneck(first, second):
                continue
            same = first.word == second.word
            which = f"two {first.word} layers" if same else f"{first.word} and {second.word}, two linear layers,"
            yield warning(
                f"{which} with nothing between them",
                second.span,
                "both together can do no more than one linear layer",
                secondary=(Label(first.span, "no activation follows"),),
                help="give the first one an activation, such as `act=relu`, or keep only one of them",
            )


def _multiplies(layer: LayerInstance) -> bool:
    """Whether it multiplies all of its one input by weights, whatever it does after that."""
    if layer.layer is None or not type(layer.layer).linear or len(data_inputs(layer)) != 1:
        return False
    return all(node.attributes.get("group", 1) == 1 for node in layer.nodes)


def _ends_linear(layer: LayerInstance) -> bool:
    """Whether its result is a product and at most a bias, no activation."""
    node = layer.outputs[0].node
    if node is not None and node.op == "Add":
        node = node.inputs[0].node
    if node is None or node not in layer.nodes or get_op(node.op).kind is not Kind.PRODUCT:
        return False
    return _multiplies(layer)


def _before(layer: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The linear layer whose result is all that flows into this one."""
    value: Value = data_inputs(layer)[0]
    while True:
        maker = wiring.maker(value)
        if maker is None or value in wiring.wanted or _readers(value, wiring) != 1:
            return None
        if not all(map(rearranges, maker.nodes)):
            return maker if _ends_linear(maker) else None
        value = data_inputs(maker)[0]


def _readers(value: Value, wiring: Wiring) -> int:
    return len({id(wiring.layer_of.get(node)) for node in wiring.readers.get(value, [])})


def _bottleneck(first: LayerInstance, second: LayerInstance) -> bool:
    """Whether the value between is smaller than what goes in and than what comes out."""

    def size(value: Value) -> Size:
        return product(language_shape(value))

    before, between, after = size(data_inputs(first)[0]), size(first.outputs[0]), size(second.outputs[0])
    if not (isinstance(before, int) and isinstance(between, int) and isinstance(after, int)):
        return False
    return between < min(before, after)
