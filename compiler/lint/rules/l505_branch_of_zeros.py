"""L505: a scale of zero on a layer of zeros."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.declare.parameter import Parameter
from netc.compiler.initializers.constant import Constant
from netc.compiler.ir import Node, Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_argument
from netc.compiler.lint.layers import is_linear, is_norm, keeps
from netc.compiler.lint.wiring import Wiring
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L505", fix="unsafe", changes=(Change.PARAMETERS,))
def branch_of_zeros(subject: Subject) -> Iterator[Diagnostic]:
    """A learned scale that starts at zero multiplies a layer that starts at zero.

    ## What it does
    Finds a `parameter(…, value=0)` that multiplies the result of a layer or norm whose weights, and bias, all start at
    zero.

    ## Why is this bad
    The gradient of each of the two is the other one, and both are zero: neither ever moves, and the branch is dead from
    the first step to the last, whatever the loss. One zero is enough for a block to start as the identity.

    ## Example
    ```
    net Dead {
      input x: 32
      add { identity; { dense(64, act=gelu) -> dense(32, init=constant(0)) -> mul(parameter([32], value=0)) } }
      dense(4)
    }
    ```

    ## Use instead
    ```
    net Alive {
      input x: 32
      add { identity; { dense(64, act=gelu) -> dense(32) -> mul(parameter([32], value=0)) } }
      dense(4)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        zeros = {
            layer.outputs[0]: layer for layer in wiring.called("parameter") if all(map(_is_zero, layer.parameters))
        }
        for _, node in wiring.of("Mul") if zeros else ():
            scale = next((zeros[value] for value in map(_plain, node.inputs) if value in zeros), None)
            layer = _other(node, wiring) if scale is not None else None
            if scale is not None and layer is not None:
                weights = [item for item in layer.parameters if not item.buffer]
                if (is_linear(layer) or is_norm(layer)) and weights and all(map(_is_zero, weights)):
                    yield warning(
                        "a scale of zero on a layer of zeros, which never move",
                        scale.span,
                        "its gradient is what it multiplies: zero",
                        secondary=(Label(layer.span, "its gradient is the scale: zero"),),
                        help="let one of the two start at something else",
                        fix=without_argument(layer.span, "init", subject),
                    )


def _is_zero(parameter: Parameter) -> bool:
    return isinstance(parameter.initial, Constant) and parameter.initial.value == 0


def _plain(value: Value) -> Value:
    while value.node is not None and value.node.op in ("Reshape", "Expand"):
        value = value.node.inputs[0]
    return value


def _other(node: Node, wiring: Wiring) -> LayerInstance | None:
    """The layer that makes the factor which depends on the input."""
    makers = [wiring.maker(wiring.back(value, keeps)) for value in node.inputs]
    return next((maker for maker in makers if maker is not None and maker.word != "parameter"), None)
