"""Train sections: where their settings stand in the text, which losses take what, and what a prediction is made of."""

from __future__ import annotations

from netc.compiler.ir import Node, Value, is_batched
from netc.compiler.lint.base import Subject
from netc.compiler.lint.layers import is_activation, is_linear, is_norm
from netc.compiler.lint.wiring import Wiring
from netc.compiler.plan.terms import LossTerm
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import Span

REGRESSION = frozenset(("mse", "mae", "huber", "smooth_l1"))
"""Losses of the difference between numbers."""
OF_LOGITS = frozenset(("cross_entropy", "kl", "focal"))
"""Losses that take scores of classes and apply softmax themselves."""


def setting_span(subject: Subject, plan: TrainPlan, word: str) -> Span | None:
    """The statement of a section that gives a setting, in the file under lint; the section's own place without one."""
    section = next(
        (item for item in subject.tree.items if isinstance(item, ast.Train) and item.span == plan.span), None
    )
    if section is None:
        return None
    for statement in section.body.statements:
        if isinstance(statement, ast.Bind) and statement.targets[0].id == word:
            return statement.span
    return section.net_span


def takes_logits(term: LossTerm) -> bool:
    """Whether a loss of yes or no applies sigmoid itself."""
    given = term.loss.settings()
    if term.loss.word == "focal":
        return bool(given["binary"])
    return term.loss.word == "binary_cross_entropy" and bool(given["logits"])


def takes_classes(term: LossTerm) -> bool:
    """Whether a loss applies softmax itself."""
    return term.loss.word in OF_LOGITS and not takes_logits(term)


def made_of(value: Value, wiring: Wiring) -> Node | None:
    """The operator that makes a value, behind what rearranges it, dropout, and factors that are the same for all."""
    while True:
        value = wiring.origin(value)
        node = value.node
        if node is None or node.op not in ("Mul", "Div"):
            return node
        batched = [item for item in node.inputs if is_batched(item)]
        if len(batched) != 1 or (node.op == "Div" and batched[0] is not node.inputs[0]):
            return node
        value = batched[0]


def is_raw(value: Value, wiring: Wiring) -> bool:
    """Whether a value is the result of a layer with weights or of a norm, or of an activation behind one."""
    node = wiring.origin(value).node
    layer = wiring.layer_of.get(node) if node is not None else None
    return layer is not None and (is_linear(layer) or is_norm(layer) or is_activation(layer))
