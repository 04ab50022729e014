"""Mutants: a function with one small change, of those that mistakes are made of; what errors say is left alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parents[2]
OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
"""What takes the place of an operator."""
CALLED = {
    "Add": "Sub", "Sub": "Add", "Mul": "Div", "Div": "Mul", "Max": "Min", "Min": "Max", "Less": "LessOrEqual",
    "LessOrEqual": "Less", "Greater": "GreaterOrEqual", "GreaterOrEqual": "Greater", "ReduceSum": "ReduceMean",
    "ReduceMean": "ReduceSum", "ReduceMax": "ReduceMin", "ReduceMin": "ReduceMax", "And": "Or", "Or": "And",
    "Sin": "Cos", "Cos": "Sin", "Sinh": "Cosh", "Cosh": "Sinh", "any": "all", "all": "any", "min": "max", "max": "min",
}  # fmt: skip
"""What is called in the place of an operator of a graph, or of a function."""
TERMS = {"Add", "Sub", "Mul", "Div", "And", "Or", "Min", "Max"}
"""Operators of a graph of which either input may be dropped."""
SYMMETRIC = {"Add", "Mul", "And", "Or", "Min", "Max", "Equal", "min", "max", "isinstance", "zip"}
"""What doesn't care about the order of what it is given, or fails by it at once."""
ALONE = {"Neg", "Cast", "Abs", "Reciprocal", "Not", "Reshape", "Expand", "sorted", "abs"}
"""What may be left out around its first input."""
SAID = {"help", "argument", "strict", "says", "to"}
"""Arguments that no number depends on, or that no other value fits."""


@dataclass(frozen=True)
class Mutant:
    """One change of one function: `becomes` is the statement that holds it, as it is then."""

    file: str
    function: str
    line: int
    becomes: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}: {self.becomes}"


@dataclass
class _Site:
    holder: Any
    field: str
    at: int | None
    statement: ast.stmt

    def put(self, node: Any) -> Any:
        """Set what is here; what was here."""
        if self.at is None:
            before = getattr(self.holder, self.field)
            setattr(self.holder, self.field, node)
            return before
        items = getattr(self.holder, self.field)
        before, items[self.at] = items[self.at], node
        return before


class Source:
    """A file, the functions of it that are changed, and its mutants."""

    def __init__(self, path: Path, wanted: Any = None) -> None:
        self.file = str(path.relative_to(ROOT))
        self.tree = ast.parse(path.read_text("utf-8"))
        self.functions = dict(_functions(self.tree))
        if wanted is not None:
            self.functions = {name: self.functions[name] for name in wanted(self.functions)}

    def mutants(self) -> list[Mutant]:
        """Every mutant, in order."""
        return [
            Mutant(self.file, function, getattr(site.statement, "lineno", 0), self._shown(site, new), number)
            for number, (function, site, new) in enumerate(self._changes())
        ]

    def code(self, mutant: Mutant) -> CodeType:
        """The code of a mutant's function."""
        for number, (_, site, new) in enumerate(self._changes()):
            if number == mutant.number:
                before = site.put(new)
                try:
                    whole = compile(ast.fix_missing_locations(deepcopy(self.tree)), self.file, "exec")
                finally:
                    site.put(before)
                return next(code for code in _codes(whole) if code.co_qualname == mutant.function)
        raise AssertionError(f"there is no {mutant}")

    def _changes(self) -> Iterator[tuple[str, _Site, Any]]:
        for name, function in self.functions.items():
            for site, node in _sites(function):
                found = [ast.Constant(node.value + 1)] if _is_first_place(site, node) else _instead(node)
                for new in (*found, *(_swapped(site, node) if name.endswith("grad") else ())):
                    if ast.dump(new) != ast.dump(node):
                        yield name, site, new

    @staticmethod
    def _shown(site: _Site, new: Any) -> str:
        before = site.put(new)
        if isinstance(before, ast.stmt):
            shown = f"without `{_header(before)}`" if isinstance(new, ast.Pass) else _header(new)
        else:
            shown = _header(site.statement)
        site.put(before)
        return shown


