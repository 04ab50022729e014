"""L309: the momentum of batch normalization as another framework counts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import other_value, without_argument
from netc.grammar.diagnostics import Change, Diagnostic


@rule("L309", fix="unsafe", changes=(Change.STRUCTURE,))
def momentum_turned_round(subject: Subject) -> Iterator[Diagnostic]:
    """The momentum of batch normalization is below a half: PyTorch counts it the other way round.

    ## What it does
    Finds `batchnorm(momentum=0.1)` and other momenta below 0.5.

    ## Why is this bad
    Here, as in Keras and in the paper, `momentum` is how much of the running statistics is kept at a step; PyTorch's is
    how much of the batch is taken, and its 0.1 is 0.9 here. With 0.1 the statistics are those of the last batch or two,
    so that what is measured after training depends on which examples came last.

    ## Example
    ```
    net Forgetful {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm(momentum=0.1) -> relu
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Steady {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        for layer in subject.wiring(net).called("batchnorm"):
            norm: Any = layer.layer
            if norm.momentum < 0.5 and "momentum" in layer.argument_spans:
                meant = f"{1 - norm.momentum:g}"
                usual = meant == f"{norm.arguments['momentum'].default:g}"
                yield warning(
                    f"a step keeps {100 * norm.momentum:g} % of the running statistics",
                    layer.argument_spans["momentum"],
                    f"PyTorch's momentum of {norm.momentum:g} is {meant} here",
                    help=f"leave it out: `momentum={meant}` is the default" if usual else f"write `momentum={meant}`",
                    fix=without_argument(layer.span, "momentum", subject)
                    if usual
                    else other_value(layer, "momentum", meant, subject),
                )
