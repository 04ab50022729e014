"""L503: a learned factor of a residual branch that starts at random."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Node, Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import with_argument
from netc.compiler.lint.layers import keeps
from netc.compiler.lint.residual import ADDING, is_residual, sides
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L503", fix="unsafe", changes=(Change.PARAMETERS,))
def random_residual_scale(subject: Subject) -> Iterator[Diagnostic]:
    """A residual branch is multiplied by a learned scale that nobody gave a value to start from.

    ## What it does
    Finds a `parameter` without `value` that multiplies the end of a residual branch.

    ## Why is this bad
    Without `value` a parameter is drawn around 0, so that half of the channels start with the wrong sign and each with
    a size of its own: the scale, which is there to let a deep network start as the identity, starts as noise.
    LayerScale starts at 1e-6 or, in shallow networks, at 0.1 (Touvron et al. 2021, arXiv:2103.17239), ReZero at 0
    (Bachlechner et al. 2020, arXiv:2003.04887).

    ## Example
    ```
    net Noisy {
      input x: 32
      add { identity; { dense(64, act=gelu) -> dense(32) -> mul(parameter([32])) } }
      dense(4)
    }
    ```

    ## Use instead
    ```
    net Quiet {
      input x: 32
      add { identity; { dense(64, act=gelu) -> dense(32) -> mul(parameter([32], value=1e-6)) } }
      dense(4)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        scales = {
            layer.outputs[0]: layer
            for layer in wiring.called("parameter")
            if getattr(layer.layer, "value", None) is None and "init" not in layer.argument_spans
        }
        for total in wiring.called(*ADDING) if scales else ():
            for skip, branch in sides(total, wiring):
                last = wiring.back(branch, keeps).node
                scale = scales.get(_factor(last)) if last is not None and last.op == "Mul" else None
                if scale is not None and is_residual(skip, branch, wiring):
                    yield warning(
                        "a residual scale starts at random",
                        scale.span,
                        f"drawn around 0 with a standard deviation of {getattr(scale.layer, 'std', 0.02):g}",
                        secondary=(Label(total.span, "scales a branch of this sum"),),
                        help="say what it starts from: `value=1e-6`, or `value=0.1` in a shallow network",
                        fix=with_argument(scale, "value=1e-6", subject),
                    )


def _factor(node: Node) -> Value:
    """The factor of a product that does not depend on the input."""
    value = node.inputs[1]
    while value.node is not None and value.node.op in ("Reshape", "Expand"):
        value = value.node.inputs[0]
    return value
