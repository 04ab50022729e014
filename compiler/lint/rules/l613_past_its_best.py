"""L613: most of a training came after its best epoch."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections, with_setting
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic

FEWEST = 10
PREFIX = "validation_"


@rule("L613", fix="unsafe", changes=(Change.TRAINING,))
def past_its_best(subject: Subject) -> Iterator[Diagnostic]:
    """A training went on for more than half of its epochs after the best one.

    ## What it does
    With the log of a run at hand, finds the best epoch on the rows that were held out, by the first metric or else the
    loss. It is a finding where ten or more epochs, and more than half of all, came after it, and no `stop` ends them.

    ## Why is this bad
    The run keeps the weights of the best epoch, so all later ones were for nothing: time, and what it costs. That the
    held-out loss rises while the training's falls means that the network learns the rows by heart; fewer parameters,
    augmentation, dropout or weight decay help more than a shorter training.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 6000}, {"name": "val", "rows": 1000}]}}
    ```
    ```jsonl
    {"epoch": 1, "loss": 0.9, "validation_loss": 0.6, "seconds": 30}
    {"epoch": 2, "loss": 0.5, "validation_loss": 0.4, "seconds": 30}
    {"epoch": 3, "loss": 0.4, "validation_loss": 0.5, "seconds": 30}
    {"epoch": 4, "loss": 0.3, "validation_loss": 0.5, "seconds": 30}
    {"epoch": 5, "loss": 0.3, "validation_loss": 0.6, "seconds": 30}
    {"epoch": 6, "loss": 0.2, "validation_loss": 0.6, "seconds": 30}
    {"epoch": 7, "loss": 0.2, "validation_loss": 0.7, "seconds": 30}
    {"epoch": 8, "loss": 0.2, "validation_loss": 0.7, "seconds": 30}
    {"epoch": 9, "loss": 0.1, "validation_loss": 0.8, "seconds": 30}
    {"epoch": 10, "loss": 0.1, "validation_loss": 0.8, "seconds": 30}
    {"epoch": 11, "loss": 0.1, "validation_loss": 0.9, "seconds": 30}
    {"epoch": 12, "loss": 0.1, "validation_loss": 0.9, "seconds": 30}
    ```
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
      epochs    = 12
    }
    ```

    ## Use instead
    ```
    net Digits {
      input image: 1x28x28
      flatten
      dense(100, act=relu) -> dropout(0.3)
      logits = dense(10)
    }
    train Digits {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
      epochs    = 12
      stop      = [early_stop(patience=4)]
    }
    ```
    """
    for section in sections(subject):
        best = _best(section)
        epochs = len(section.history)
        if best is None or section.plan.stop:
            continue
        at, name, figure = best
        after = epochs - at
        if after >= FEWEST and 2 * after > epochs:
            seconds = sum(float(record.get("seconds", 0)) for record in section.history[at:])
            patience = max(epochs // 4, 3)
            yield warning(
                f"the best epoch was number {at} of {epochs}",
                section.place("epochs"),
                f"{counted(after, 'more epoch')} took {_time(seconds)} and are not in the result",
                notes=[f"{name} was {figure:.4g} then, and is {section.history[-1][PREFIX + name]:.4g} at the end"],
                help=f"end it by `stop = [early_stop(patience={patience})]`, and hold the network back from learning "
                "rows by heart",
                fix=with_setting(subject, section, "stop", f"[early_stop(patience={patience})]"),
            )


def _best(section: Section) -> tuple[int, str, float] | None:
    """The best epoch on held-out rows, counted from 1, what it was the best in, and the figure."""
    metrics = section.plan.metrics[:1]
    names = [(item.name, item.metric.higher_is_better) for item in metrics] + [("loss", False)]
    for name, higher in names:
        figures = [record.get(PREFIX + name) for record in section.history]
        if figures and all(isinstance(figure, (int, float)) for figure in figures):
            numbers = [float(figure) for figure in figures if figure is not None]
            value = max(numbers) if higher else min(numbers)
            return numbers.index(value) + 1, name, value
    return None


def _time(seconds: float) -> str:
    if seconds < 120:
        return counted(round(seconds), "second")
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"
