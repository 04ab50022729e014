"""Arithmetic of tensors: `+ - * / **`, broadcast over the axes of an example."""

from __future__ import annotations

from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.scope import Scope
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_number, kind
from netc.compiler.ir import Builder, DType, Origin, Value, format_shape, holds, is_batched, language_shape, too_large
from netc.compiler.ops import ShapeError, broadcast
from netc.compiler.ops.checks import AS_FLOATS, AS_NUMBERS
from netc.grammar import ast
from netc.grammar.diagnostics import Label

OPERATORS = {"+": ("Add", "add"), "-": ("Sub", "sub"), "*": ("Mul", "mul"), "/": ("Div", "div"), "**": ("Pow", "pow")}


def tensor_binary(frame: Frame, operator: str, left: Any, right: Any, node: ast.Binary) -> Any:
    """`left operator right`, at least one of them a tensor."""
    if operator not in OPERATORS:
        frame.error("E241", f"`{operator}` does not work on tensors", node.span, help="tensors take + - * / **")
        return POISON
    for side, value in ((node.left, left), (node.right, right)):
        if isinstance(value, Several):
            frame.error("E241", f"`{operator}` takes one tensor, found {value}", side.span,
                        help="merge the list first, as in `(x -> add)`, or take an element with `[0]`")  # fmt: skip
            return POISON
        if not isinstance(value, Tensor) and not is_number(value):
            frame.error(
                "E241",
                f"`{operator}` takes numbers or tensors, found {kind(value)}",
                side.span,
                help="give it a number, or a value of the net",
            )
            return POISON
    types = {value.value.dtype for value in (left, right) if isinstance(value, Tensor)}
    whole = next((dtype for dtype in types if dtype is not DType.FLOAT32), None)
    for side, value in ((node.left, left), (node.right, right)):
        dtype = whole if whole is not None and isinstance(value, int) and operator != "/" else DType.FLOAT32
        if is_number(value) and not holds(dtype, value):
            frame.error("E241", too_large(value, dtype), side.span, help="take a smaller number")
            return POISON
    op, word = OPERATORS[operator]
    name, scope = frame.claim_default(word, node.span)
    b = Builder(frame.run.graph, Origin(scope.path, node.span))
    first = len(frame.run.graph.nodes)
    operands = [value.value if isinstance(value, Tensor) else value for value in (left, right)]
    tensors = [value for value in operands if isinstance(value, Value)]
    if op == "Pow" and whole is not None:
        frame.error("E302", f"`**` works on floating-point numbers, found {whole}", node.span,
                    help=AS_FLOATS)  # fmt: skip
        return POISON
    try:
        if len(tensors) == 2:
            broadcast(language_shape(tensors[0]), language_shape(tensors[1]))
        operands = _cast(b, operands, op)
        if any(isinstance(operand, Value) and operand.dtype is DType.BOOL for operand in operands):
            return _no_numbers(frame, operator, node)
        result = getattr(b, op)(*_aligned(b, operands))
    except ShapeError:
        shapes = " and ".join(format_shape(language_shape(value)) for value in tensors)
        labels = [Label(value.origin.span, format_shape(language_shape(value)))
                  for value in tensors if value.origin.span]  # fmt: skip
        frame.error("E301", f"`{operator}` cannot broadcast {shapes}", node.span, shapes, secondary=labels,
                    help="sizes are aligned at the last axis; each pair must be equal, or one of them 1")  # fmt: skip
        return POISON
    return record(frame, name, scope, word, tuple(tensors), result, first, node)


def tensor_negative(frame: Frame, operand: Any, node: ast.Unary) -> Any:
    """`-x`."""
    if not isinstance(operand, Tensor):
        if operand is not POISON:
            frame.error(
                "E241",
                f"`-` takes a number or a tensor, found {kind(operand)}",
                node.operand.span,
                help="give it a number, or a value of the net",
            )
        return POISON
    if operand.value.dtype is DType.BOOL:
        return _no_numbers(frame, "-", node)
    name, scope = frame.claim_default("neg", node.span)
    first = len(frame.run.graph.nodes)
    result = Builder(frame.run.graph, Origin(scope.path, node.span)).Neg(operand.value)
    return record(frame, name, scope, "neg", (operand.value,), result, first, node)


def _no_numbers(frame: Frame, operator: str, node: ast.Syntax) -> Any:
    """Truth values are numbers only where floating-point numbers meet them."""
    frame.error("E302", f"`{operator}` works on numbers, found truth values", node.span,
                help=AS_NUMBERS)  # fmt: skip
    return POISON


def record(
    frame: Frame,
    name: str,
    scope: Scope,
    word: str,
    inputs: tuple[Value, ...],
    result: Value,
    first: int,
    node: ast.Syntax,
) -> Tensor:
    """Enter an arithmetic operation among the applications."""
    run = frame.run
    if run.absorbed is None:
        instance = LayerInstance(
            scope.path, word, None, inputs, (result,), tuple(run.graph.nodes[first:]), (), node.span,
            training_only=frame.training,
        )  # fmt: skip
        frame.enter(instance)
        run.values[scope.path] = result
    tensor = Tensor(result, scope)
    if name:
        frame.scope.members[name] = tensor
    return tensor


def _cast(b: Builder, operands: list[Any], op: str) -> list[Any]:
    """Integers become floats where a float meets them, or a quotient is asked for."""
    floats = op == "Div" or any(
        isinstance(operand, float) or (isinstance(operand, Value) and operand.dtype is DType.FLOAT32)
        for operand in operands
    )
    if not floats:
        return operands
    return [
        b.Cast(operand, to=DType.FLOAT32)
        if isinstance(operand, Value) and operand.dtype is not DType.FLOAT32
        else operand
        for operand in operands
    ]


def _aligned(b: Builder, operands: list[Any]) -> list[Any]:
    """Give batched operands as many axes as the other has, behind the batch."""
    rank = max(len(language_shape(operand)) for operand in operands if isinstance(operand, Value))
    made = []
    for operand in operands:
        if isinstance(operand, Value) and is_batched(operand) and len(language_shape(operand)) < rank:
            sizes = language_shape(operand)
            operand = b.Reshape(operand, shape=(operand.shape[0], *(1,) * (rank - len(sizes)), *sizes))
        made.append(operand)
    return made
