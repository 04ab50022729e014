"""What stands at the start of a flow: a source or a layer, a tensor or not. It is looked at, before it is evaluated."""

from __future__ import annotations

from collections.abc import Iterable

from netc.compiler.elaborate.expressions import called, is_function
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import BuiltIn, LayerValue
from netc.compiler.elaborate.resolve import elsewhere, in_sight, layer_named
from netc.compiler.elaborate.values import ATTRIBUTES, is_flowing
from netc.grammar import ast
from netc.grammar.walk import children, walk

Element = ast.Expression | ast.Braced


def head_is_layer(frame: Frame, head: Element) -> bool:
    """The rule of names for the start of a flow: with arguments or braces a layer; else a value if one is in sight."""
    match head:
        case ast.Braced():
            return True
        case ast.Call(function=ast.Name(id=name)):
            return not is_function(frame, name, head)
        case ast.Call(function=function) if elsewhere(frame, function) is not None:
            return True
        case ast.Call(function=function):
            return isinstance(called(frame, function), LayerValue)
        case ast.Name(id="in"):
            return False
        case ast.Name(id=name):
            ref = in_sight(frame, name)
            if ref is not None:
                return isinstance(ref.value, LayerValue)
            return layer_named(frame, name) is not None
        case ast.Attribute():
            return elsewhere(frame, head) is not None
        case ast.Flow(elements=elements):
            return head_is_layer(frame, elements[0]) and not starts_with_source(frame, elements[0])
    return False


def starts_with_source(frame: Frame, head: Element) -> bool:
    """Whether a word, called or not, is that of a layer into which nothing flows."""
    word = head.function if isinstance(head, ast.Call) else head
    layer = layer_named(frame, word.id) if isinstance(word, ast.Name) else None
    return isinstance(layer, BuiltIn) and layer.is_source


def holds_tensor(frame: Frame, node: Element) -> bool:
    """Whether an expression computes a tensor (rather than naming one)."""
    match node:
        case ast.Binary():
            return _mentions_tensor(frame, node.left) or _mentions_tensor(frame, node.right)
        case ast.Unary():
            return _mentions_tensor(frame, node.operand)
        case ast.Conditional():
            return holds_tensor(frame, node.then) or holds_tensor(frame, node.otherwise)
        case ast.List():
            return any(holds_tensor(frame, item) or starts_with_source(frame, item) for item in node.items)
        case ast.Flow():
            return not head_is_layer(frame, node.elements[0])
    return False


def _mentions_tensor(frame: Frame, node: ast.Expression) -> bool:
    match node:
        case ast.Name(id="in") | ast.Prev():
            return True
        case ast.Name(id=name):
            ref = in_sight(frame, name)
            return ref is not None and is_flowing(ref.value)
        case ast.Attribute() | ast.Index() if not _builds(frame, node):
            return is_flowing(frame.evaluate(node))
        case ast.Attribute():
            return node.name not in ATTRIBUTES and _mentions_tensor(frame, node.value)
        case ast.Index(value=ast.List(items=items)):
            return any(_mentions_tensor(frame, item) for item in _chosen(frame, items, node.index))
        case ast.Index(value=ast.Table(entries=entries)):
            return any(_mentions_tensor(frame, entry) for _, entry in entries)
        case ast.Index():
            return _mentions_tensor(frame, node.value)
        case ast.Call():
            return starts_with_source(frame, node)
        case ast.List():
            return any(_mentions_tensor(frame, item) for item in node.items)
    return holds_tensor(frame, node)


def _builds(frame: Frame, node: ast.Expression) -> bool:
    """Whether evaluating an expression makes layers: it is then looked at only, for who looks evaluates it again."""
    return any(
        isinstance(part, (ast.Flow, ast.Braced))
        or (isinstance(part, (ast.Name, ast.Call)) and starts_with_source(frame, part))
        or (isinstance(part, (ast.Binary, ast.Unary)) and any(_names_tensor(frame, inner) for inner in walk(part)))
        for part in walk(node)
    )


def _names_tensor(frame: Frame, node: ast.Syntax) -> bool:
    return isinstance(node, (ast.Name, ast.Prev)) and _mentions_tensor(frame, node)


def _chosen(
    frame: Frame, items: tuple[ast.Expression, ...], index: ast.Expression
) -> tuple[ast.Expression, ...]:  # fmt: skip
    """Which items of a list an index takes: one, or any of them where that cannot be told without making layers."""
    at = None if _builds(frame, index) else frame.evaluate(index)
    return (items[at],) if type(at) is int and -len(items) <= at < len(items) else items


def has_layers(node: Element) -> bool:
    """Whether layers stand inside a source, so that a bind is a scope."""
    return any(isinstance(part, (ast.Flow, ast.Call)) for part in walk(node, inside=_computed))


def _computed(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """What an expression's value is computed from; a condition is static."""
    match node:
        case ast.Binary() | ast.Unary() | ast.List():
            return children(node)
        case ast.Conditional():
            return (node.then, node.otherwise)
    return ()


def is_lone(frame: Frame, node: Element) -> bool:
    """Whether an expression is one operation on tensors, which a bind then names."""
    operands = [node.left, node.right] if isinstance(node, ast.Binary) else \
        [node.operand] if isinstance(node, ast.Unary) else None  # fmt: skip
    return operands is not None and not any(
        has_layers(item) or holds_tensor(frame, item) or _builds(frame, item) for item in operands
    )
