"""An operator that doesn't say all about itself is refused at import, and no list of operators stands elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netc.compiler import targets as targets  # makes the operators of their domains known
from netc.compiler.ir import Builder, Node
from netc.compiler.ops import Op, all_ops, op, sample
from netc.compiler.ops.base import OPS
from netc.compiler.ops.facts import Cost, Half, Kind
from netc.compiler.ops.fields import everything

ROOT = Path(__file__).parents[2]


def declared(**facts: Any) -> type[Op]:
    """An operator that says this and that, as a class of a file in `ops/` would; never registered if it is refused."""

    def shape(x: Any) -> Any:
        return x.shape

    def grad(g: Builder, node: Node, dy: Any) -> Any:
        return (dy,)

    body = {"shape": staticmethod(shape), "grad": staticmethod(grad), "samples": (sample((2,)),), **facts}
    return op(type("Unsaid", (Op,), {"__doc__": "One.", **body}))


SAID: dict[str, Any] = {"kind": Kind.ELEMENTWISE, "half": Half.WITH_ALL, "torch_name": "erf"}
MOVES: dict[str, Any] = {"kind": Kind.MOVEMENT, "cost": Cost.MEMORY, "torch_name": "flip",
                         "field_before": staticmethod(lambda node, at, field: everything(node.inputs[at]))}  # fmt: skip
COUNTS = {"flops": staticmethod(lambda node: 1)}


@pytest.mark.parametrize(
    ("facts", "fact", "told"),
    [
        (SAID, "kind", "`kind = Kind.…`"),
        (SAID, "half", "`half = Half.…`"),
        (SAID, "torch_name", "`torch_name = "),
        (MOVES, "cost", "`cost = Cost.…`"),
        (MOVES, "field_before", "`field_before"),
        ({**MOVES, **COUNTS, "kind": Kind.PRODUCT}, "flops", "`flops"),
        ({**MOVES, "kind": Kind.WINDOW}, "half", "Half.WITH_ONE: "),
    ],
)
def test_what_is_not_said_and_does_not_follow_is_refused(facts: dict[str, Any], fact: str, told: str) -> None:
    with pytest.raises(AssertionError, match="Unsaid") as caught:
        declared(**{name: value for name, value in facts.items() if name != fact})
    assert told in str(caught.value)
    assert "Unsaid" not in OPS


def test_only_products_multiply() -> None:
    with pytest.raises(AssertionError, match="`flops"):
        declared(**SAID, **COUNTS)


def test_what_follows_from_the_kind_need_not_be_said() -> None:
    try:
        found = declared(**SAID)
        assert (found.cost, found.torch_keeps, found.fold, found.neutral) == (Cost.MEMORY, True, None, None)
    finally:
        del OPS["Unsaid"]


# ------------------------------------------------------------ lists elsewhere
def lists(text: str, names: set[str]) -> Iterator[tuple[int, list[str]]]:
    """Line and operators of every tuple, list or set, and of the keys of every dictionary, that names two or more."""
    if len(names.intersection(re.findall(r"[\"'](\w+)[\"']", text))) < 2:
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                parts: list[Any] = items
            case ast.Dict(keys=keys):
                parts = keys
            case _:
                continue
        found = [part.value for part in parts if isinstance(part, ast.Constant) and part.value in names]
        if len(found) > 1:
            yield node.lineno, found


def sources() -> list[Path]:
    """Every module but those of operators, of what one provider lacks, of how others say them, and of what people do
    wrong with them: a rule of lint is about those that it names."""
    allowed = [ROOT / "compiler" / room for room in ("ops", "targets", "importing", "sources", "lint")]
    found = [path for room in ("compiler", "runtime", "grammar") for path in (ROOT / room).rglob("*.py")]
    return [path for path in found if not any(path.is_relative_to(room) for room in allowed)]


def test_operators_are_listed_nowhere_but_where_they_are() -> None:
    names = {*all_ops(), *OPS}
    paths = sources()
    assert len(paths) > 100
    found = [f"{path.relative_to(ROOT)}:{line} lists {', '.join(which)}"
             for path in paths for line, which in lists(path.read_text(), names)]  # fmt: skip
    assert not found, "a fact about operators belongs on each operator, in compiler/ops"


@pytest.mark.parametrize(
    "text",
    [
        'CHEAP = frozenset(("Add", "Relu"))',
        'X = frozenset({"Add", "other", "Relu"})',
        'X = ["Add", "Relu"]',
        'STATISTICS = {"Add": 1, "Relu": 2}',
        'class A:\n    x = ("Add", "Relu")',
        'X = set("Add Relu".split()) | {"Mul", "Div"}',
        'def f(node):\n    return node.op in ("Add", "Relu")',
    ],
)
def test_a_list_is_seen(text: str) -> None:
    assert list(lists(text, set(all_ops())))


def test_one_name_is_no_list() -> None:
    text = 'X = ("Add",)\nif op == "Add" or word == "add":\n    y = {"+": ("Add", "add"), "*": ("Mul", "mul")}'
    assert not list(lists(text, set(all_ops())))
