"""The `loss` and `metrics` of a train section: predictions of the net paired with fields of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netc.compiler.elaborate.advice import advise, how_to_list
from netc.compiler.elaborate.arguments import bind_declared
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import Bound
from netc.compiler.elaborate.resolve import elsewhere, in_sight
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.elaborate.translate import repair
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_number, kind
from netc.compiler.ir import DType, Value, format_shape, holds, language_shape, too_large
from netc.compiler.losses.base import PAIR, Measured
from netc.compiler.losses.base import loss as loss_registry
from netc.compiler.metrics.base import metric as metric_registry
from netc.compiler.ops import ShapeError
from netc.compiler.plan.terms import LossTerm, MetricTerm, Target, Term
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Label, did_you_mean


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


def unknown_word(frame: Frame, kind: str, word: str, node: ast.Expression, call: ast.Call | None = None) -> None:
    """Report a word that is no loss, metric, optimizer or the like, with the way out."""
    advice = advise(kind, word)
    code = "E408" if kind == "augmentation" else "E407"
    frame.error(code, f"no {kind} is called `{word}`", node.span, help=advice.help,
                fix=repair(frame, advice, node, call))  # fmt: skip


def _own(frame: Frame, node: ast.Expression) -> ast.Name | None:
    """The value of the net that stands where a loss should: in `loss = energy`, in `0.5 * energy`."""
    match node:
        case ast.Name() if isinstance(_value(frame, node.id), Tensor):
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
        frame.error("E410", f"the weight of a loss is a number, found {kind(factor)}", factor_node.span)
        return []
    scaled = weight * factor if node.operator == "*" else weight / factor
    if not holds(DType.FLOAT32, scaled):
        frame.error("E410", f"the weight of a loss: {too_large(scaled, DType.FLOAT32)}", factor_node.span)
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


def places_of(
    definition: type[Measured], arguments: tuple[ast.Argument, ...]
) -> tuple[tuple[ast.Argument, ...], ast.Argument | None, tuple[ast.Argument, ...]]:
    """What a call gives without names, for the places; its mask; the other arguments."""
    given = tuple(argument for argument in arguments if argument.name is None)
    named = [argument for argument in arguments if argument.name is not None]
    mask = next((argument for argument in named if argument.name == "mask" and definition.maskable), None)
    return given, mask, tuple(argument for argument in named if argument is not mask)


def said_places(definition: type[Measured]) -> str:
    """`a prediction and a target`."""
    names = [f"{'an' if place.name[0] in 'aeiou' else 'a'} {place.name}" for place in definition.places]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def way_to_write(definition: type[Any]) -> str:
    """How a loss is called."""
    call = "logits, label" if definition.places == PAIR else ", ".join(place.name for place in definition.places)
    return f"write `{definition.word}({call})`; other arguments are given by name"


def made_of(frame: Frame, definition: type[Any], bound: Bound, node: ast.Syntax) -> Any:
    """A loss or metric with its arguments, or None where they exclude each other, which is reported."""
    made = definition(**bound.values)
    conflict = made.conflict()
    if conflict is None:
        return made
    name, message, help = conflict
    frame.error("E224", message, bound.spans.get(name, node.span), help=help)
    return None


def filled(frame: Frame, definition: type[Any], nodes: Sequence[ast.Expression]) -> tuple[Target, ...] | None:
    """What stands in the places, or None after a mistake; two in the wrong order are one finding."""
    if definition.places == PAIR:
        pair = pair_of(frame, nodes[0], nodes[1], definition.word)
        return None if pair[0] is None or pair[1] is None else (pair[0], pair[1])
    found = [
        target_of(frame, node, _place(definition, at))
        if place.data
        else prediction_of(frame, node, _place(definition, at))
        for at, (place, node) in enumerate(zip(definition.places, nodes, strict=True))
    ]
    given = tuple(item for item in found if item is not None)
    return given if len(given) == len(found) else None


NUMBERS = ("first", "second", "third", "fourth")


def _place(definition: type[Any], at: int) -> str:
    return f"the {NUMBERS[at]} place of `{definition.word}`"


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
    prediction = prediction_of(frame, first, f"the first place of `{word}`")
    target = target_of(frame, second, f"the second place of `{word}`")
    if prediction is not None and target is prediction:
        help = "name what it is compared with"
        if isinstance(second, ast.Name):
            help = f"call the value of the net something else, so that `{second.id}` is the field of the data"
        frame.error("E413", f"`{word}` compares a value of the net with itself", second.span,
                    secondary=[Label(first.span, "this is the same value")], help=help)  # fmt: skip
        return None, None
    return prediction, target


def prediction_of(frame: Frame, node: ast.Expression, place: str) -> Value | None:
    """The value of the net that stands in a place for one."""
    if isinstance(node, ast.Name) and in_sight(frame, node.id) is None:
        known = [name for name in frame.env.visible() if isinstance(_value(frame, name), Tensor)]
        frame.error(
            "E412",
            f"the net has no value `{node.id}`",
            node.span,
            help=did_you_mean(node.id, known) or f"{place} takes a value that a bind named",
        )
        return None
    value = frame.evaluate(node)
    if value is POISON:
        return None
    if isinstance(value, Several) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Tensor):
        frame.error("E412", f"{place} takes a value of the net, found {kind(value)}", node.span)
        return None
    return value.value


def _value(frame: Frame, name: str) -> Any:
    ref = frame.env.lookup(name)
    return ref.value if ref else None


def target_of(frame: Frame, node: ast.Expression, place: str) -> Target | None:
    """A field of the data by its name, a number, or a value of the net."""
    if isinstance(node, ast.Name) and in_sight(frame, node.id) is None:
        return node.id
    value = frame.evaluate(node)
    if value is POISON:
        return None
    if is_number(value) and not holds(DType.FLOAT32, value):
        frame.error("E413", too_large(value, DType.FLOAT32), node.span)
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
        "E413", f"{place} takes a field of the data, a number or a value, found {kind(value)}",
        node.span, help="name a field of the data, or a value of the net",
    )  # fmt: skip
    return None


def fits(frame: Frame, term: Term, node: ast.Syntax) -> bool:
    """Whether a loss or metric takes the shapes of its values; otherwise it is reported."""
    try:
        term.measure.targets(*term.values)
        _check_mask(term)
    except ShapeError as error:
        value = term.values[error.at or 0] if (error.at or 0) < len(term.values) else term.prediction
        shape = format_shape(language_shape(value))
        producer = [Label(value.origin.span, shape)] if value.origin.span else []
        frame.error(error.code, error.message, node.span, error.label, secondary=producer, help=error.help)
        return False
    return True


def _check_mask(term: Term) -> None:
    """Refuse a mask that is a value of the net and no weight of rows, positions or elements; raises ShapeError."""
    if not isinstance(term.mask, Value):
        return
    positions = term.measure.positions(*term.values)
    allowed = {term.prediction.shape, *(positions[:rank] for rank in range(1, len(positions) + 1))}
    if term.mask.shape not in allowed:
        found = format_shape(language_shape(term.mask)) or "a number"
        raise ShapeError(
            f"a mask has a weight for each example or position, found {found}",
            help=f"give it the shape `[{', '.join(map(str, positions))}]`, `N` the batch, or the start of it",
        )


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
