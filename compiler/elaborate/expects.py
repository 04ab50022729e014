"""`expect`: conditions about a finished net or block, and assumptions about symbolic sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.elaborate import expressions, static
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import Shared
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.elaborate.scope import Env, Ref
from netc.compiler.elaborate.static import StaticError
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_size, kind
from netc.compiler.facts.count import Memory, distinct_parameters, figure, memory, receptive_field
from netc.compiler.ir import Dim, ImpossibleError, Symbol, bound
from netc.compiler.ir.open_sizes import known_of
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.walk import children, walk

COUNTS = ("params", "trainable", "flops", "activations", "layers", "memory")
MEASURED = "latency"
"""What only `netc bench --check` knows."""

CALLS = (*COUNTS, "receptive_field", MEASURED)
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Pending:
    """An expectation that waits for its net or block to be finished."""

    node: ast.Expect
    frame: Frame
    depth: int


def run(frame: Frame, node: ast.Expect) -> None:
    """Check a condition now if it is about what is known, later if it counts, or speaks of later names."""
    frame.run.asked += 1
    if len(frame.run.stack) == 1:
        frame.run.expects.add(node.span)
    if _waits(frame, node.condition):
        frame.run.pending.append(Pending(node, replace(frame), len(frame.run.stack)))
    else:
        check(frame, node, node.condition)


def _waits(frame: Frame, condition: ast.Expression) -> bool:
    for node in walk(condition, inside=_operands):
        match node:
            case ast.Name(id=name) if name != "in" and in_sight(frame, name) is None:
                return True
            case ast.Call(function=ast.Name(id=name)) if not expressions.is_function(frame, name, node):
                return True
    return False


def _operands(node: ast.Syntax) -> Iterable[ast.Syntax]:
    """What an expression computes with: a call's function, a flow's layers and a table's keys are no values."""
    match node:
        case ast.Call():
            return node.arguments
        case ast.Flow() | ast.Table():
            return ()
    return children(node)


def check_block(frame: Frame, first: int) -> None:
    """Check what waits in a finished block, over the layers it made."""
    _check_waiting(frame, frame.run.layers[first:])


def check_net(frame: Frame, net: Net) -> None:
    """Check what waits in a finished net."""
    _check_waiting(frame, net.layers, net)


def _check_waiting(frame: Frame, layers: Sequence[LayerInstance], net: Net | None = None) -> None:
    pending, depth = frame.run.pending, len(frame.run.stack)
    waiting = [item for item in pending if item.depth >= depth]
    frame.run.pending = [item for item in pending if item.depth < depth]
    if frame.report.mistakes > frame.run.mistakes or frame.run.poisoned:
        return
    for item in waiting:
        counted = _Counted(item.frame, layers, net)
        condition = counted.rewrite(item.node.condition)
        check(replace(item.frame, env=counted.env), item.node, condition, layers)
        if net is not None:
            _note_stated(item.frame, item.node.condition, net)


def _note_stated(frame: Frame, condition: ast.Expression, net: Net) -> None:
    """Keep the number of an `expect params == number`, and of `params(training)`, which a zoo shows as published."""
    if not isinstance(condition, ast.Binary):
        return
    if condition.operator == "and":
        for both in (condition.left, condition.right):
            _note_stated(frame, both, net)
    if condition.operator == "==" and isinstance(condition.right, ast.Number):
        counted = _text(frame, condition.left)
        if counted in ("params", "params(training)"):
            net.stated[counted] = frame.evaluate(condition.right)


