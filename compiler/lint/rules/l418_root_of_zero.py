"""L418: a root or logarithm of what may be exactly zero."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.bounds import reaches_zero
from netc.grammar.diagnostics import Diagnostic

SLOPE = {"Sqrt": "its slope at 0 is infinite", "Log": "of 0 it is minus infinity"}


@rule("L418")
def root_of_zero(subject: Subject) -> Iterator[Diagnostic]:
    """A square root or logarithm is taken of what may be exactly zero, in a network that is trained.

    ## What it does
    Finds `sqrt` and `log` of squares, sizes (`abs`), rectified values and sums of them, to which nothing is added,
    where a loss depends on the result.

    ## Why is this bad
    The slope of a root at 0 is infinite, and infinity times the slope 0 of a square is NaN: a single difference that is
    exactly 0, such as between an example and itself, ruins all weights in one step. The logarithm of 0 is infinite at
    once. A small number before the root keeps both away.

    ## Example
    ```
    net Distance {
      input a: 8, b: 8
      far = a - b -> square -> sum -> sqrt
      near = far -> unsqueeze(0) -> dense(1)
    }
    train Distance { loss = binary_cross_entropy(near, label) }
    ```

    ## Use instead
    ```
    net Safe {
      input a: 8, b: 8
      apart = a - b -> square -> sum
      far = apart + 1e-6 -> sqrt
      near = far -> unsqueeze(0) -> dense(1)
    }
    train Safe { loss = binary_cross_entropy(near, label) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        risky = [(layer, node) for layer, node in wiring.of("Sqrt", "Log") if reaches_zero(node.inputs[0])]
        needed = _needed([term.prediction for plan in net.plans for term in plan.losses]) if risky else set()
        for layer, node in risky:
            if node.output in needed:
                yield warning(
                    f"{layer.word} of what may be exactly 0",
                    layer.span,
                    SLOPE[node.op],
                    help="add a small number before it: `x + 1e-6`",
                )


def _needed(values: list[Value]) -> set[Value]:
    """Everything that these values are made of, as far as a gradient flows."""
    found: set[Value] = set()
    while values:
        value = values.pop()
        if value not in found:
            found.add(value)
            if value.node is not None and value.node.op != "StopGradient":
                values.extend(value.node.inputs)
    return found
