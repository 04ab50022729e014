"""L607: a term of a loss that the others drown."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections
from netc.compiler.plan.terms import LossTerm
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.01
FEWEST = 3


@rule("L607")
def drowned_loss(subject: Subject) -> Iterator[Diagnostic]:
    """A term of the loss is less than a hundredth of the whole, throughout a run.

    ## What it does
    With the log of a run of three epochs or more at hand, looks at losses that are a table, whose terms are logged by
    name, and finds a term that with its weight was less than 1 % of their sum in every epoch.

    ## Why is this bad
    The gradient of the whole is that of the large terms. What the small one asks for is hardly learned, and its weight
    in the text looks like a decision that somebody took. Mean squares of pixels are 0.01 where a cross entropy is 2:
    terms need weights that bring them to one size, which only a run shows.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 6000}]}}
    ```
    ```jsonl
    {"epoch": 1, "loss": 2.302, "loss.kind": 2.300, "loss.age": 0.002}
    {"epoch": 2, "loss": 1.802, "loss.kind": 1.800, "loss.age": 0.002}
    {"epoch": 3, "loss": 1.602, "loss.kind": 1.600, "loss.age": 0.002}
    ```
    ```
    net Heads {
      input image: 1x28x28
      body   = flatten -> dense(64, act=relu)
      logits = dense(10)
      age    = body -> dense(1)
      output logits, age
    }
    train Heads {
      loss      = [kind: cross_entropy(logits, label), age: mse(age, years)]
      optimizer = adam(lr=1e-3)
    }
    ```

    ## Use instead
    ```
    net Heads {
      input image: 1x28x28
      body   = flatten -> dense(64, act=relu)
      logits = dense(10)
      age    = body -> dense(1)
      output logits, age
    }
    train Heads {
      loss      = [kind: cross_entropy(logits, label), age: 500 * mse(age, years)]
      optimizer = adam(lr=1e-3)
    }
    ```
    """
    for section in sections(subject):
        terms = [term for term in section.plan.losses if term.logged and term.weight > 0]
        names = [term.name for term in terms]
        if len(set(names)) < len(terms) or len(terms) < 2 or len(section.history) < FEWEST:
            continue
        for term in terms:
            shares = _shares(section, term, terms)
            if shares and max(shares) < SHARE:
                last = section.history[-1][f"loss.{term.name}"]
                yield warning(
                    f"`{term.name}` is {100 * shares[-1]:.2g} % of the loss",
                    term.span,
                    f"{last:.4g} in the last epoch, times {term.weight:g}",
                    help=f"give it more weight: {SHARE * 10 / shares[-1] * term.weight:.2g} makes it about a tenth",
                )


def _shares(section: Section, term: LossTerm, terms: list[LossTerm]) -> list[float]:
    """What a term was of the sum of all, in each epoch; nothing where the log doesn't have it or some are negative."""
    found = []
    for record in section.history:
        sizes = {other.name: record.get(f"loss.{other.name}") for other in terms}
        parts = [size * other.weight for other in terms if isinstance(size := sizes[other.name], (int, float))]
        own = sizes[term.name]
        if len(parts) < len(terms) or min(parts) <= 0 or not isinstance(own, (int, float)):
            return []
        found.append(own * term.weight / sum(parts))
    return found
