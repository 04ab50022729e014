"""L608: a recurrent network whose gradients nothing holds."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections, with_setting
from netc.compiler.lint.wiring import data_inputs
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Label

RECURRENT = frozenset(("rnn", "lstm", "gru"))
SHORT = 20


@rule("L608", fix="unsafe", changes=(Change.TRAINING,))
def recurrent_without_clipping(subject: Subject) -> Iterator[Diagnostic]:
    """A recurrent layer is trained without a limit on the gradient.

    ## What it does
    Finds train sections without `clip_norm` and `clip_value` for networks with `rnn`, `lstm` or `gru` over sequences of
    20 steps or more, or of any length.

    ## Why is this bad
    The gradient passes the same weights once for each step. A little too large, and it grows with the length of the
    sequence as interest does: one example may throw the network far away, where the loss doesn't come back from. A
    limit on the norm costs nothing where it isn't needed (Pascanu et al. 2013, arXiv:1211.5063).

    ## Example
    ```
    net Reader {
      input words: [100, 32]
      lstm(64, last=true)
      logits = dense(2)
    }
    train Reader {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
    }
    ```

    ## Use instead
    ```
    net Reader {
      input words: [100, 32]
      lstm(64, last=true)
      logits = dense(2)
    }
    train Reader {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      clip_norm = 1.0
    }
    ```
    """
    for section in sections(subject):
        if all(step.clip_norm is None and step.clip_value is None for step in section.plan.steps):
            yield from _finding(subject, section)


def _finding(subject: Subject, section: Section) -> Iterator[Diagnostic]:
    learning = {id(item) for item in section.net.parameters if item.trainable}
    for layer in section.net.layers:
        if layer.word in RECURRENT and any(id(item) in learning for item in layer.parameters):
            length = language_shape(data_inputs(layer)[0])[0]
            if isinstance(length, int) and length < SHORT:
                continue
            how_long = counted(length, "step") if isinstance(length, int) else "sequences of any length"
            yield warning(
                "a recurrent network is trained without a limit on its gradient",
                section.tree.net_span,
                "no `clip_norm`, no `clip_value`",
                secondary=(Label(layer.span, f"`{layer.path}` passes the gradient through {how_long}"),)
                if layer.span.file == subject.tree.span.file
                else (),
                help="write `clip_norm = 1.0`",
                fix=with_setting(subject, section, "clip_norm", "1.0"),
            )
            return
