"""L301: dropout right before batch normalization."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import swapped
from netc.compiler.lint.layers import drops, is_activation, keeps, rate
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L301", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def dropout_before_batchnorm(subject: Subject) -> Iterator[Diagnostic]:
    """Dropout stands right before batch normalization, whose statistics then fit training alone.

    ## What it does
    Finds `dropout` and `spatial_dropout` whose result goes into `batchnorm`, at most through an activation.

    ## Why is this bad
    Dropout makes what it leaves larger by 1 / (1 - rate), so that the mean stays; the variance does not. Batch norm
    collects the variance of training, where values were dropped, and divides by it in use, where none are: with a rate
    of 0.5 around 0 by twice the right one (Li et al. 2018, arXiv:1801.05134). Behind the norm it does no harm.

    ## Example
    ```
    net Shifted {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> dropout(0.3) -> batchnorm -> relu
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Still {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      global_avgpool -> dropout(0.3) -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for norm in wiring.called("batchnorm"):
            dropout = wiring.maker(wiring.back(norm.inputs[0], _between))
            if dropout is not None and drops(dropout):
                share = rate(dropout)
                yield warning(
                    f"batch norm learns a variance {1 / (1 - share):.2g} times as large as it meets in use",
                    dropout.span,
                    f"drops {100 * share:g} % in training, and nothing afterwards",
                    secondary=(Label(norm.span, "collects its statistics in training"),),
                    help="put the dropout behind the norm, or behind the last norm of the net",
                    fix=swapped(dropout.span, norm.span, subject),
                )


def _between(layer: LayerInstance) -> bool:
    return is_activation(layer) or (keeps(layer) and not drops(layer))
