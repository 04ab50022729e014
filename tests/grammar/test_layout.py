"""`netc fmt`: laid out twice is laid out once, what a text says stays the same, and so does its model."""

from __future__ import annotations

from pathlib import Path

import pytest
from onnx import GraphProto, ModelProto
from random_texts import random_text

from netc.compiler import compile_inference, load
from netc.grammar.ast import File
from netc.grammar.layout import arranged, laid_out
from netc.grammar.layout.documents import WIDTH
from netc.grammar.layout.markdown import laid_out_blocks
from netc.grammar.parse import parse
from netc.grammar.walk import said

REPOSITORY = Path(__file__).parents[2]
OURS = sorted(
    path for folder in ("examples", "compiler/std", "bench", "tests/grammar/examples", "tests/layers")
    for path in (REPOSITORY / folder).rglob("*.net")
)  # fmt: skip
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
HERE = Path(__file__).parent / "layout"
TEXTS, BATCH = 1000, 25


def tree_of(text: str) -> File:
    tree, found = parse(text, "a.net")
    assert not found, (found[0], text)
    return tree


def check_layout(text: str) -> str:
    """The layout of a correct text, which says the same, and whose own layout is itself."""
    result = arranged(tree_of(text))
    assert said(tree_of(result)) == said(tree_of(text))
    assert arranged(tree_of(result)) == result
    assert not [line for line in result.splitlines() if line != line.rstrip()]
    assert "\n\n\n" not in result
    return result


@pytest.mark.quick(3)
@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_our_own_texts_are_laid_out(path: Path) -> None:
    text = path.read_text("utf-8")
    assert check_layout(text) == text, f"run `netc fmt {path.relative_to(REPOSITORY)}`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_pages_blocks_are_laid_out(path: Path) -> None:
    text = path.read_text("utf-8")
    assert laid_out_blocks(text) == text, f"run `netc fmt {path.relative_to(REPOSITORY)}`"


@pytest.mark.quick(1)
@pytest.mark.parametrize("first", range(0, TEXTS, BATCH))
def test_random_texts(first: int) -> None:
    correct = 0
    for seed in range(first, first + BATCH):
        text = random_text(seed)
        if not parse(text, "a.net")[1]:
            check_layout(text)
            correct += 1
    assert correct >= BATCH * 0.8


@pytest.mark.parametrize("path", sorted(HERE.glob("*.net")), ids=lambda path: path.stem)
def test_ugly_texts(path: Path) -> None:
    """Beside each stands what becomes of it."""
    assert check_layout(path.read_text("utf-8")) == path.with_suffix(".out").read_text("utf-8")


def test_every_line_is_short_that_can_be() -> None:
    """What is longer is a comment, a string, or a word."""
    for path in OURS:
        for line in path.read_text("utf-8").splitlines():
            code = line.partition("#")[0].rstrip()
            assert len(code) <= WIDTH, (path, line)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_end_as_they_did(ending: str) -> None:
    text = "net A {\n input x: 8 # eight\n\n\n\n relu }".replace("\n", ending)
    wanted = "net A {\n  input x: 8  # eight\n\n  relu\n}\n".replace("\n", ending)
    assert laid_out(text, "a.net") == (wanted, [])


def test_a_text_with_mistakes_stays_as_it_is() -> None:
    text = "net A {  input x: 8\n dense(4 }\n"
    result, found = laid_out(text, "a.net")
    assert result == text
    assert [finding.code for finding in found] == ["E104"]


@pytest.mark.slow
def test_deep_texts() -> None:
    for text in (f"x = {'(' * 80}1{')' * 80}\n", f"x = {'[' * 80}1{']' * 80}\n", f"x = {'-' * 80}1\n"):
        check_layout(text)
    check_layout("net A {" + "{ " * 40 + "relu" + " }" * 40 + "}")
    check_layout("net A { x = " + " -> ".join(["relu"] * 2000) + " }")
    check_layout("net A { x = " + " + ".join(["a"] * 200) + " }")


def uglier(text: str) -> str:
    """The same in another layout, on other lines; lines with comments and strings stay."""
    plain = [line if set('#"') & set(line) else line.replace(", ", " ,\n     ").replace(" -> ", "\n ->  ")
             for line in text.split("\n")]  # fmt: skip
    return "\n".join(plain).replace("\n\n", "\n\n\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [path for path in OURS if path.is_relative_to(REPOSITORY / "examples")][::2], ids=lambda p: p.stem
)
def test_the_model_stays_the_same(path: Path) -> None:
    """Byte by byte, but for where it says on which line a layer is, and for the text that it carries."""
    text = path.read_text("utf-8")
    models = []
    for written in (text, uglier(text)):
        model = ModelProto.FromString(compile_inference(load(str(path), source=written)).model)
        del model.metadata_props[:]
        forget_lines(model.graph)
        models.append(model.SerializeToString(deterministic=True))
    assert models[0] == models[1]


def forget_lines(graph: GraphProto) -> None:
    """Take the lines out of a graph, and of those in it."""
    for node in graph.node:
        node.doc_string = ""
        for attribute in node.attribute:
            if attribute.HasField("g"):
                forget_lines(attribute.g)
