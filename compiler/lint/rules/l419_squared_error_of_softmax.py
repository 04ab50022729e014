"""L419: a squared error of probabilities of classes."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.plans import REGRESSION, made_of
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L419")
def squared_error_of_softmax(subject: Subject) -> Iterator[Diagnostic]:
    """A loss of numbers is taken of the result of softmax.

    ## What it does
    Finds `mse`, `mae`, `huber` and `smooth_l1` of data whose prediction is the result of `softmax`.

    ## Why is this bad
    The gradient of a squared error comes back through softmax times p (1 - p): where the network is sure of the wrong
    class, p is near 0 and so is the gradient, and the worst mistakes are learned from least. Cross entropy takes that
    factor out. Its target is the number of the class, or with `soft=true` the share of each.

    ## Example
    ```
    net Squared {
      input x: 16
      shares = dense(32, act=relu) -> dense(4) -> softmax
    }
    train Squared { loss = mse(shares, target) }
    ```

    ## Use instead
    ```
    net Crossed {
      input x: 16
      logits = dense(32, act=relu) -> dense(4)
    }
    train Crossed { loss = cross_entropy(logits, target, soft=true) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for term in (term for plan in net.plans for term in plan.losses if term.loss.word in REGRESSION):
            node = made_of(term.prediction, wiring) if not isinstance(term.target, Value) else None
            if node is not None and node.op == "Softmax":
                layer = wiring.layer_of.get(node)
                yield warning(
                    f"{term.loss.word} of the result of softmax",
                    term.span,
                    "has next to no gradient where the answer is surely wrong",
                    secondary=(Label(layer.span, "makes probabilities"),) if layer else (),
                    help="use `cross_entropy` of what goes into softmax, with `soft=true` for one number a class",
                )
