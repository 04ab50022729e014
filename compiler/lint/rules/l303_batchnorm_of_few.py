"""L303: batch normalization over a handful of examples."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import product
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.plans import setting_span
from netc.compiler.plan.moving import frozen
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

FEWEST = 8


@rule("L303")
def batchnorm_of_few(subject: Subject) -> Iterator[Diagnostic]:
    """A network with batch normalization is trained on batches of fewer than 8 examples.

    ## What it does
    Finds train sections with `batch` below 8 whose network has `batchnorm` that they don't freeze. `accumulate` does
    not help: each batch is normalized by itself.

    ## Why is this bad
    Mean and variance of so few examples are mostly chance, differ from batch to batch, and are not what the network is
    used with. Errors rise below 8 and steeply below 4 (Wu & He 2018, arXiv:1803.08494), where group normalization,
    which looks at one example at a time, does as well as ever. Of a single example without positions the variance is 0,
    so that nothing is learned at all.

    ## Example
    ```
    net Few {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      logits = global_avgpool -> dense(10)
    }
    train Few { loss = cross_entropy(logits, label); batch = 2 }
    ```

    ## Use instead
    ```
    net Each {
      input image: 3x32x32
      conv(16, 3x3) -> groupnorm(4) -> relu
      logits = global_avgpool -> dense(10)
    }
    train Each { loss = cross_entropy(logits, label); batch = 2 }
    ```
    """
    for net in subject.nets:
        for plan in net.plans:
            norms = list(subject.wiring(net).called("batchnorm")) if plan.batch < FEWEST else []
            fixed = frozen(net.parameters, plan) if norms else set()
            moving = [
                norm for norm in norms if any(item.buffer and item.value not in fixed for item in norm.parameters)
            ]
            place = setting_span(subject, plan, "batch")
            if not moving or place is None:
                continue
            fewest = min(moving, key=_positions)
            yield warning(
                f"{counted(len(moving), 'batch norm')} of {counted(plan.batch, 'example')} at a time",
                place,
                f"`{fewest.path}` sees {counted(plan.batch * _positions(fewest), 'number')} of each channel",
                secondary=(Label(fewest.span, "normalizes by its batch"),),
                notes=("accumulate doesn't change that: each batch is normalized by itself",)
                if plan.accumulate > 1
                else (),
                help="take batches of 16 or more, or `groupnorm`, which needs no batch; freeze norms that were trained",
            )


def _positions(norm: LayerInstance) -> int:
    size = product(norm.outputs[0].shape[2:])
    return size if isinstance(size, int) else 1
