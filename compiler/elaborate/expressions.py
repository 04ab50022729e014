"""The value of an expression: static values, tensors, lists of them, layers that aren't applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netc.compiler.elaborate import static
from netc.compiler.elaborate.arguments import bind, declared_call
from netc.compiler.elaborate.arithmetic import tensor_binary, tensor_negative
from netc.compiler.elaborate.elements import element, key_of, no_key
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import BuiltIn, LayerValue, Shared
from netc.compiler.elaborate.resolve import (
    elsewhere,
    in_sight,
    layer_named,
    layer_or_error,
    unknown_layer,
    value_of,
)
from netc.compiler.elaborate.scans import prev_state
from netc.compiler.elaborate.static import FUNCTIONS, StaticError
from netc.compiler.elaborate.translate import text
from netc.compiler.elaborate.values import ATTRIBUTES, POISON, Several, Tensor, is_flowing, kind, listed, tensors
from netc.compiler.initializers.base import initializer
from netc.compiler.ir import language_shape
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, did_you_mean


def evaluate(frame: Frame, node: ast.Expression, words: tuple[str, ...] = ()) -> Any:
    """The value of an expression, POISON after a mistake, which is reported. `words` may stand for themselves."""
    return KINDS[type(node)](frame, node, words)


def _conditional(frame: Frame, node: ast.Conditional, words: tuple[str, ...]) -> Any:
    condition = evaluate_condition(frame, node.condition)
    if condition is POISON:
        return POISON
    return evaluate(frame, node.then if condition else node.otherwise, words)


def _unary(frame: Frame, node: ast.Unary) -> Any:
    if node.operator == "not":
        condition = evaluate_condition(frame, node.operand)
        return condition if condition is POISON else not condition
    operand = frame.operand(node.operand)
    if is_flowing(operand):
        return tensor_negative(frame, operand, node)
    return _static(frame, node, lambda: static.negative(operand))


def _range(frame: Frame, node: ast.Range) -> Any:
    start, stop = evaluate(frame, node.start), evaluate(frame, node.stop)
    return _static(frame, node, lambda: static.span_of(start, stop), start, stop)


def _list(frame: Frame, node: ast.List, words: tuple[str, ...]) -> Any:
    return frame.sized(listed([frame.operand(item, words) for item in node.items]), node.span)


def evaluate_condition(frame: Frame, node: ast.Expression) -> Any:
    """True, False or POISON."""
    value = evaluate(frame, node)
    return _static(frame, node, lambda: static.truth(value), value)


def _static(frame: Frame, node: ast.Syntax, compute: Any, *operands: Any) -> Any:
    if any(operand is POISON for operand in operands):
        return POISON
    try:
        return frame.sized(compute(), node.span)
    except StaticError as error:
        frame.error(error.code, error.message, node.span, help=error.help)
        return POISON


def _binary(frame: Frame, node: ast.Binary) -> Any:
    if node.operator in ("and", "or"):
        left = evaluate_condition(frame, node.left)
        if left is POISON or left == (node.operator == "or"):
            return left
        return evaluate_condition(frame, node.right)
    if node.operator in ("==", "!="):
        return _equality(frame, node)
    left = frame.operand(node.left)
    if node.operator == "//" and isinstance(left, LayerValue):
        frame.error("E241", f"`//` divides whole numbers, found {left}", node.span,
                    help="write a comment after `#`")  # fmt: skip
        return POISON
    right = frame.operand(node.right)
    if left is POISON or right is POISON:
        return POISON
    for side, value in ((node.left, left), (node.right, right)):
        if isinstance(value, LayerValue):
            frame.error("E241", f"`{node.operator}` takes numbers or tensors, found {value}", side.span,
                        help="apply it to a value in parentheses: `(x -> relu)`")  # fmt: skip
            return POISON
    joins = node.operator == "+" and isinstance(left, tuple) and isinstance(right, tuple)
    if joins:
        return frame.sized(listed([*left, *right]), node.span)
    if is_flowing(left) or is_flowing(right):
        return tensor_binary(frame, node.operator, left, right, node)
    return _static(frame, node, lambda: static.binary(node.operator, left, right))


def _equality(frame: Frame, node: ast.Binary) -> Any:
    """`==` and `!=`: of static values, layers that aren't applied among them."""
    left, right = evaluate(frame, node.left), evaluate(frame, node.right)
    if isinstance(left, LayerValue) or isinstance(right, LayerValue):
        for side, value in ((node.left, left), (node.right, right)):
            if isinstance(value, (Tensor, Several, str)):
                help = f"write `{value}` without quotes" if isinstance(value, str) else "apply the layer, or name one"
                frame.error("E241", f"a layer is compared with a layer or `none`, found {kind(value)}", side.span,
                            help=help)  # fmt: skip
                return POISON
        return _static(frame, node, lambda: static.binary(node.operator, left, right), left, right)
    if is_flowing(left) or is_flowing(right):
        return POISON if POISON in (left, right) else tensor_binary(frame, node.operator, left, right, node)
    return _static(frame, node, lambda: static.binary(node.operator, left, right))


