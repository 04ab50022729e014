"""L416: dropout that leaves next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import other_value
from netc.compiler.lint.layers import DROPOUTS, rate
from netc.grammar.diagnostics import Change, Diagnostic

MOST = 0.8


@rule("L416", fix="unsafe", changes=(Change.STRUCTURE,))
def nearly_all_dropped(subject: Subject) -> Iterator[Diagnostic]:
    """Dropout drops more than 80 % of what flows.

    ## What it does
    Finds `dropout` and `spatial_dropout` with a rate above 0.8.

    ## Why is this bad
    With a rate of 0.9 one element in ten is left, ten times as large: the variance of what flows is ten times what it
    is in use, and training is mostly noise. Nearly always the share that is kept was meant, which is what `keep_prob`
    was in TensorFlow 1; here, in PyTorch and in Keras `rate` is the share that is dropped.

    ## Example
    ```
    net Emptied {
      input x: 16
      dense(64, act=relu) -> dropout(0.9) -> dense(4)
    }
    ```

    ## Use instead
    ```
    net Thinned {
      input x: 16
      dense(64, act=relu) -> dropout(0.1) -> dense(4)
    }
    ```
    """
    for net in subject.nets:
        for layer in subject.wiring(net).called(*DROPOUTS):
            share = rate(layer)
            if share > MOST:
                kept = f"{round(1 - share, 10):g}"
                yield warning(
                    f"{layer.word} drops {100 * share:g} % of what flows",
                    layer.span,
                    f"what is left is made {1 / (1 - share):.3g} times as large",
                    help=f"write `{layer.word}({kept})` if {share:g} is the share to keep",
                    fix=other_value(layer, "rate", kept, subject),
                )
