"""L305: frozen batch normalization whose statistics move."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.plans import setting_span
from netc.compiler.plan.moving import frozen
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L305")
def moving_statistics(subject: Subject) -> Iterator[Diagnostic]:
    """The scale and shift of a batch normalization are frozen, and its running statistics move.

    ## What it does
    Finds `batchnorm` whose weight and bias a train section freezes by patterns such as `"*.weight"` that don't name its
    running mean and variance.

    ## Why is this bad
    What is frozen is meant to stay as it is. Here the norm goes on dividing by its batch while training and moves its
    statistics towards the new data, so that the part gives other features at the end than those it was kept for, and
    the layers behind it follow them. `freeze = ["stem"]`, the layer and not its weights, keeps the statistics too.

    ## Example
    ```
    net Half {
      input image: 3x32x32
      stem = conv(16, 3x3, bias=false) -> batchnorm -> relu
      logits = global_avgpool -> dense(10)
    }
    train Half {
      loss   = cross_entropy(logits, label)
      freeze = ["stem.*.weight", "stem.*.bias"]
    }
    ```

    ## Use instead
    ```
    net Whole {
      input image: 3x32x32
      stem = conv(16, 3x3, bias=false) -> batchnorm -> relu
      logits = global_avgpool -> dense(10)
    }
    train Whole {
      loss   = cross_entropy(logits, label)
      freeze = ["stem"]
    }
    ```
    """
    for net in subject.nets:
        for plan in net.plans:
            norms = list(subject.wiring(net).called("batchnorm")) if plan.freeze else []
            fixed = frozen(net.parameters, plan) if norms else ()
            found = [norm for norm in norms if _moves(norm, fixed)]
            place = setting_span(subject, plan, "freeze")
            if found and place is not None:
                first = found[0]
                yield warning(
                    f"the statistics of {counted(len(found), 'frozen batch norm')} move",
                    place,
                    f"names the weights of `{first.path}`, and not its running_mean and running_var",
                    secondary=(Label(first.span, "goes on normalizing by its batch"),),
                    help=f'name the layer: `freeze = ["{first.path}"]`',
                )


def _moves(norm: LayerInstance, fixed: Collection[Value]) -> bool:
    weights = [item.value for item in norm.parameters if not item.buffer]
    statistics = [item.value for item in norm.parameters if item.buffer]
    return (
        bool(weights) and all(value in fixed for value in weights) and not all(value in fixed for value in statistics)
    )
