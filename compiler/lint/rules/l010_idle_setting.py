"""L010: a setting of a train section that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections
from netc.compiler.plan.moving import matches, rate_factors
from netc.compiler.plan.train_plan import STEP_SETTINGS, StepPlan
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label, Span


@rule("L010")
def idle_setting(subject: Subject) -> Iterator[Diagnostic]:
    """A setting of a `train` section has no effect.

    ## What it does
    Finds losses of weight 0, `class_weights` that are all equal, factors of 1 and patterns that others come before in
    `rates` and `initializers`, penalties of 0, an `average` of 0, and settings of a section that each of its steps
    replaces. What nothing reads in the network itself is [L006](#l006-unused).

    ## Why is this bad
    The text says that something is done, and it isn't: whoever compares two trainings by their sections is misled. Of
    several patterns that fit a weight, the first counts for `rates` and the last for `initializers`, which is where
    most of these come from.

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
      rates     = ["dense1": 0.1, "dense1.weight": 0.01]
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
      rates     = ["dense1.weight": 0.01, "dense1": 0.1]
    }
    ```
    """
    for section in sections(subject):
        for step in section.plan.steps:
            yield from _losses(step)
            yield from _rates(section, step)
            for word, pairs in (("l1", step.l1), ("l2", step.l2)):
                for pattern, factor in pairs:
                    if factor == 0:
                        yield warning(f'`{word}` of "{pattern}" is 0', section.place(word, step), help="leave it out")
        yield from _initializers(section)
        yield from _replaced(section)
        if section.plan.average == 0:
            help = "leave it out, or keep most of it: `average = 0.999`"
            message = "an average that keeps nothing is the weights themselves"
            yield warning(message, section.place("average"), help=help)


def _losses(step: StepPlan) -> Iterator[Diagnostic]:
    for term in step.losses:
        if term.weight == 0:
            yield warning(f"`{term.loss.word}` counts for nothing", term.span, "its weight is 0", help="leave it out")
        weights = getattr(term.loss, "class_weights", None)
        if isinstance(weights, tuple) and len(set(weights)) == 1:
            message = f"all of {counted(len(weights), 'class', 'classes')} have the weight {weights[0]:g}"
            help = "leave `class_weights` out: the mean is by the sum of the weights"
            yield warning(message, term.span, "equal weights cancel", help=help)


def _rates(section: Section, step: StepPlan) -> Iterator[Diagnostic]:
    names = [item.name for item in section.net.parameters]
    for at, (pattern, factor) in enumerate(step.rates):
        own = rate_factors(names, _only(step, ((pattern, factor),)))
        left = own.keys() - rate_factors(names, _only(step, step.rates[:at])).keys()
        hides = any(left & rate_factors(names, _only(step, (later,))).keys() for later in step.rates[at + 1 :])
        if own and not left:
            earlier = (
                pair for pair in step.rates[:at] if own.keys() & rate_factors(names, _only(step, (pair,))).keys()
            )
            before = next(earlier)[0]
            yield warning(
                f'the rate of "{pattern}" is never used',
                _entry(section, "rates", pattern, step),
                "of the patterns that fit, the first counts",
                help=f'put "{pattern}" in front of "{before}"',
            )
        elif factor == 1 and not hides:
            message = f'the rate of "{pattern}" is multiplied by 1'
            yield warning(message, _entry(section, "rates", pattern, step), help="leave it out")


def _only(step: StepPlan, rates: tuple[tuple[str, float], ...]) -> StepPlan:
    return StepPlan(step.losses, rates=rates)


def _initializers(section: Section) -> Iterator[Diagnostic]:
    given = section.plan.initializers
    names = [item.name for item in section.net.parameters]
    for at, (pattern, _) in enumerate(given):
        own = [name for name in names if matches(name, (pattern,))]
        later = [other for other, _ in given[at + 1 :]]
        if own and all(matches(name, later) for name in own):
            yield warning(
                f'the initializer of "{pattern}" is never used',
                _entry(section, "initializers", pattern),
                "of the patterns that fit, the last counts",
                help=f'put "{pattern}" behind "{later[-1]}", or leave it out',
            )


def _replaced(section: Section) -> Iterator[Diagnostic]:
    """Settings of the section that every one of its steps has itself."""
    steps = [item for item in section.tree.body.statements if isinstance(item, ast.Step)]
    own = [{target.id for item in step.body.statements if isinstance(item, ast.Bind) for target in item.targets}
           for step in steps]  # fmt: skip
    for statement in section.tree.body.statements if steps else ():
        for target in statement.targets if isinstance(statement, ast.Bind) else ():
            if target.id in STEP_SETTINGS and all(target.id in words for words in own):
                yield warning(
                    f"`{target.id}` is replaced by every step",
                    statement.span,
                    secondary=[Label(step.span, "has its own") for step in steps[:3]],
                    help="leave it out here, or in the steps",
                )


def _entry(section: Section, word: str, pattern: str, step: StepPlan | None = None) -> Span:
    """Where a pattern is written in a table."""
    bind = section.setting(word, step)
    table = bind.value.elements[0] if bind is not None and isinstance(bind.value, ast.Flow) else None
    for key, value in table.entries if isinstance(table, ast.Table) else ():
        if isinstance(key, ast.String) and key.value == pattern:
            return key.span.to(value.span)
    return section.place(word, step)
