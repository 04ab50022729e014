"""What a loss or metric reads: values of the net, fields of the data and numbers in its places, and a mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import Bound
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_number, kind
from netc.compiler.ir import DType, Value, format_shape, holds, language_shape, too_large
from netc.compiler.losses.base import PAIR, Measured
from netc.compiler.ops import ShapeError
from netc.compiler.plan.terms import Target, Term
from netc.grammar import ast
from netc.grammar.counted import bounded, counted
from netc.grammar.diagnostics import Label, did_you_mean


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
        known = [name for name in frame.env.visible() if isinstance(value_of(frame, name), Tensor)]
        frame.error(
            "E412",
            f"the net has no value `{node.id}`",
            node.span,
            help=did_you_mean(node.id, known) or _named(frame, node.id, known, place),
        )
        return None
    value = frame.evaluate(node)
    if value is POISON:
        return None
    if isinstance(value, Several) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Tensor):
        frame.error(
            "E412",
            f"{place} takes a value of the net, found {kind(value)}",
            node.span,
            help="name an input, or what a layer makes",
        )
        return None
    return value.value


def _named(frame: Frame, wrong: str, known: Sequence[str], place: str) -> str:
    """What may stand in a place for a value of the net, where no name is like the wrong one."""
    given = {value.name for value in frame.run.graph.inputs}
    made = [name for name in known if name not in given]
    if not made:
        return f"{place} takes a value that a bind named: `{wrong} = …` in the net"
    return f"{place} takes a value of the net, such as `{made[-1]}`"


def value_of(frame: Frame, name: str) -> Any:
    """The value that a name stands for here, or None."""
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
        frame.error("E413", too_large(value, DType.FLOAT32), node.span, help="take a smaller number")
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
        _check_numbers(term)
        _check_mask(term)
    except ShapeError as error:
        value = term.values[error.at or 0] if (error.at or 0) < len(term.values) else term.prediction
        shape = format_shape(language_shape(value))
        producer = [Label(value.origin.span, shape)] if value.origin.span else []
        if any(label in told.secondary for told in frame.report.found if told.code == error.code for label in producer):
            return False  # the net has said of this value that it doesn't fit
        frame.error(error.code, error.message, node.span, error.label, secondary=producer, help=error.help)
        return False
    return True


def _check_numbers(term: Term) -> None:
    """Refuse a target in the text that is no class, or has no meaning; raises ShapeError, as where shapes differ."""
    asked = term.measure.targets(*term.values)
    given = [said for place, said in zip(term.measure.places, term.given, strict=True) if place.data]
    for spec, number in zip(asked, given, strict=False):
        if not isinstance(number, float) or number == spec.ignored:
            continue
        if spec.classes is not None and not (number.is_integer() and 0 <= number < spec.classes):
            raise ShapeError(
                f"{term.measure.word} is given the label {number:g}, "
                f"and there are {counted(spec.classes, 'class', 'classes')}",
                help=f"name the field of the data that has the labels: whole numbers from 0 to {spec.classes - 1:,}",
                code="E413",
            )
        if spec.between is not None and not spec.between[0] <= number <= spec.between[1]:
            raise ShapeError(
                f"{term.measure.word} is given the target {number:g}, where {bounded(*spec.between)} is wanted",
                help="give one of those, or take a loss for any number, such as mse",
                code="E413",
            )


def _check_mask(term: Term) -> None:
    """Refuse a mask below 0, and a value that is no weight of rows, positions or elements; raises ShapeError."""
    if isinstance(term.mask, float) and term.mask < 0:
        message = f"{term.measure.word} is weighted by {term.mask:g}, where a number of at least 0 is wanted"
        raise ShapeError(
            message, help="leave `mask` out, or name the field of the data that has the weights", code="E413"
        )
    if not isinstance(term.mask, Value):
        return
    positions = term.measure.positions(*term.values)
    allowed = {positions[:rank] for rank in range(1, len(positions) + 1)}
    if term.measure.by_element:
        allowed.add(term.prediction.shape)
    if term.mask.shape not in allowed:
        found = format_shape(language_shape(term.mask)) or "a number"
        raise ShapeError(
            f"a mask has a weight for each example or position, found {found}",
            help=f"give it the shape `[{', '.join(map(str, positions))}]`, `N` the batch, or the start of it",
        )
