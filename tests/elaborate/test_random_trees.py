"""Random texts of nested blocks, loops, merges and chains, drawn together with the tree that they must have.

What a bind gives a name is also counted in the language itself: `expect params(name) == …`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from tiers import examples
from trees import check_tree

from netc.compiler import check
from netc.compiler.applications import Applied, LayerInstance
from netc.grammar import ast

LAYERS = {"relu": "relu", "conv(4, 3x3, pad=same)": "conv", "conv(4, 1x1, act=batchnorm -> tanh)": "conv",
          "batchnorm": "batchnorm", "dropout(0.5)": "dropout"}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """What must stand in the tree; `named` where it has a scope of its own."""

    kind: str
    children: tuple[Part, ...] = ()
    named: bool = False

    @property
    def is_layer(self) -> bool:
        return self.kind.startswith("layer")


@dataclass(frozen=True)
class Piece:
    """Text, and the parts that it makes."""

    text: str
    parts: tuple[Part, ...]


def control(kind: str, children: Sequence[Part]) -> tuple[Part, ...]:
    """Control is there where it applies something."""
    children = [child for child in children if child.kind != "pass" or child.children]
    return (Part(kind, tuple(children)),) if children else ()


def chain(children: Sequence[Part], named: bool) -> tuple[Part, ...]:
    """A chain of one application without a name of its own is that application."""
    if len(children) == 1 and not children[0].named:
        return (replace(children[0], named=named),)
    return control("chain", children) and (Part("chain", tuple(children), named),)


class Writer:
    """Draws texts; `blocks` are the bodies of the blocks that are defined so far."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.blocks: list[tuple[Part, ...]] = []
        self.names = 0

    def pick(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def name(self) -> str:
        self.names += 1
        return f"n{self.names}"

    def body(self, depth: int, low: int = 1) -> Piece:
        pieces = [self.statement(depth) for _ in range(self.pick(low, 3))]
        return Piece("; ".join(piece.text for piece in pieces), tuple(part for piece in pieces for part in piece.parts))

    def statement(self, depth: int) -> Piece:
        choice = self.pick(0, 6) if depth else 0
        if choice >= 4:
            return self.control(depth - 1)
        piece, alone = self.flow(depth)
        if choice == 3 or not self.pick(0, 2):
            if alone:
                return Piece(f"{self.name()} = {piece.text}", tuple(replace(part, named=True) for part in piece.parts))
            return Piece(f"{self.name()} = {piece.text}", chain(piece.parts, named=True))
        return piece

    def flow(self, depth: int) -> tuple[Piece, bool]:
        """Elements in a row, and whether it is one."""
        elements = [self.element(depth) for _ in range(self.pick(1, 3))]
        parts = tuple(part for element in elements for part in element.parts)
        return Piece(" -> ".join(element.text for element in elements), parts), len(elements) == 1

    def element(self, depth: int) -> Piece:
        choice = self.pick(0, 5) if depth else 0
        if choice == 5:
            inner = self.body(depth - 1)
            return Piece(f"{{ {inner.text} }}", chain(inner.parts, named=False))
        if choice == 4:
            return self.merge(depth - 1)
        if choice == 3 and self.blocks:
            number = self.pick(0, len(self.blocks) - 1)
            return Piece(f"b{number}", (Part(f"block b{number}", self.blocks[number], named=True),))
        text = self.draw(st.sampled_from(sorted(LAYERS)))
        return Piece(text, (Part(f"layer {LAYERS[text]}", named=True),))

    def merge(self, depth: int) -> Piece:
        branches = [self.branch(depth) for _ in range(self.pick(2, 3))]
        parts = [part for branch in branches for part in branch.parts]
        text = "; ".join(branch.text for branch in branches)
        return Piece(f"add {{ {text} }}", (Part("merge add", (*parts, Part("layer add", named=True))),))

    def branch(self, depth: int) -> Piece:
        if depth and not self.pick(0, 3):
            inner = self.branch(depth - 1)
            return Piece(f"repeat 2 {{ {inner.text} }}", (Part("repeat", (Part("pass", inner.parts),) * 2),))
        if not self.pick(0, 4):
            return Piece("in", (Part("branch"),))
        piece = self.statement(0) if not depth else self.flow(depth)[0]
        return Piece(piece.text, (Part("branch", piece.parts),))

    def control(self, depth: int) -> Piece:
        kind, inner = self.pick(0, 4), self.body(depth)
        if kind == 0:
            count = self.pick(0, 3)
            return Piece(f"repeat {count} {{ {inner.text} }}", control("repeat", (Part("pass", inner.parts),) * count))
        if kind == 1:
            name, other = self.name(), self.body(depth)
            text = f"for {name} in 0..3 {{ if {name} == 1 {{ {inner.text} }} else {{ {other.text} }} }}"
            passes = [Part("pass", control("if", body.parts)) for body in (other, inner, other)]
            return Piece(text, control("for", passes))
        if kind == 2:
            return Piece(f"train only {{ {inner.text} }}", control("train only", inner.parts))
        taken = self.pick(0, 1)
        return Piece(f"if {('false', 'true')[taken]} {{ {inner.text} }}", control("if", inner.parts) if taken else ())


def skeleton(item: Applied) -> Part:
    """What is in the tree, without names."""
    if isinstance(item, LayerInstance):
        return Part(f"layer {item.word}")
    word = "" if item.word == item.kind else f" {item.word}"
    return Part(f"{item.kind}{word}", tuple(map(skeleton, item.children)))


def unnamed(part: Part) -> Part:
    return Part(part.kind, tuple(map(unnamed, part.children)))


def targets(body: ast.Body) -> Iterator[ast.Name]:
    """The names that the braces' own binds give."""
    for statement in body.statements:
        if isinstance(statement, ast.Bind):
            yield from statement.targets


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_tree_is_the_one_that_was_written(data):
    writer = Writer(data.draw)
    text = ""
    for number in range(writer.pick(0, 3)):
        body = writer.body(1)
        text += f"block b{number} {{ {body.text} }}\n"
        writer.blocks.append(body.parts)
    body = writer.body(3)
    source = f"{text}net A {{\n  input x: 4x8x8\n  {body.text}\n}}\n"
    result = check("tree.net", source)
    assert result.nets, (source, result.diagnostics)
    (net,) = result.nets
    assert tuple(map(skeleton, net.tree.children)) == tuple(map(unnamed, body.parts)), source
    check_tree(net)
    bound = {target.id for item in result.file.items if isinstance(item, ast.Net) for target in targets(item.body)}
    named = [row for row in net.summary(1)["rows"] if row["name"] in bound]
    counted = "".join(f"  expect params({row['name']}) == {row['params']}\n" for row in named)
    again = check("tree.net", source.removesuffix("}\n") + counted + "}\n")
    assert again.nets, (source, counted, again.diagnostics)