class _Counted:
    """Puts counts in the place of `params`, `memory(batch=32)`, `receptive_field(x)`."""

    def __init__(self, frame: Frame, layers: Sequence[LayerInstance], net: Net | None) -> None:
        self.frame = frame
        self.layers = layers
        self.net = net
        self.env = Env(frame.env)

    def rewrite(self, node: Any) -> Any:
        """The condition with counts filled in."""
        match node:
            case ast.Name(id=name) if name in COUNTS and in_sight(self.frame, name) is None:
                return self._filled(node, self._count(name, self._inference(self.layers), node))
            case ast.Call(function=ast.Name(id=name)) if name == MEASURED and in_sight(self.frame, name) is None:
                return node
            case ast.Call(function=ast.Name(id=name)) if name in CALLS and in_sight(self.frame, name) is None:
                return self._filled(node, self._call(name, node))
            case ast.Binary():
                return replace(node, left=self.rewrite(node.left), right=self.rewrite(node.right))
            case ast.Unary():
                return replace(node, operand=self.rewrite(node.operand))
            case ast.Call():
                given = tuple(replace(argument, value=self.rewrite(argument.value)) for argument in node.arguments)
                return replace(node, arguments=given)
        return node

    def _filled(self, node: ast.Expression, value: Any) -> ast.Name:
        name = f"{len(self.env.names)} {node.span.line}:{node.span.column}"
        self.env.names[name] = Ref(value, node.span)
        return ast.Name(node.span, name)

    @staticmethod
    def _inference(layers: Sequence[LayerInstance]) -> list[LayerInstance]:
        return [layer for layer in layers if not layer.training_only]

    def _count(self, name: str, layers: Sequence[LayerInstance], node: ast.Syntax, batch: int = 1) -> Any:
        if name == "memory":
            if self.net is None:
                self.frame.error(
                    "E308", "`memory` is counted of a net, not of a block", node.span, help="move the line to the net"
                )
                return POISON
            used: Memory = memory(self.net, batch)
            return used.total
        if name == "params":  # by far the most asked for, and cheap
            return _params(layers)
        return figure(name, layers, batch)

    def _call(self, name: str, node: ast.Call) -> Any:
        batch, layers = 1, self._inference(self.layers)
        part: ast.Expression | None = None
        for argument in node.arguments:
            value = argument.value
            if argument.name == "batch" and name != "receptive_field":
                size = self.frame.evaluate(value)
                if not isinstance(size, int) or size < 1:
                    if size is not POISON:
                        self.frame.error(
                            "E224",
                            f"`batch` is a positive whole number, found {kind(size)}",
                            value.span,
                            help="write `batch=32`",
                        )
                    return POISON
                batch = size
            elif argument.name is not None:
                self.frame.error(
                    "E220",
                    f"`{name}` has no argument `{argument.name}`",
                    argument.span,
                    help="give it a layer or a value, or leave that out for all",
                )
                return POISON
            elif isinstance(value, ast.Name) and value.id == "training" and in_sight(self.frame, "training") is None:
                layers = list(self.layers)
            else:
                part = value
        if part is not None:
            return self._of(name, part, batch, list(self.layers) if self.frame.training else layers)
        if name == "receptive_field":
            self.frame.error("E223", "`receptive_field` needs a value", node.span, help="name it: `receptive_field(x)`")
            return POISON
        return self._count(name, layers, node, batch)

    def _of(self, name: str, node: ast.Expression, batch: int, layers: Sequence[LayerInstance]) -> Any:
        target = self.frame.evaluate(node)
        if target is POISON:
            return POISON
        if name == "receptive_field" and isinstance(target, Tensor):
            inputs = [self.frame.run.values.get(value.name, value) for value in self.frame.run.graph.inputs]
            fields = receptive_field(target.value, inputs)
            return fields[0] if fields and all(field == fields[0] for field in fields) else tuple(fields)
        parts = list(target) if isinstance(target, Several) else [target]
        paths = [p for item in parts if (p := _path(item)) is not None]
        if name in ("memory", "receptive_field") or len(paths) != len(parts):
            self.frame.error("E308", f"`{name}` does not count {kind(target)}", node.span,
                             help="name a layer, block, chain or merge that a bind gave a name")  # fmt: skip
            return POISON
        inside = [layer for layer in layers if any(_within(layer, path) for path in paths)]
        return self._count(name, inside, node, batch)