def _header(statement: Any) -> str:
    """A statement in one line, without those in it."""
    text = ast.unparse(statement)
    if isinstance(statement, (ast.If, ast.For, ast.While, ast.With)):
        return text.split("\n")[0]
    return " ".join(text.split())


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """The outermost functions and methods by their qualified names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _sites(function: ast.FunctionDef) -> Iterator[tuple[_Site, Any]]:
    body = function.body
    first = int(isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant))
    for at in range(first, len(body)):
        yield from _within(_Site(function, "body", at, body[at]), body[at])


def _is_first_place(site: _Site, node: Any) -> bool:
    """Whether this is the index 0: the place before it is the last, which of one thing is the first again."""
    return isinstance(node, ast.Constant) and isinstance(site.holder, ast.Subscript) and node.value == 0


def _swapped(site: _Site, node: Any) -> Iterator[Any]:
    """The gradients of a rule in another order."""
    if isinstance(node, ast.Tuple) and isinstance(site.holder, ast.Return) and len(node.elts) > 1:
        yield ast.Tuple([*node.elts[1:], node.elts[0]], ast.Load())


def _within(site: _Site, node: Any) -> Iterator[tuple[_Site, Any]]:
    if isinstance(node, (ast.Assert, ast.Raise, ast.JoinedStr, ast.ImportFrom, ast.Import)):
        return
    if isinstance(node, ast.keyword) and node.arg in SAID:
        return
    yield site, node
    statement = node if isinstance(node, ast.stmt) else site.statement
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
            continue
        if isinstance(value, list):
            for at, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _within(_Site(node, name, at, statement), item)
        elif isinstance(value, ast.AST):
            yield from _within(_Site(node, name, None, statement), value)


def _instead(node: Any) -> Iterator[Any]:
    """What is put in the place of a node."""
    if isinstance(node, ast.stmt):
        yield from _statements(node)
    elif isinstance(node, ast.Call):
        yield from _called(node)
    else:
        yield from _expressions(node)


def _statements(node: ast.stmt) -> Iterator[Any]:
    match node:
        case ast.If():
            for test in (ast.Constant(True), ast.Constant(False), ast.UnaryOp(ast.Not(), node.test)):
                yield ast.If(test, node.body, node.orelse)
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield ast.Pass()


def _expressions(node: Any) -> Iterator[Any]:
    match node:
        case ast.BinOp():
            if type(node.op) in OTHER:
                yield ast.BinOp(node.left, OTHER[type(node.op)](), node.right)  # type: ignore[arg-type]
            yield from (node.left, node.right)
        case ast.BoolOp():
            yield ast.BoolOp(OTHER[type(node.op)](), node.values)  # type: ignore[arg-type]
            for at in range(len(node.values)):
                left = [*node.values[:at], *node.values[at + 1 :]]
                yield left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                if type(operator) in OTHER:
                    ops: Sequence[Any] = [*node.ops[:at], OTHER[type(operator)](), *node.ops[at + 1 :]]
                    yield ast.Compare(node.left, list(ops), node.comparators)
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield node.operand
        case ast.Constant():
            yield from _numbers(node.value)
        case ast.IfExp():
            yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
        case ast.comprehension() if node.ifs:
            yield ast.comprehension(node.target, node.iter, node.ifs[1:], node.is_async)


def _numbers(value: Any) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        for new in dict.fromkeys((value + 1, value - 1, 0 * value)):
            if new != value:
                yield ast.UnaryOp(ast.USub(), ast.Constant(-new)) if new < 0 else ast.Constant(new)


def _called(node: ast.Call) -> Iterator[Any]:
    word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    if word in CALLED:
        func = (
            ast.Attribute(node.func.value, CALLED[word], ast.Load())
            if isinstance(node.func, ast.Attribute)
            else ast.Name(CALLED[word], ast.Load())
        )
        yield ast.Call(func, node.args, node.keywords)
    if plain and len(node.args) == 2 and word in TERMS:
        yield from node.args
    if plain and len(node.args) >= 2 and word not in SYMMETRIC:
        for at in range(len(node.args) - 1):
            swapped = [*node.args[:at], node.args[at + 1], node.args[at], *node.args[at + 2 :]]
            yield ast.Call(node.func, swapped, node.keywords)
    if plain and node.args and word in ALONE:
        yield node.args[0]
