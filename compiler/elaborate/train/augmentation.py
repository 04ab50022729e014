"""What augmentation asks of a net: maps of a shape that each change takes and leaves, and a layer that normalizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.augmentations.base import Augmentation, Fixed, Kind, is_map_beside, size_of
from netc.compiler.elaborate.arguments import bind
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import BuiltIn
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.values import POISON, Tensor
from netc.compiler.ir import DType, Shape, Value
from netc.compiler.ir.open_sizes import needed_sizes, unmet
from netc.compiler.layers.base import layer
from netc.compiler.plan.terms import Term
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import Label
from netc.grammar.limits import VALUE

NORMALIZE = "normalize"
CODE = "E418"
ANY = (None, None)
"""The height and width of data that an augmentation resizes."""
FLOAT = 4
"""Bytes of a number."""


def items_of(node: ast.Expression) -> tuple[ast.Expression, ...]:
    """The augmentations that a setting lists, as they are written."""
    return node.items if isinstance(node, ast.List) else (node,)


def normalized(frame: Frame, declarations: Sequence[ast.InputDeclaration], made: list[Any],
               trains: Sequence[ast.Train]) -> list[Any]:  # fmt: skip
    """The inputs with those that are maps normalized, where a train section ends its augmentation so.

    The layer stands behind the input, as if the net said so itself. Two train sections that say different things of it
    are an error.
    """
    calls = [call for train in trains if (call := _normalize(train)) is not None]
    if not calls:
        return made
    found = list(made)
    for at, (declaration, value) in enumerate(zip(declarations, made, strict=True)):
        if not isinstance(value, Tensor) or not _is_map(value.value):
            continue
        plain = BuiltIn(NORMALIZE, None, layer.all()[NORMALIZE])
        first, *others = (bind(frame, plain, call.arguments, call) for call in calls)
        for call, other in zip(calls[1:], others, strict=True):
            if first is not None and other is not None and dict(first.values) != dict(other.values):
                frame.error(CODE, "two train sections normalize by different numbers", call.span,
                            secondary=[Label(calls[0].span, "the first one")],
                            help="a net has one first layer: give both the same")  # fmt: skip
        made_of = None if first is None else plain.with_arguments(first)
        found[at] = POISON if made_of is None else frame.apply(made_of, value, None, calls[0].span)
        frame.env.names[declaration.name] = Ref(found[at], declaration.name_span, frame.training)
    return found


def check_augmentation(frame: Frame, node: ast.Expression, listed: Sequence[Augmentation]) -> None:
    """Report E418 where an augmentation changes nothing of this net, or what its inputs cannot be."""
    items = items_of(node)
    if len(items) != len(listed):
        return  # one of them is a mistake of its own
    maps = [value for value in frame.run.graph.inputs if _is_map(value)]
    if listed and not maps:
        shown = frame.run.graph.inputs[0].name if frame.run.graph.inputs else "x"
        frame.error(CODE, "augmentation changes maps, and no input of the net is one", node.span,
                    help=f"remove it, or declare the input as a map: `input {shown}: 3x32x32`")  # fmt: skip
        return
    _check_order(frame, items, listed)
    _check_sizes(frame, maps, items, listed)
    for value in maps:
        _check_map(frame, value, items, listed)


def check_answers(frame: Frame, node: ast.Expression, listed: Sequence[Augmentation], terms: Sequence[Term]) -> None:
    """Report E418 where images move, and answers that are maps of another size would have to move with them."""
    moving = [(item, one) for item, one in zip(items_of(node), listed, strict=True)
              if one.kind is Kind.MOVES and not isinstance(one, Fixed)]  # fmt: skip
    inputs = frame.run.graph.inputs
    told = {value.name for value in inputs}
    for term in terms if moving else ():
        for target, spec in term.wanted:
            if not isinstance(target, str) or target in told or not _is_small_map(term, spec.shape, inputs):
                continue
            told.add(target)
            height, width = spec.shape[-2:]
            item, one = moving[0]
            frame.error(CODE, f"`{one.word}` moves the pixels of images, and `{target}` is a map of {height}x{width}, "
                              f"which doesn't move with them", item.span, secondary=[Label(term.span, "its answers")],
                        help=f"leave out `{one.word}`, or compare with a map as large as the image")  # fmt: skip


def check_open_sizes(frame: Frame, train: ast.Train, plan: TrainPlan) -> None:
    """Report E418 where images are resized to what the finished net cannot take of an input's open sizes."""
    sized = [at for at, one in enumerate(plan.augmentation) if one.size is not None]
    if not sized:
        return
    node = _listed(train)
    items = () if node is None else items_of(node)
    span = items[sized[-1]].span if len(items) == len(plan.augmentation) else train.span
    made = plan.augmentation[sized[-1]].size
    assert made is not None
    for value in frame.run.graph.inputs:
        needs = needed_sizes([value])
        sides = zip(("height", "width"), size_of(value), made, strict=True) if _is_map(value) else ()
        for name, size, found in sides:
            wanted = unmet(needs[str(size)], found) if str(size) in needs else None
            if wanted is not None:
                labels = [Label(value.origin.span, f"`{size}` is {wanted}")] if value.origin.span else []
                frame.error(CODE, f"images come out with a {name} of {found}, and the net takes {wanted} for `{size}`",
                            span, secondary=labels, help=f"resize them to a {name} of {wanted}")  # fmt: skip


def _is_small_map(term: Term, shape: Shape, inputs: Sequence[Value]) -> bool:
    """Whether answers are maps, of more than one place and of another size than every image."""
    is_map = len(shape) == 4 or (len(shape) == 3 and term.prediction.rank == 4)
    return is_map and shape[-2:] != (1, 1) and not is_map_beside(shape, inputs)