def _path(item: Any) -> str | None:
    scope = item.weights if isinstance(item, Shared) else getattr(item, "scope", None)
    if isinstance(item, Several) and scope is None:
        paths = [_path(inner) for inner in item]
        return paths[0].rpartition(".")[0] if paths and paths[0] else None
    return scope.path if scope is not None and scope.path else None


def _within(layer: LayerInstance, path: str) -> bool:
    names = (layer.path, *(parameter.name for parameter in layer.parameters))
    return any(name == path or name.startswith(f"{path}.") for name in names)


# ---------------------------------------------------------------- checking
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
        try:
            holds = static.binary(condition.operator, left, right)
        except StaticError as error:
            _check_undecided(frame, condition, error, left, right)
            return
        found = _found(_text(frame, condition.left), left, right)
    else:
        holds = expressions.evaluate_condition(frame, condition)
        found = "is false"
        if holds is POISON:
            return
    if not holds:
        notes = [node.why] if node.why else []
        if "params" in _text(frame, condition):
            notes += _largest(layers)
        frame.error(
            "E310",
            f"expected `{_text(frame, condition)}`",
            condition.span,
            found,
            notes=notes,
            help="change the net, or what is expected of it",
        )


def _check_undecided(frame: Frame, condition: ast.Binary, error: StaticError, left: Any, right: Any) -> None:
    """Take what cannot be decided for an assumption, or say that it is none."""
    try:
        if error.code == "E305" and _assume(frame, condition, left, right):
            return
        help = "state it as `H % 16 == 0`, `H >= 32` or `H <= 512`" if error.code == "E305" else error.help
        frame.error(error.code, error.message, condition.span, help=help)
    except ImpossibleError as impossible:
        message = f"expected `{_text(frame, condition)}`"
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


def _text(frame: Frame, node: ast.Syntax) -> str:
    """The source of an expression on one line."""
    return " ".join(line.strip() for line in frame.module.source(node.span).between(node.span).splitlines())


def _params(layers: Sequence[LayerInstance]) -> int:
    return sum(parameter.count for parameter in distinct_parameters(layers) if not parameter.buffer)


def _largest(layers: Sequence[LayerInstance]) -> list[str]:
    """The layers that hold most parameters."""
    sized = [(sum(p.count for p in layer.parameters if not p.buffer), layer.path) for layer in layers]
    total = _params(layers)
    top = sorted((item for item in sized if item[0]), key=lambda item: -item[0])[:4]
    if not top:
        return []
    return ["most parameters are in " + ", ".join(f"{path} {size:_} ({100 * size // total} %)" for size, path in top)]


def _assume(frame: Frame, node: ast.Binary, left: Any, right: Any) -> bool:
    """Take `H % 16 == 0`, `H >= 32` or `H <= 512` as known from here on; raises ImpossibleError."""
    divided = node.left
    if node.operator == "==" and right == 0 and isinstance(divided, ast.Binary) and divided.operator == "%":
        size, by = frame.evaluate(divided.left), frame.evaluate(divided.right)
        symbol = _symbol(size)
        if symbol is None or not isinstance(by, int) or by < 1:
            return False
        bound(symbol, divisor=by)
        return True
    operator, symbol, limit = node.operator, _symbol(left), right
    if symbol is None:
        operator, symbol, limit = MIRRORED.get(operator, ""), _symbol(right), left
    if symbol is None or operator not in MIRRORED or not is_size(limit) or isinstance(limit, Dim):
        return False
    if operator in (">", ">="):
        bound(symbol, minimum=limit + (operator == ">"))
    else:
        bound(symbol, maximum=limit - (operator == "<"))
    return True


def _symbol(size: Any) -> Symbol | None:
    """The symbol that a size is, if it is nothing else."""
    if not isinstance(size, Dim):
        return None
    found = size.symbols()
    symbol = found.pop() if len(found) == 1 else None
    return symbol if symbol is not None and size == Dim(symbol) else None


__all__ = ["check_block", "check_net", "run"]
