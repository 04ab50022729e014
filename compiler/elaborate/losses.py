"""The `loss` and `metrics` of a train section: predictions of the net paired with fields of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netc.compiler.elaborate.advice import advise, how_to_list
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import elsewhere, in_sight
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.translate import repair
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_number, kind
from netc.compiler.ir import Value, format_shape, language_shape
from netc.compiler.losses.base import loss as loss_registry
from netc.compiler.metrics.base import metric as metric_registry
from netc.compiler.ops import ShapeError
from netc.compiler.plan.terms import LossTerm, MetricTerm, Target
from netc.grammar import ast
from netc.grammar.diagnostics import Label, did_you_mean


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
            frame.error("E411", f"`{node.id}` needs a prediction and a target", node.span,
                        help=f"write `{node.id}(logits, label)`")  # fmt: skip
            return []
    if isinstance(node, ast.Name) and in_sight(frame, node.id) is None:
        unknown_word(frame, "loss", node.id, node)
        return []
    frame.error("E410", "a loss is a sum of weighted losses", node.span,
                help="write `cross_entropy(logits, label) + 0.3 * mse(aux, target)`")  # fmt: skip
    return []


def unknown_word(frame: Frame, kind: str, word: str, node: ast.Expression, call: ast.Call | None = None) -> None:
    """Report a word that is no loss, metric, optimizer or the like, with the way out."""
    advice = advise(kind, word)
    code = "E408" if kind == "augmentation" else "E407"
    frame.error(code, f"no {kind} is called `{word}`", node.span, help=advice.help,
                fix=repair(frame, advice, node, call))  # fmt: skip


def _weighted(frame: Frame, node: ast.Binary, weight: float, name: str | None) -> list[LossTerm]:
    """`0.3 * loss`, `loss * 0.3`, `loss / 2`."""
    left_is_loss = _has_loss(node.left)
    inner, factor_node = (node.left, node.right) if left_is_loss else (node.right, node.left)
    if _has_loss(factor_node) or not _has_loss(inner) or (node.operator == "/" and not left_is_loss):
        frame.error("E410", "a loss is a sum of weighted losses", node.span,
                    help="multiply a loss by a number: `0.3 * mse(out, target)`")  # fmt: skip
        return []
    factor = frame.evaluate(factor_node)
    if factor is POISON:
        return []
    if not is_number(factor) or (node.operator == "/" and factor == 0):
        frame.error("E410", f"the weight of a loss is a number, found {kind(factor)}", factor_node.span)
        return []
    return _terms(frame, inner, weight * factor if node.operator == "*" else weight / factor, name)


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
    pair = [argument for argument in node.arguments if argument.name is None]
    rest = tuple(argument for argument in node.arguments if argument.name is not None)
    if len(pair) != 2:
        frame.error("E411", f"`{word}` takes a prediction and a target", node.span,
                    help=f"write `{word}(logits, label)`; other arguments are given by name")  # fmt: skip
        return None
    bound = bind_declared(frame, definition, f"`{word}`", rest, node.span)
    prediction, target = pair_of(frame, pair[0].value, pair[1].value, word)
    if bound is None or prediction is None or target is None:
        return None
    made = definition(**bound.values)
    if not fits(frame, made, prediction, node):
        return None
    return LossTerm(name or word, weight, made, prediction, target, node.span)


def pair_of(
    frame: Frame, first: ast.Expression, second: ast.Expression, word: str
) -> tuple[Value | None, Target | None]:
    """A prediction and its target; two in the wrong order are one finding."""
    if isinstance(first, ast.Name) and isinstance(second, ast.Name) and in_sight(frame, first.id) is None:
        ref = in_sight(frame, second.id)
        if ref is not None and isinstance(ref.value, Tensor):
            frame.error("E413", f"`{second.id}` is a value of the net, and `{first.id}` is not", second.span,
                        secondary=[Label(ref.span, "bound here")],
                        help=f"the prediction comes first, then the target: `{word}(prediction, target)`")  # fmt: skip
            return None, None
    return prediction_of(frame, first, word), target_of(frame, second, word)


def prediction_of(frame: Frame, node: ast.Expression, word: str) -> Value | None:
    """The value of the net that stands in a place for predictions."""
    if isinstance(node, ast.Name) and in_sight(frame, node.id) is None:
        known = [name for name in frame.env.visible() if isinstance(_value(frame, name), Tensor)]
        frame.error(
            "E412",
            f"the net has no value `{node.id}`",
            node.span,
            help=did_you_mean(node.id, known) or f"the first place of `{word}` takes a value that a bind named",
        )
        return None
    value = frame.evaluate(node)
    if value is POISON:
        return None
    if isinstance(value, Several) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Tensor):
        frame.error("E412", f"the first place of `{word}` takes a value of the net, found {kind(value)}", node.span)
        return None
    return value.value


def _value(frame: Frame, name: str) -> Any:
    ref = frame.env.lookup(name)
    return ref.value if ref else None


def target_of(frame: Frame, node: ast.Expression, word: str) -> Target | None:
    """A field of the data by its name, a number, or a value of the net."""
    if isinstance(node, ast.Name) and in_sight(frame, node.id) is None:
        return node.id
    value = frame.evaluate(node)
    if value is POISON:
        return None
    if is_number(value):
        return float(value)
    if isinstance(value, Several) and len(value) == 1:
        value = value[0]
    if isinstance(value, Tensor):
        return value.value
    if isinstance(node, ast.Name) and not isinstance(value, Several):
        return node.id
    frame.error(
        "E413", f"the second place of `{word}` takes a field of the data, a number or a value, found {kind(value)}",
        node.span, help=f"write `{word}(prediction, target)`",
    )  # fmt: skip
    return None


def fits(frame: Frame, made: Any, prediction: Value, node: ast.Syntax) -> bool:
    """Whether a loss or metric takes the prediction's shape; otherwise it is reported."""
    try:
        made.target(prediction)
    except ShapeError as error:
        shape = format_shape(language_shape(prediction))
        producer = [Label(prediction.origin.span, shape)] if prediction.origin.span else []
        frame.error(error.code, error.message, node.span, error.label, secondary=producer, help=error.help)
        return False
    return True


