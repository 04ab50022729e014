"""L605: weight decay that draws biases and norms to zero, too."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, steps, with_setting
from netc.compiler.plan.moving import moving
from netc.compiler.plan.train_plan import StepPlan
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic

APART = frozenset(("adamw", "lamb", "lion"))
"""Optimizers whose weight decay does not pass through the gradient, and therefore acts on every weight alike."""
SMALL = 1e-3
"""Decay within the gradient below which papers leave biases and norms in: 1e-4 and 5e-4 are usual."""


@rule("L605", fix="unsafe", changes=(Change.TRAINING,))
def weight_decay_on_norms(subject: Subject) -> Iterator[Diagnostic]:
    """Weight decay draws biases and the scales of norms to zero, as well as the weights.

    ## What it does
    Finds steps with a weight decay for all parameters, where the network normalizes: decay apart from the gradient
    (`adamw`, `lamb`, `lion`), and decay of 0.001 or more within it. Small decay within the gradient, as the papers of
    ResNet and VGG have it for all parameters, is left alone.

    ## Why is this bad
    Decay of a weight before a norm only changes how fast it turns, which is wanted. A norm's scale is what is left of
    the layer's size: drawn to zero, the layer goes quiet. A bias doesn't overfit. He et al. 2019 (arXiv:1812.01187)
    and the trainings of transformers since GPT leave both out. PyTorch's and Keras's optimizers don't unless told.

    ## Example
    ```
    net Small {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      global_avgpool
      logits = dense(10)
    }
    train Small {
      loss      = cross_entropy(logits, label)
      optimizer = adamw(lr=1e-3, weight_decay=0.05)
    }
    ```

    ## Use instead
    ```
    net Small {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> batchnorm -> relu
      global_avgpool
      logits = dense(10)
    }
    train Small {
      loss      = cross_entropy(logits, label)
      optimizer = adamw(lr=1e-3, weight_decay=0.05)
      decays    = kernels
    }
    ```
    """
    for section, step in steps(subject):
        decay = float(step.optimizer.settings().get("weight_decay", 0.0))
        strong = decay > 0 if step.optimizer.word in APART else decay >= SMALL
        if step.decays is None and strong and any(layer.word.endswith("norm") for layer in section.net.layers):
            vectors, numbers = _vectors(section, step)
            if vectors:
                span = section.argument("optimizer", "weight_decay", step)
                yield warning(
                    f"weight decay of {decay:g} also draws biases and norms to zero",
                    span,
                    f"{counted(vectors, 'vector')} of {counted(numbers, 'parameter')}",
                    help="leave them out: `decays = kernels`",
                    fix=with_setting(subject, section, "decays", "kernels") if step.name is None else None,
                )


def _vectors(section: Section, step: StepPlan) -> tuple[int, int]:
    """The parameters of one axis that a step moves, and how many numbers these are."""
    values = {value for value in moving(section.net.parameters, (), section.plan, step) if value.rank < 2}
    found = [item.count for item in section.net.parameters if item.value in values]
    return len(found), sum(found)
