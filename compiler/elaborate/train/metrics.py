"""The `metrics` of a train section: words, with what they compare or by the first loss's pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netc.compiler.elaborate.advice import how_to_list
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import elsewhere
from netc.compiler.elaborate.train.places import filled, fits, made_of, places_of, target_of
from netc.compiler.elaborate.translate import unknown_word
from netc.compiler.losses.base import PAIR
from netc.compiler.metrics.base import metric as metric_registry
from netc.compiler.plan.terms import LossTerm, MetricTerm, Target
from netc.grammar import ast


def metrics(frame: Frame, node: ast.Expression, terms: Sequence[LossTerm]) -> list[MetricTerm]:
    """The metrics of a list; a bare one takes the first loss's pair."""
    found: list[MetricTerm] = []
    for item in node.items if isinstance(node, ast.List) else (node,):
        term = _metric(frame, item, terms)
        if term is not None:
            taken = {other.name for other in found}
            name = term.name if term.name not in taken else f"{term.name}_{len(found) + 1}"
            found.append(replace(term, name=name))
    return found


def _metric(frame: Frame, node: ast.Expression, terms: Sequence[LossTerm]) -> MetricTerm | None:
    function, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
    if not isinstance(function, ast.Name) or function.id not in metric_registry.all():
        path = elsewhere(frame, function)
        word = function.id if isinstance(function, ast.Name) else path
        if word is not None:
            unknown_word(frame, "metric", word, function, node if isinstance(node, ast.Call) else None)
            return None
        help = how_to_list("metric")
        frame.error("E407", "a metric is a word, with or without arguments", function.span, help=help)
        return None
    word, definition = function.id, metric_registry.all()[function.id]
    fewest = len(definition.places)
    leading = next((at for at, argument in enumerate(arguments) if argument.name is not None), len(arguments))
    count = fewest if leading >= fewest else 0
    given = filled(frame, definition, [argument.value for argument in arguments[:count]]) if count else None
    _, mask, rest = places_of(definition, arguments[count:])
    others = (*(argument for argument in arguments[count:] if argument.name is None), *rest)
    bound = bind_declared(frame, definition, f"`{word}`", others, node.span)
    masked = None if mask is None else target_of(frame, mask.value, f"`mask` of `{word}`")
    if not count:
        given, masked = _first_pair(frame, terms, word, node, masked if mask is not None else None)
    if bound is None or given is None or (mask is not None and masked is None):
        return None
    values = bound.values
    if "ignore_index" in definition.arguments and "ignore_index" not in values:
        values = {**values, "ignore_index": _ignored(given, terms)}
    made = made_of(frame, definition, replace(bound, values=values), node)
    if made is None:
        return None
    term = MetricTerm(word, made, given, node.span, masked)
    return term if fits(frame, term, node) else None


def _ignored(given: tuple[Target, ...], terms: Sequence[LossTerm]) -> int | None:
    """The label that a loss over the same field ignores, which is then none to judge by."""
    fields = {item for item in given if isinstance(item, str)}
    ignoring = (term for term in terms if term.target in fields)
    return next((found for term in ignoring if (found := getattr(term.loss, "ignore_index", None)) is not None), None)


def _first_pair(
    frame: Frame, terms: Sequence[LossTerm], word: str, node: ast.Syntax, mask: Target | None
) -> tuple[tuple[Target, ...] | None, Target | None]:
    """What a bare metric compares: the first loss's pair, by its mask unless another is given."""
    first = next((term for term in terms if term.measure.places == PAIR and not isinstance(term.target, float)), None)
    if first is not None:
        return first.given, first.mask if mask is None else mask
    if terms:
        frame.error("E411", f"`{word}` needs a prediction and a target", node.span,
                    help=f"write `{word}(logits, label)`")  # fmt: skip
    return None, None
