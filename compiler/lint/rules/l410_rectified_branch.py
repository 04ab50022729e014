"""L410: a rectifier right before a residual sum."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import RECTIFIERS, activation_of, keeps
from netc.compiler.lint.residual import ADDING, is_residual, sides
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L410")
def rectified_branch(subject: Subject) -> Iterator[Diagnostic]:
    """The branch of a residual sum ends with relu, so that the sum can only grow.

    ## What it does
    Finds residual sums whose branch, the side with the layers, ends with `relu` or `relu6`.

    ## Why is this bad
    A branch is there to correct what it starts from, up or down. Behind a relu it can only add: from block to block the
    values grow, and half of all corrections are out of reach. In the experiments with the order of layers this one was
    worse than the original and than pre-activation (He et al. 2016, arXiv:1603.05027, table 2). The relu belongs behind
    the sum, or at the beginning of the branch.

    ## Example
    ```
    net Growing {
      input image: 16x32x32
      add { identity; conv(16, 3x3, pad=same, act=relu) -> conv(16, 3x3, pad=same, act=relu) }
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Correcting {
      input image: 16x32x32
      add { identity; conv(16, 3x3, pad=same, act=relu) -> conv(16, 3x3, pad=same) } -> relu
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for total in wiring.called(*ADDING):
            for skip, branch in sides(total, wiring):
                last = wiring.maker(wiring.back(branch, keeps))
                if last is not None and activation_of(last) in RECTIFIERS and is_residual(skip, branch, wiring):
                    yield warning(
                        f"{activation_of(last)} right before a residual sum",
                        last.span,
                        "the branch can only add to what it starts from",
                        secondary=(Label(total.span, "the sum"),),
                        help="put it behind the sum: `add { identity; … } -> relu`",
                    )
