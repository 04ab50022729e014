"""L601: a learning rate that its optimizer hardly ever trains with."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, steps, usual_rate
from netc.compiler.plan.train_plan import StepPlan
from netc.grammar.diagnostics import Diagnostic

RANGES = {
    "sgd": (1e-6, 1.0), "adam": (1e-7, 0.02), "adamw": (1e-7, 0.02), "nadam": (1e-7, 0.02), "radam": (1e-7, 0.02),
    "adamax": (1e-7, 0.05), "lamb": (1e-6, 0.1), "lion": (1e-8, 3e-3), "rmsprop": (1e-7, 0.02), "adagrad": (1e-5, 1.0),
    "adadelta": (1e-4, 10.0),
}  # fmt: skip
"""The least and the largest base rate that published trainings use, for an update of 256 examples or fewer."""
REFERENCE = 256
TINY = 1e-4
"""The largest `epsilon` beside which the size of a gradient doesn't count."""
BY_SIZE = frozenset(("sgd", "adagrad", "adadelta"))


@rule("L601")
def learning_rate_out_of_range(subject: Subject) -> Iterator[Diagnostic]:
    """The learning rate is far outside of what the optimizer trains with.

    ## What it does
    Compares the base rate, times the factors of `rates`, with the range of published trainings: up to 1 for `sgd`, up
    to 0.02 for `adam` and its relatives, up to 0.003 for `lion`. Updates of more than 256 examples may take larger
    ones: in proportion for `sgd`, by the square root for those that divide by the gradient's size.

    ## Why is this bad
    A rate that is right for one optimizer is a hundred times too large for another. Adam moves every weight by about
    the rate in each step, whatever the gradient: with 0.1, weights that start around 0.05 are gone after one step, and
    the loss jumps and stays high. A rate that is far too small looks like a network that cannot learn.

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
      optimizer = adam(lr=0.1)
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
    }
    ```
    """
    for section, step in steps(subject):
        word, rate = step.optimizer.word, step.optimizer.lr
        low, high = _range(section, step)
        if not low <= rate <= high:
            where = "above" if rate > high else "below"
            yield warning(
                f"a learning rate of {rate:g} is far {where} what `{word}` trains with",
                section.argument("optimizer", "lr", step),
                f"usual are {low:g} to {high:g}",
                notes=[_why(word, rate)],
                help=f"start from `lr={usual_rate(word)}`, and change it by factors of 3",
            )
            continue
        for pattern, factor in step.rates:
            if factor and not low <= rate * factor <= high:
                yield warning(
                    f'the learning rate of "{pattern}" is far {"above" if rate * factor > high else "below"} what '
                    f"`{word}` trains with",
                    section.place("rates", step),
                    f"{rate:g} * {factor:g} = {rate * factor:g}; usual are {low:g} to {high:g}",
                    help=f"take a factor from {low / rate:.2g} to {high / rate:.2g}",
                )


def _range(section: Section, step: StepPlan) -> tuple[float, float]:
    """The usual rates for a step's optimizer and the examples in an update."""
    word = step.optimizer.word
    low, high = RANGES.get(word, (0.0, float("inf")))
    more = max(1.0, section.plan.rows / REFERENCE)
    if word in BY_SIZE:
        return low, high * more
    if step.optimizer.settings().get("epsilon", 0.0) > TINY:
        return low, high * 50 * more
    return low, high * sqrt(more)


def _why(word: str, rate: float) -> str:
    if rate == 0:
        return "at rate 0 no weight moves"
    if word in BY_SIZE:
        return f"a step moves a weight by {rate:g} times its gradient"
    return f"a step moves each weight by about {rate:g}, however small its gradient is"