def _table(frame: Frame, node: ast.Table, words: tuple[str, ...]) -> Any:
    table: dict[Any, Any] = {}
    for key, entry in node.entries:
        said = key.id if isinstance(key, ast.Name) else evaluate(frame, key)
        if said is POISON:
            return POISON
        word = key_of(said)
        if word is None:
            frame.error(
                "E240",
                f"a key of a table is a number, a word or a shape, found {no_key(said)}",
                key.span,
                help="take the word or the number that it stands for",
            )
            return POISON
        if word in table:
            frame.error("E205", f"the table has two entries for {kind(said)}", key.span, help="remove one of the two")
        value = evaluate(frame, entry, words)
        if value is POISON:
            return POISON
        table[word] = value
    return table


def _attribute(frame: Frame, node: ast.Attribute) -> Any:
    path = elsewhere(frame, node)
    if path is not None:
        unknown_layer(frame, path, node)
        return POISON
    found = _reached(frame, node)
    if any(value in frame.run.inside for value in tensors(found)):
        frame.error("E255", f"`{node.name}` exists in its scan alone, one step at a time", node.span,
                    help="end the scan's braces with it, or make it a state, whose last value is reached")  # fmt: skip
        return POISON
    return found


def _reached(frame: Frame, node: ast.Attribute) -> Any:
    """What a path leads to."""
    value = _reached(frame, node.value) if isinstance(node.value, ast.Attribute) else evaluate(frame, node.value)
    if value is POISON:
        return POISON
    members = _members(value)
    if node.name in members:
        return members[node.name]
    if isinstance(value, Tensor) and node.name in ATTRIBUTES:
        return _shape_attribute(frame, value, node)
    known = [*members, *(ATTRIBUTES if isinstance(value, Tensor) else ())]
    notes = [f"it has {', '.join(sorted(members))}"] if 0 < len(members) <= 12 else []
    help = did_you_mean(node.name, known)
    deeper = [name for name, inner in members.items() if node.name in _members(inner)]
    if deeper:
        help = f"write the whole path: `{deeper[0]}.{node.name}` instead of `{node.name}`"
    if isinstance(value, Several):
        help = help or "take an element first, as in `[0]`"
    fix = None
    if isinstance(value, Tensor) and layer_named(frame, node.name) is not None:
        flow = f"{text(frame, node.value)} -> {node.name}"
        help, fix = f"layers are applied by an arrow: `{flow}`", Fix("write an arrow", (Edit(node.span, flow),))
    frame.error("E204", f"{kind(value)} has no `{node.name}`", node.span,
                help=help or _what_there_is(value, members), notes=notes, fix=fix)  # fmt: skip
    return POISON


def _what_there_is(value: Any, members: Iterable[str]) -> str:
    """What to reach where nothing is called alike."""
    known = [*members, *(("shape",) if isinstance(value, Tensor) else ())]
    return f"take one of {', '.join(f'`{name}`' for name in known[:6])}" if known else "leave the dot and the name out"


def _members(value: Any) -> dict[str, Any]:
    """What is reached by dots behind a value."""
    scope = value.weights if isinstance(value, Shared) else getattr(value, "scope", None)
    return scope.members if scope is not None else {}


