"""L413: the logarithm of softmax or sigmoid in two steps."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import joined
from netc.grammar.diagnostics import Change, Diagnostic, Label

TOGETHER = {"Softmax": "log_softmax", "Sigmoid": "log_sigmoid"}


@rule("L413", fix="unsafe", changes=(Change.OUTPUTS, Change.STRUCTURE, Change.NAMES))
def logarithm_of_softmax(subject: Subject) -> Iterator[Diagnostic]:
    """The logarithm is taken of the result of softmax or sigmoid, which may be 0.

    ## What it does
    Finds `log` of what `softmax` or `sigmoid` made.

    ## Why is this bad
    In float32 softmax is exactly 0 for a class that lies 104 below the best one, sigmoid below -104, and the logarithm
    then minus infinity, which makes the loss, and a step later all weights, NaN. `log_softmax` and `log_sigmoid` work
    out the same without that detour, and faster.

    ## Example
    ```
    net Steps {
      input x: 16
      dense(32, act=relu) -> dense(4) -> softmax -> log
    }
    ```

    ## Use instead
    ```
    net Together {
      input x: 16
      dense(32, act=relu) -> dense(4) -> log_softmax
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Log"):
            made = wiring.origin(node.inputs[0]).node
            first = wiring.layer_of.get(made) if made is not None else None
            if made is not None and first is not None and made.op in TOGETHER and layer.word == "log":
                word = TOGETHER[made.op]
                yield warning(
                    f"the logarithm of {first.word} in two steps",
                    layer.span,
                    "minus infinity where that is 0",
                    secondary=(Label(first.span, "may be 0"),),
                    help=f"write `{word}`",
                    fix=joined(first.span, layer.span, word, subject) if first.word in ("softmax", "sigmoid") else None,
                )
