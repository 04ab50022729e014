"""The walk finds every node once, in the order of the text, however deep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.lexer import Lexer
from netc.grammar.parse import parse
from netc.grammar.reading import parse_file
from netc.grammar.source import Source
from netc.grammar.tables import load
from netc.grammar.walk import children, read, walk

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.net"))


@pytest.mark.quick(20)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_literal_is_found_once_and_in_order(path: Path) -> None:
    """The tokens are the other opinion."""
    file, _ = parse_file(path)
    nodes = list(walk(*file.items))
    starts = [(node.span.line, node.span.column) for node in nodes]
    assert starts == sorted(starts)
    tokens = Counter(token.kind for token in Lexer(Source(str(path), file.source), load()).run().tokens)
    found = Counter(type(node) for node in nodes)
    assert found[ast.Number] == tokens["NUMBER"]
    assert found[ast.ShapeLiteral] == tokens["SHAPE"]
    assert found[ast.Constant] == tokens["TRUE"] + tokens["FALSE"] + tokens["NONE"]
    assert found[ast.Body] == tokens["LBRACE"]


def test_pairs_of_a_table_are_nodes_too() -> None:
    file, _ = parse("x = [a: 1, b: [2, 3]]", "x.net")
    shown = [getattr(node, "id", getattr(node, "value", None)) for node in walk(*file.items)]
    assert [item for item in shown if isinstance(item, (str, int))] == ["x", "a", 1, "b", 2, 3]


def test_what_is_not_gone_into() -> None:
    file, _ = parse("net A {\n  a, b = c\n  for i in d { e = i }\n}", "x.net")
    names = [node.id for node in walk(file, inside=read) if isinstance(node, ast.Name)]
    assert names == ["c", "d", "i"]
    assert [type(node) for node in walk(file, None, inside=lambda node: ())] == [ast.File]


def test_no_tree_is_too_deep() -> None:
    span = Span("x.net", 1, 1, 1, 2)
    node: ast.Expression = ast.Name(span, "x")
    for _ in range(100_000):
        node = ast.Unary(span, "-", node)
    assert sum(1 for _ in walk(node)) == 100_001
    assert len(children(node)) == 1
