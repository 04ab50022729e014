"""Whether a condition holds, and what is said where it doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.elaborate import expressions, static
from netc.compiler.elaborate.arithmetic import tensor_binary
from netc.compiler.elaborate.expects.assuming import assume
from netc.compiler.elaborate.expects.counted import MEASURED, params
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.elaborate.static import StaticError
from netc.compiler.elaborate.values import POISON, is_flowing, is_size
from netc.compiler.ir import ImpossibleError
from netc.compiler.ir.open_sizes import known_of
from netc.grammar import ast
from netc.grammar.walk import walk

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def check(frame: Frame, node: ast.Expect, condition: ast.Expression, layers: Sequence[LayerInstance] = ()) -> None:
    """Check a condition part by part; about symbolic sizes it becomes an assumption."""
    if isinstance(condition, ast.Binary) and condition.operator == "and":
        check(frame, node, condition.left, layers)
        check(frame, node, condition.right, layers)
        return
    if _is_measured(frame, condition):
        _check_measured(frame, condition)
        return
    if isinstance(condition, ast.Binary) and condition.operator in COMPARISONS:
        left, right = frame.evaluate(condition.left), frame.evaluate(condition.right)
        if left is POISON or right is POISON:
            return
        if is_flowing(left) or is_flowing(right):
            tensor_binary(frame, condition.operator, left, right, condition)
            return
        try:
            holds = static.binary(condition.operator, left, right)
        except StaticError as error:
            _check_undecided(frame, condition, error, left, right)
            return
        found = _found(source_of(frame, condition.left), left, right)
    else:
        holds = expressions.evaluate_condition(frame, condition)
        found = "is false"
        if holds is POISON:
            return
    if not holds:
        notes = [node.why] if node.why else []
        if "params" in source_of(frame, condition):
            notes += _largest(layers)
        frame.error(
            "E310",
            f"expected `{source_of(frame, condition)}`",
            condition.span,
            found,
            notes=notes,
            help="change the net, or what is expected of it",
        )


def _check_undecided(frame: Frame, condition: ast.Binary, error: StaticError, left: Any, right: Any) -> None:
    """Take what cannot be decided for an assumption, or say that it is none."""
    try:
        if error.code == "E305" and assume(frame, condition, left, right):
            return
        help = "state it as `H % 16 == 0`, `H >= 32` or `H <= 512`" if error.code == "E305" else error.help
        frame.error(error.code, error.message, condition.span, help=help)
    except ImpossibleError as impossible:
        message = f"expected `{source_of(frame, condition)}`"
        help = "state what some size is within, together with what is known of it"
        frame.error("E310", message, condition.span, f"then {impossible}", help=help)


def _is_measured(frame: Frame, condition: ast.Expression) -> bool:
    return in_sight(frame, MEASURED) is None and any(
        isinstance(node, ast.Name) and node.id == MEASURED for node in walk(condition)
    )


def _check_measured(frame: Frame, condition: ast.Expression) -> None:
    """`latency(batch=1) <= 5ms` has to have this form; whether it holds, a check cannot know."""
    match condition:
        case ast.Binary(
            operator="<" | "<=",
            left=ast.Call(
                function=ast.Name(),
                arguments=() | (ast.Argument(name="batch", value=ast.Number(value=int())),),
            ),
            right=ast.Number(),
        ):
            return
    help = "write `expect latency(batch=1) <= 5ms`; `netc bench --check` measures it"
    frame.error("E308", "a latency is measured, and compared with a time alone", condition.span, help=help)


def _found(text: str, left: Any, right: Any) -> str:
    """What a comparison is about: the value of what is compared, and what is known of sizes that are open."""
    known = known_of(size for size in (left, right) if is_size(size))
    value = [f"{text} is {_shown(left)}"] if text.replace(" ", "") != str(left).replace(" ", "") or not known else []
    return ", ".join([*value, *known])


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def source_of(frame: Frame, node: ast.Syntax) -> str:
    """The source of an expression on one line."""
    return " ".join(line.strip() for line in frame.module.source(node.span).between(node.span).splitlines())


def _largest(layers: Sequence[LayerInstance]) -> list[str]:
    """The layers that hold most parameters."""
    sized = [(sum(p.count for p in layer.parameters if not p.buffer), layer.path) for layer in layers]
    total = params(layers)
    top = sorted((item for item in sized if item[0]), key=lambda item: -item[0])[:4]
    if not top:
        return []
    return ["most parameters are in " + ", ".join(f"{path} {size:_} ({100 * size // total} %)" for size, path in top)]
