"""L614: a limit on the gradient that is beyond all gradients."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import steps
from netc.grammar.diagnostics import Diagnostic

LARGE = 1000.0


@rule("L614")
def idle_clipping(subject: Subject) -> Iterator[Diagnostic]:
    """Gradients are clipped at a size that they reach only where a training has diverged already.

    ## What it does
    Finds `clip_norm` and `clip_value` of 1,000 or more.

    ## Why is this bad
    A network that trains has gradients of a norm around 1, up to some tens in its first steps. A limit of a thousand
    never acts before it is too late: one step that large, at a rate of 0.001, moves the weights by more than their own
    size. It looks as if the training were guarded. Published limits are 0.1 to 10.

    ## Example
    ```
    net Digits {
      input image: 1x28x28
      flatten
      dense(100, act=relu)
      logits = dense(10)
    }
    train Digits {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      clip_norm = 5000
    }
    ```

    ## Use instead
    ```
    net Digits {
      input image: 1x28x28
      flatten
      dense(100, act=relu)
      logits = dense(10)
    }
    train Digits {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      clip_norm = 5
    }
    ```
    """
    for section, step in steps(subject):
        for word, limit in (("clip_norm", step.clip_norm), ("clip_value", step.clip_value)):
            if limit is not None and limit >= LARGE:
                yield warning(
                    f"clipping at {limit:g} never acts",
                    section.place(word, step),
                    "gradients are so large only where the training has diverged",
                    help=f"write `{word} = 1.0`, or leave it out",
                )
