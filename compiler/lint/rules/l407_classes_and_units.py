"""L407: another number of outputs than the data has classes."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.plans import setting_span
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

CLASSES = {"digits": 10}
"""The data that netc itself has."""


@rule("L407")
def classes_and_units(subject: Subject) -> Iterator[Diagnostic]:
    """A classifier has another number of outputs than the data it names has classes.

    ## What it does
    Compares, where a train section says `data = "digits"`, the ten digits with the classes of its losses of labels.
    Other data is compared when it is read.

    ## Why is this bad
    With fewer outputs the first label beyond them ends the training. With more nothing does: the outputs too many learn
    to say no, a prediction may still name them, and what is measured of chance, such as a loss of log(classes) at the
    start, is off.

    ## Example
    ```
    net Dozen {
      input image: 1x8x8
      logits = flatten -> dense(32, act=relu) -> dense(12)
    }
    train Dozen { loss = cross_entropy(logits, label); data = "digits" }
    ```

    ## Use instead
    ```
    net Ten {
      input image: 1x8x8
      logits = flatten -> dense(32, act=relu) -> dense(10)
    }
    train Ten { loss = cross_entropy(logits, label); data = "digits" }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for plan in net.plans:
            known = CLASSES.get((plan.data or "").partition(":")[0])
            for term in plan.losses if known is not None else ():
                units = next((spec.classes for target, spec in term.wanted if target == "label"), None)
                place = setting_span(subject, plan, "data")
                if units is None or units == known or place is None:
                    continue
                maker = wiring.maker(wiring.origin(term.prediction))
                yield warning(
                    f"{counted(units, 'output')} for {counted(known or 0, 'class', 'classes')}",
                    term.span,
                    f"compares {counted(units, 'score')} with a label",
                    secondary=(Label(place, f"has labels from 0 to {(known or 0) - 1}"),)
                    + ((Label(maker.span, "makes the scores"),) if maker else ()),
                    help=f"give the last layer {counted(known or 0, 'output')}",
                )