def _check_sizes(frame: Frame, maps: Sequence[Value], items: Sequence[ast.Syntax],
                 listed: Sequence[Augmentation]) -> None:  # fmt: skip
    """Report E418 where images of different sizes would each move by another share, and no longer show the same."""
    moving = [(item, one) for item, one in zip(items, listed, strict=True) if one.in_pixels]
    sizes = [size_of(value) for value in maps]
    other = next((at for at, size in enumerate(sizes) if size != sizes[0]), None)
    if not moving or other is None:
        return
    item, one = moving[0]
    (height, width), (first_height, first_width) = sizes[other], sizes[0]
    labels = [Label(value.origin.span, "declared here") for value in (maps[0], maps[other]) if value.origin.span]
    frame.error(CODE, f"`{one.word}` counts pixels, and those of `{maps[other].name}`, {height}x{width}, are another "
                      f"share than those of `{maps[0].name}`, {first_height}x{first_width}", item.span,
                secondary=labels, help=f"leave out `{one.word}`, or declare both of one size")  # fmt: skip


def _check_order(frame: Frame, items: Sequence[ast.Syntax], listed: Sequence[Augmentation]) -> None:
    mixing: ast.Syntax | None = None
    unbounded: Augmentation | None = None
    for at, (item, one) in enumerate(zip(items, listed, strict=True)):
        if one.kind is Kind.NET and at + 1 < len(listed):
            frame.error(CODE, f"`{one.word}` becomes the net's first layer, and `{listed[at + 1].word}` comes behind "
                              f"it", item.span, help=f"put `{one.word}` last")  # fmt: skip
        if one.kind is Kind.MIXES:
            if mixing is not None:
                frame.error(CODE, "examples are mixed once", item.span, secondary=[Label(mixing.span, "here")],
                            help="keep one of the two")  # fmt: skip
            mixing = item
        if one.unit and unbounded is not None:
            frame.error(CODE, f"`{one.word}` needs numbers from 0 to 1, and `{unbounded.word}` leaves that range",
                        item.span, help=f"put `{one.word}` in front of `{unbounded.word}`")  # fmt: skip
        if one.kind is Kind.COLOURS and one.unbounded:
            unbounded = one


def _check_map(frame: Frame, value: Value, items: Sequence[ast.Syntax], listed: Sequence[Augmentation]) -> None:
    shape = value.shape[1:]
    channels, height, width = (shape[2], shape[0], shape[1]) if value.dtype is DType.UINT8 else shape
    sized: ast.Syntax | None = None
    labels = [Label(value.origin.span, "declared here")] if value.origin.span else []
    size: tuple[Any, Any] = ANY if any(one.size is not None for one in listed) else (height, width)
    for item, one in zip(items, listed, strict=True):
        misfit = one.misfit(channels)
        if misfit is not None:
            frame.error(CODE, f"`{one.word}`: {misfit[0]}", item.span, secondary=labels, help=misfit[1])
        sides = [side for side in size if isinstance(side, int)]
        too_small = one.too_small(min(sides)) if sides else None
        if too_small is not None:
            frame.error(CODE, f"`{one.word}` {too_small[0]}", item.span, secondary=labels, help=too_small[1])
        if one.size is not None:
            size, sized = one.size, item
            _check_memory(one.size, channels, item)
    if sized is None:
        return
    wrong = [
        a for a, b in zip(size, (height, width), strict=True) if isinstance(a, int) and isinstance(b, int) and a != b
    ]
    if wrong:
        labels = [Label(value.origin.span, f"{height}x{width}")] if value.origin.span else []
        frame.error(CODE, f"images come out as {size[0]}x{size[1]}, the input `{value.name}` is {height}x{width}",
                    sized.span, secondary=labels, help=f"write `{height}x{width}` as the last size")  # fmt: skip


def _check_memory(size: tuple[int, int], channels: Any, item: ast.Syntax) -> None:
    """Raise LimitError E141 where one image of this size takes more than a value may."""
    asked = size[0] * size[1] * (channels if isinstance(channels, int) else 1) * FLOAT
    if asked > VALUE.value:
        message = f"an image of {size[0]:,} x {size[1]:,} takes {VALUE.shown(asked)}"
        raise VALUE.error(message, Label(item.span), help="make it smaller", asked=asked)


def _normalize(train: ast.Train) -> ast.Call | None:
    """What a train section ends its augmentation with, where that normalizes."""
    listed = _listed(train)
    last = () if listed is None else items_of(listed)[-1:]
    if last and isinstance(last[0], ast.Call) and isinstance(last[0].function, ast.Name):
        return last[0] if last[0].function.id == NORMALIZE else None
    return None


def _listed(train: ast.Train) -> ast.Expression | None:
    """What a train section writes behind `augmentation`, None where it writes nothing that is a list."""
    for statement in train.body.statements:
        if isinstance(statement, ast.Bind) and [target.id for target in statement.targets] == ["augmentation"]:
            value = statement.value
            listed = value.elements[0] if isinstance(value, ast.Flow) and len(value.elements) == 1 else None
            if listed is not None and not isinstance(listed, ast.Braced):
                return listed
    return None


def _is_map(value: Value) -> bool:
    """Whether augmentation changes an input: `[N, C, H, W]` of floats, or `[N, H, W, C]` of bytes."""
    return len(value.shape) == 4 and value.dtype in (DType.FLOAT32, DType.UINT8)
