"""Values of the wrong kind, size or place."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.layers.base import layer
from netc.compiler.optimizers.base import optimizer
from netc.grammar import ast
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

LOSSES = ("cross_entropy", "mse", "smooth_l1", "binary_cross_entropy", "accuracy")


def wrong_kind(original: Original) -> Iterator[Mutation]:
    """A number as text, and a truth as a number."""
    numbers = [node for node in _arguments(original) if isinstance(node, ast.Number)]
    for node in original.some(numbers):
        said = original.said(node)
        yield original.changed("wrong kind of argument", [(node.span, f'"{said}"')], "E224 E406", f"`{said}`")
    truths = [node for node in _arguments(original) if isinstance(node, ast.Constant) and node.value is not None]
    for node in original.some(truths):
        new = str(int(bool(node.value)))
        yield original.changed("wrong kind of argument", [(node.span, new)], "E224 E406", f"`{original.said(node)}`")


def negative(original: Original) -> Iterator[Mutation]:
    """A minus in front of a size."""
    found = []
    for call in original.nodes(ast.Call):
        if isinstance(call.function, ast.Name) and call.function.id in ("conv", "dense", "conv_transpose", "embedding"):
            found += [one.value for one in call.arguments[:1] if one.name is None and isinstance(one.value, ast.Number)]
    for node in original.some(found):
        said = original.said(node)
        yield original.changed("negative size", [(node.span, f"-{said}")], "E224", f"`{said}`")


def by_zero(original: Original) -> Iterator[Mutation]:
    """A number of a layer's arguments is divided by zero."""
    numbers = [node for node in _arguments(original) if isinstance(node, ast.Number)]
    for node, sign in zip(original.some(numbers), ("/", "//", "%"), strict=False):
        new = f"{original.said(node)} {sign} 0"
        yield original.changed("division by zero", [(node.span, new)], "E240", "divide by", "other than 0")


def repeats(original: Original) -> Iterator[Mutation]:
    """A loop of a thousand million passes."""
    counts = [node.count for node in original.nodes(ast.Repeat)]
    counts += [loop.iterable.stop for loop in original.nodes(ast.For) if isinstance(loop.iterable, ast.Range)]
    for count in original.some(counts):
        yield original.changed(
            "huge repeat", [(count.span, "1_000_000_000")], "E131 E132 E133", "repeat less often", "shorter"
        )


def swapped(original: Original) -> Iterator[Mutation]:
    """`conv(32, 3x3)` becomes `conv(3x3, 32)`, and the two of a loss change places."""
    for call, first, second in original.some(_pairs(original)):
        one, other = original.said(first), original.said(second)
        function = original.said(call.function)
        yield original.changed(
            "swapped arguments", [(first.span, other), (second.span, one)], "E224 E413 E412 E301",
            f"{function}({one}, {other}", f"{function}(prediction, target", "swap",
        )  # fmt: skip


def _pairs(original: Original) -> Iterator[tuple[ast.Call, ast.Expression, ast.Expression]]:
    outputs = {name for net in original.nets for name in net.values}
    for call in original.nodes(ast.Call):
        given = [argument.value for argument in call.arguments if argument.name is None][:2]
        word = call.function.id if isinstance(call.function, ast.Name) else ""
        if len(given) < 2:
            continue
        first, second = given
        if (word in ("conv", "conv_transpose") and isinstance(second, ast.ShapeLiteral)) or (
            word in LOSSES
            and isinstance(first, ast.Name)
            and isinstance(second, ast.Name)
            and first.id in outputs
            and second.id not in outputs
        ):
            yield call, first, second


def _arguments(original: Original) -> Iterator[ast.Expression]:
    """What is given to built-in layers and optimizers for arguments that take one number, or a truth."""
    for call in original.nodes(ast.Call):
        word = call.function.id if isinstance(call.function, ast.Name) else ""
        definition = layer.all().get(word) or optimizer.all().get(word)
        if definition is None or (word in layer.all() and layer.all()[word].inputs[1] > 1):
            continue
        yield from (argument.value for argument in call.arguments)
