"""What holds of every net's tree of applications, and the tree as text."""

from __future__ import annotations

import textwrap

from netc.compiler import check
from netc.compiler.applications import Application, Applied, Kind, LayerInstance
from netc.compiler.facts.count import count, part
from netc.compiler.net import Net
from netc.grammar.diagnostics import Severity, Span


def check_tree(net: Net) -> None:
    """Leaves, names, places, values and folds of a net's tree."""
    tree = net.tree
    assert [*map(id, tree.layers())] == [*map(id, net.layers)]
    assert (tree.kind, tree.word, tree.path, tree.outputs) == (Kind.NET, net.name, "", (*net.outputs.values(),))
    inside = {value for node in net.graph.all_nodes() for body in node.bodies.values() for value in body.inputs}
    made = {value for node in net.graph.all_nodes() for value in node.outputs}
    in_graph = {*net.graph.inputs, *net.graph.parameters, *inside, *made}
    for item in tree.walk():
        if isinstance(item, LayerInstance):
            continue
        assert in_graph.issuperset(item.outputs), item
        assert item.word == item.kind or item.kind in (Kind.NET, Kind.BLOCK, Kind.MERGE), item
        for child in item.children:
            assert (child.path + ".").startswith(item.path + "." * bool(item.path)), (item, child)
            assert is_train(child) or within(child.span, item.definition), (item, child)
            if isinstance(child, Application):
                assert (item.kind in (Kind.REPEAT, Kind.FOR)) == (child.kind is Kind.PASS), (item, child)
                if child.path != item.path:
                    check_part(net, child)
    check_folds(net)


def check_part(net: Net, item: Application) -> None:
    """What has a name holds the layers of that name, which are what `expect params(name)` counts."""
    assert item.layers() == part(net, item.path), item
    assert count(item.layers()) == count(part(net, item.path))


def check_folds(net: Net) -> None:
    """At every depth each layer is in one row, and the rows cost what the net costs."""
    depths = [net.tree.fold(depth) for depth in range(5)]
    assert depths[0] == [net.tree]
    for depth, folded in enumerate(depths):
        inside = [layer for item in folded for layer in ([item] if isinstance(item, LayerInstance) else item.layers())]
        assert inside == net.layers
        found = net.summary(depth)
        assert {key: found[key] for key in found if key != "rows"} == net.summary()
        rows = found["rows"]
        for key in ("params", "trainable", "buffers"):
            assert sum(row[key] for row in rows) == found["totals"][key]
        assert sum(row["layers"] for row in rows) == len(found["layers"])
        known = {port["name"] for port in found["inputs"]}
        for row in rows:
            assert known.issuperset(row["inputs"]), row
            assert row["output_shapes"]
            known.add(row["name"])
        assert len({row["name"] for row in rows}) == len(rows), depth
    assert all(isinstance(item, LayerInstance) for item in net.tree.fold(10_000))


def is_train(item: Applied) -> bool:
    """Whether this is a train section, the one thing that is written outside of the net."""
    return isinstance(item, Application) and item.kind is Kind.TRAIN


def within(inner: Span, outer: Span) -> bool:
    """Whether a stretch of text lies inside another."""
    starts = (inner.line, inner.column) >= (outer.line, outer.column)
    return (
        inner.file == outer.file and starts and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    )


def outline(item: Applied, level: int = 0) -> str:
    """A line for each application: kind, word where it is another, path."""
    if isinstance(item, LayerInstance):
        return f"{'  ' * level}{item.path} ({item.word})\n"
    word = "" if item.word == item.kind else f" {item.word}"
    line = f"{'  ' * level}{item.kind}{word}{item.path and f' [{item.path}]'}\n"
    return line + "".join(outline(child, level + 1) for child in item.children)


BLOCKS = """
block twice { inner = relu -> tanh }
block nothing { if false { relu } }
block sums { in -> add }
block given(layer) { layer }
"""


def nets(source: str) -> list[Net]:
    result = check("tree.net", textwrap.dedent(source))
    assert not [found for found in result.diagnostics if found.severity is Severity.ERROR], result.diagnostics
    for net in result.nets:
        check_tree(net)
    return result.nets


def tree(statements: str, before: str = "", after: str = "") -> Application:
    """The tree of a net with these statements, on a map of four channels."""
    body = textwrap.indent(textwrap.dedent(statements).strip(), "  ")
    source = f"{textwrap.dedent(before)}net A {{\n  input x: 4x8x8\n{body}\n}}\n{textwrap.dedent(after)}"
    return nets(source)[-1].tree


def lines(found: Application) -> str:
    """The outline without the net itself."""
    return textwrap.dedent(outline(found).partition("\n")[2]).strip()


def written(text: str) -> str:
    return textwrap.dedent(text).strip()


def applied(found: Application, path: str, kind: str) -> Application:
    """The application with this path and of this kind."""
    (item,) = (x for x in found.walk() if isinstance(x, Application) and (x.path, x.kind) == (path, kind))
    return item
