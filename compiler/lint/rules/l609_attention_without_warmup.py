"""L609: a transformer that starts at its full learning rate."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import steps
from netc.compiler.schedules.one_cycle import OneCycle
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

FEWEST = 4
RATE = 2e-4
ADAPTIVE = frozenset(("adam", "adamw", "nadam", "lamb", "lion"))


@rule("L609")
def attention_without_warmup(subject: Subject) -> Iterator[Diagnostic]:
    """A deep transformer starts at its full learning rate.

    ## What it does
    Finds networks with four or more `attention` layers that Adam or a relative trains at 0.0002 or more from the first
    step on, without `warmup`. `radam`, which has one of its own, and `one_cycle`, which rises, are left alone.

    ## Why is this bad
    In its first steps Adam knows the size of the gradients from a few examples only and moves each weight by the full
    rate. Attention that has been pushed to one position stays there: its softmax has no gradient left. So transformers
    are trained with a rate that rises over the first steps (Xiong et al. 2020, arXiv:2002.04745), those that normalize
    first among them.

    ## Example
    ```
    use std.transformer (encoder)

    net Reader {
      input words: [64, 128]
      repeat 4 { encoder(4, 512) }
      mean(axis=0)
      logits = dense(2)
    }
    train Reader {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      schedule  = cosine()
    }
    ```

    ## Use instead
    ```
    use std.transformer (encoder)

    net Reader {
      input words: [64, 128]
      repeat 4 { encoder(4, 512) }
      mean(axis=0)
      logits = dense(2)
    }
    train Reader {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      schedule  = cosine(warmup=1)
    }
    ```
    """
    for section, step in steps(subject):
        schedule = section.plan.schedule
        if step.optimizer.word not in ADAPTIVE or schedule.warmup or isinstance(schedule, OneCycle):
            continue
        learning = {id(item) for item in section.net.parameters if item.trainable}
        layers = [
            layer
            for layer in section.net.layers
            if layer.word == "attention" and any(id(item) in learning for item in layer.parameters)
        ]
        if len(layers) >= FEWEST and step.optimizer.lr >= RATE:
            call = schedule.word if section.setting("schedule") else "linear"
            yield warning(
                f"{counted(len(layers), 'attention layer')} start at the full rate of {step.optimizer.lr:g}",
                section.place("schedule"),
                "no `warmup`",
                help=f"let the rate rise at first: `schedule = {call}(warmup=1)`, in epochs",
            )