def metrics(frame: Frame, node: ast.Expression, terms: Sequence[LossTerm]) -> list[MetricTerm]:
    """The metrics of a list; a bare one takes the first loss's pair."""
    found: list[MetricTerm] = []
    for item in node.items if isinstance(node, ast.List) else (node,):
        term = _metric(frame, item, terms)
        if term is not None:
            taken = {other.name for other in found}
            name = term.name if term.name not in taken else f"{term.name}_{len(found) + 1}"
            found.append(MetricTerm(name, term.metric, term.prediction, term.target, term.span))
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
    pair: tuple[ast.Argument, ...] = ()
    if len(arguments) >= 2 and arguments[0].name is None and arguments[1].name is None:
        pair, arguments = arguments[:2], arguments[2:]
    bound = bind_declared(frame, definition, f"`{word}`", arguments, node.span)
    prediction, target = _pair(frame, pair, terms, word, node)
    if bound is None or prediction is None or target is None:
        return None
    made = definition(**bound.values)
    if not fits(frame, made, prediction, node):
        return None
    return MetricTerm(word, made, prediction, target, node.span)


def _pair(
    frame: Frame, pair: tuple[ast.Argument, ...], terms: Sequence[LossTerm], word: str, node: ast.Syntax
) -> tuple[Value | None, Target | None]:
    if pair:
        return pair_of(frame, pair[0].value, pair[1].value, word)
    first = next((term for term in terms if not isinstance(term.target, float)), None)
    if first is not None:
        return first.prediction, first.target
    if terms:
        frame.error("E411", f"`{word}` needs a prediction and a target", node.span,
                    help=f"write `{word}(logits, label)`")  # fmt: skip
    return None, None