def _shape_attribute(frame: Frame, tensor: Tensor, node: ast.Attribute) -> Any:
    shape = language_shape(tensor.value)
    if node.name == "shape":
        return tuple(shape)
    needed = {"height": 3, "width": 3}.get(node.name, 1)
    if len(shape) < needed:
        frame.error("E303", f"{tensor} has no `{node.name}`", node.span,
                    help="`height` and `width` are axes 1 and 2 of a map; `shape` gives every axis")  # fmt: skip
        return POISON
    return shape[{"channels": 0, "length": 0, "height": 1, "width": 2, "features": -1}[node.name]]


def _call(frame: Frame, node: ast.Call) -> Any:
    function = node.function
    if isinstance(function, ast.Name) and is_function(frame, function.id, node):
        return _function_call(frame, function.id, node)
    if isinstance(function, ast.Name) and layer_named(frame, function.id) is None:
        made = declared_call(frame, initializer.all(), node)
        if made is not None:
            return made
    path = elsewhere(frame, function)
    if path is not None:
        unknown_layer(frame, path, function, node)
        return POISON
    layer = layer_or_error(frame, function, node) if isinstance(function, ast.Name) else called(frame, function)
    if layer is POISON:
        for argument in node.arguments:
            if not isinstance(argument.value, (ast.Name, ast.Flow)):
                evaluate(frame, argument.value)
        return POISON
    if not isinstance(layer, LayerValue):
        frame.error("E203", f"{kind(layer)} takes no arguments", function.span, help="only layers and functions do")
        return POISON
    bound = bind(frame, layer, node.arguments, node)
    return POISON if bound is None else layer.with_arguments(bound)


def called(frame: Frame, function: ast.Expression) -> Any:
    """What stands in front of parentheses: it is found once, though it is first asked whether it is a layer."""
    key = id(function), id(frame.env)
    if key not in frame.run.called:
        frame.run.called[key] = function, frame.env, evaluate(frame, function)
    return frame.run.called[key][2]


def is_function(frame: Frame, name: str, call: ast.Call) -> bool:
    """Whether a word with arguments is a function of static values here: none takes arguments by name, layers do."""
    if name not in FUNCTIONS or (call.arguments and all(argument.name is not None for argument in call.arguments)):
        return False
    ref = in_sight(frame, name)
    found = layer_named(frame, name)
    return (ref is None or not isinstance(ref.value, LayerValue)) and (found is None or isinstance(found, BuiltIn))


def _function_call(frame: Frame, name: str, node: ast.Call) -> Any:
    values = []
    for argument in node.arguments:
        if argument.name is not None:
            frame.error("E220", f"`{name}` takes no argument by name", argument.span, help="leave the name out")
            return POISON
        values.append(evaluate(frame, argument.value))
    if any(value is POISON for value in values):
        return POISON
    flowing = [value for value in values if isinstance(value, Tensor)]
    if flowing:
        frame.error("E242", f"`{name}` works on static values, found {flowing[0]}", node.span,
                    help=f"write tensors as a flow: `x -> {name}`")  # fmt: skip
        return POISON
    return _relisted(_static(frame, node, lambda: static.call(name, values)))


def _relisted(value: Any) -> Any:
    if isinstance(value, tuple) and not isinstance(value, Several):
        return listed([_relisted(item) for item in value])
    return value


KINDS: dict[type[ast.Syntax], Callable[[Frame, Any, tuple[str, ...]], Any]] = {
    ast.Number: lambda frame, node, words: node.value,
    ast.String: lambda frame, node, words: node.value,
    ast.Constant: lambda frame, node, words: node.value,
    ast.Name: value_of,
    ast.ShapeLiteral: lambda frame, node, words: node.sizes,
    ast.List: _list,
    ast.Table: _table,
    ast.Attribute: lambda frame, node, words: _attribute(frame, node),
    ast.Index: lambda frame, node, words: element(frame, node),
    ast.Call: lambda frame, node, words: _call(frame, node),
    ast.Flow: lambda frame, node, words: frame.chain(node),
    ast.Conditional: _conditional,
    ast.Binary: lambda frame, node, words: _binary(frame, node),
    ast.Unary: lambda frame, node, words: _unary(frame, node),
    ast.Range: lambda frame, node, words: _range(frame, node),
    ast.Prev: lambda frame, node, words: prev_state(frame, node),
}
"""How an expression of each kind is evaluated."""
