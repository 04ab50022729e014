"""L417: a variance that may be below zero."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.bounds import bounds_of
from netc.compiler.lint.plans import is_raw
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L417")
def variance_below_zero(subject: Subject) -> Iterator[Diagnostic]:
    """A likelihood is given a variance that may be below zero.

    ## What it does
    Finds `gaussian_nll` whose variance is the result of a layer with weights, a norm, or an activation that goes below
    zero.

    ## Why is this bad
    What is below `epsilon` counts as `epsilon`, a millionth: there the squared error is weighted by a million, and the
    variance has no gradient to get away by. Half of the examples of a fresh network begin there. `softplus` or `exp`
    make any number a variance.

    ## Example
    ```
    net Raw {
      input x: 16
      body = dense(32, act=relu)
      mean = body -> dense(1)
      variance = body -> dense(1)
      output mean, variance
    }
    train Raw { loss = gaussian_nll(mean, target, variance) }
    ```

    ## Use instead
    ```
    net Positive {
      input x: 16
      body = dense(32, act=relu)
      mean = body -> dense(1)
      variance = body -> dense(1, act=softplus)
      output mean, variance
    }
    train Positive { loss = gaussian_nll(mean, target, variance) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for term in (term for plan in net.plans for term in plan.losses if term.loss.word == "gaussian_nll"):
            variance = term.given[-1]
            if isinstance(variance, Value) and is_raw(variance, wiring) and bounds_of(variance).low < 0:
                layer = wiring.maker(wiring.origin(variance))
                yield warning(
                    "this variance may be below zero",
                    term.span,
                    f"takes what is below {term.loss.settings()['epsilon']:g} for that, without a gradient",
                    secondary=(Label(layer.span, f"from {bounds_of(variance).low:g} up"),) if layer else (),
                    help="end it with `softplus`, or `exp` where it is the logarithm of the variance",
                )
