"""The `loss` of a train section: a sum of weighted terms, each of values of the net and fields of the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import elsewhere, in_sight
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.train.places import (
    filled,
    fits,
    made_of,
    places_of,
    said_places,
    target_of,
    value_of,
    way_to_write,
)
from netc.compiler.elaborate.translate import unknown_word
from netc.compiler.elaborate.values import POISON, Tensor, is_number, kind
from netc.compiler.ir import DType, holds, too_large
from netc.compiler.losses.base import loss as loss_registry
from netc.compiler.plan.terms import LossTerm
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix


def losses(frame: Frame, node: ast.Expression) -> list[LossTerm]:
    """The weighted terms of a loss; those of a table are logged by name."""
    if not isinstance(node, ast.Table):
        return _terms(frame, node, 1.0, None)
    terms: list[LossTerm] = []
    names: set[str] = set()
    for key, value in node.entries:
        name = key.id if isinstance(key, ast.Name) else key.value if isinstance(key, ast.String) else None
        if name is None:
            frame.error("E410", "the name of a loss is a word", key.span, help="write `[main: cross_entropy(…)]`")
            continue
        if name in names:
            frame.error("E405", f"two losses are called `{name}`", key.span, help="give each its own name")
        names.add(name)
        terms += [replace(term, logged=True) for term in _terms(frame, value, 1.0, name)]
    return terms


def _terms(frame: Frame, node: ast.Expression, weight: float, name: str | None) -> list[LossTerm]:
    match node:
        case ast.Binary(operator="+" | "-"):
            sign = 1.0 if node.operator == "+" else -1.0
            return _terms(frame, node.left, weight, name) + _terms(frame, node.right, sign * weight, name)
        case ast.Binary(operator="*" | "/"):
            return _weighted(frame, node, weight, name)
        case ast.Unary(operator="-"):
            return _terms(frame, node.operand, -weight, name)
        case ast.Call(function=ast.Name()):
            term = _term(frame, node, weight, name)
            return [term] if term is not None else []
        case ast.Call(function=ast.Call(function=function)):
            word = function.id if isinstance(function, ast.Name) else elsewhere(frame, function)
            if word is not None:
                unknown_word(frame, "loss", word, node.function)
                return []
        case ast.Call() if (path := elsewhere(frame, node.function)) is not None:
            unknown_word(frame, "loss", path, node.function)
            return []
        case ast.Name() if node.id in loss_registry.all():
            definition = loss_registry.all()[node.id]
            help = way_to_write(definition).split(";")[0]
            frame.error("E411", f"`{node.id}` needs {said_places(definition)}", node.span, help=help)
            return []
    if isinstance(node, ast.Name) and in_sight(frame, node.id) is None:
        unknown_word(frame, "loss", node.id, node)
        return []
    if (own := _own(frame, node)) is not None:
        frame.error("E410", f"`{own.id}` is a value of the net and no loss", own.span,
                    help=f"write `mean({own.id})`, which makes a loss of it", fix=_mean_of(own))  # fmt: skip
        return []
    frame.error("E410", "a loss is a sum of weighted losses", node.span,
                help="write `cross_entropy(logits, label) + 0.3 * mse(aux, target)`")  # fmt: skip
    return []


def _own(frame: Frame, node: ast.Expression) -> ast.Name | None:
    """The value of the net that stands where a loss should: in `loss = energy`, in `0.5 * energy`."""
    match node:
        case ast.Name() if isinstance(value_of(frame, node.id), Tensor):
            return node
        case ast.Binary():
            return _own(frame, node.left) or _own(frame, node.right)
    return None


def _mean_of(node: ast.Name) -> Fix:
    return Fix(f"write `mean({node.id})`", (Edit(node.span, f"mean({node.id})"),))


def _weighted(frame: Frame, node: ast.Binary, weight: float, name: str | None) -> list[LossTerm]:
    """`0.3 * loss`, `loss * 0.3`, `loss / 2`."""
    left_is_loss = _has_loss(node.left)
    inner, factor_node = (node.left, node.right) if left_is_loss else (node.right, node.left)
    if not _has_loss(node) and (own := _own(frame, node)) is not None:
        return _terms(frame, own, weight, name)
    if _has_loss(factor_node) or not _has_loss(inner) or (node.operator == "/" and not left_is_loss):
        frame.error("E410", "a loss is a sum of weighted losses", node.span,
                    help="multiply a loss by a number: `0.3 * mse(out, target)`")  # fmt: skip
        return []
    factor = frame.evaluate(factor_node)
    if factor is POISON:
        return []
    if not is_number(factor) or (node.operator == "/" and factor == 0):
        frame.error(
            "E410",
            f"the weight of a loss is a number, found {kind(factor)}",
            factor_node.span,
            help="write a number, as in `0.3 * mse(out, target)`" if factor != 0 else "divide by another number",
        )
        return []
    scaled = weight * factor if node.operator == "*" else weight / factor
    if not holds(DType.FLOAT32, scaled):
        frame.error(
            "E410",
            f"the weight of a loss: {too_large(scaled, DType.FLOAT32)}",
            factor_node.span,
            help="take a smaller number",
        )
        return []
    return _terms(frame, inner, scaled, name)


def _has_loss(node: Any) -> bool:
    match node:
        case ast.Call(function=ast.Name(id=name)):
            return name not in FUNCTIONS
        case ast.Binary():
            return _has_loss(node.left) or _has_loss(node.right)
        case ast.Unary():
            return _has_loss(node.operand)
    return False


def _term(frame: Frame, node: ast.Call, weight: float, name: str | None) -> LossTerm | None:
    assert isinstance(node.function, ast.Name)
    word = node.function.id
    definition = loss_registry.all().get(word)
    if definition is None:
        unknown_word(frame, "loss", word, node.function)
        return None
    given, mask, rest = places_of(definition, node.arguments)
    if len(given) != len(definition.places):
        frame.error("E411", f"`{word}` takes {said_places(definition)}", node.span, help=way_to_write(definition))
        return None
    bound = bind_declared(frame, definition, f"`{word}`", rest, node.span)
    places = filled(frame, definition, [argument.value for argument in given])
    masked = None if mask is None else target_of(frame, mask.value, f"`mask` of `{word}`")
    if bound is None or places is None or (mask is not None and masked is None):
        return None
    made = made_of(frame, definition, bound, node)
    if made is None:
        return None
    term = LossTerm(name or word, weight, made, places, node.span, masked)
    return term if fits(frame, term, node) else None
