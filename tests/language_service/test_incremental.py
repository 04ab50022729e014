"""After a change only what it touches is done again, and what is found is what a check of the whole text finds."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from editor_program import PROGRAM
from hypothesis import given, settings, strategies as st

from netc.compiler.check import check
from netc.compiler.language_service.workspace import Workspace
from netc.compiler.lint.allow import allows, suppress
from netc.grammar.diagnostics import Diagnostic
from netc.grammar.pieces import cut

PATH = "typed.net"
SNIPPETS = (
    "\n", " ", "{", "}", "(", ")", "net", "block", "# c\n", "relu\n", "conv(8, 3x3)\n", "x = ", "base = 3\n", '"',
    "train A {\n loss = cross_entropy(logits, label)\n}\n", "\nblock q(w) { conv(w, 3x3) }\n", "->", ", ", "= ", "1",
    "use std.resnet (basic)\n", "nosuch\n", "nosuch(3)\n", "[", "]", "expect params == 3\n", "é", ";",
)  # fmt: skip


def space_of(text: str) -> Workspace:
    space = Workspace({Path(PATH).resolve(): text})
    space.check(PATH)
    return space


def type_(space: Workspace, text: str) -> list[Diagnostic]:
    space.open[Path(PATH).resolve()] = text
    return list(space.check(PATH).findings)


def whole(text: str) -> list[Diagnostic]:
    result = check(PATH, text)
    return suppress(result.diagnostics, allows(result.file))


def work(space: Workspace, text: str) -> tuple[int, int]:
    """How many parts a new text has parsed, and how many nets elaborated."""
    parsed, elaborated = space.pieces.parsed, space.elaborated
    type_(space, text)
    return space.pieces.parsed - parsed, space.elaborated - elaborated


@pytest.mark.parametrize(
    ("old", "new", "parsed", "elaborated"),
    [
        ("y = dense(4)", "y = dense(5)", 1, 1),  # a net
        ("pair(base) }", "pair(base) -> relu }", 1, 1),
        ("use std", "# a line more\n\nuse std", 1, 0),  # everything below moves
        ("\nblock pair", "# about pair\n\nblock pair", 1, 0),  # a comment between two blocks
        ("[\"stem\"]", "[\"stage\"]", 1, 1),  # its train section
        ("act = relu)", "act = tanh)", 1, 1),  # a block: the nets that apply it
        ("base = 16", "base = 24", 1, 2),  # a value that both nets read
        ("y = dense(4)", "y = dense(4", 1, 0),  # half a line: the net is set aside, the other stays
    ],
)  # fmt: skip
def test_only_what_changed_is_done_again(old: str, new: str, parsed: int, elaborated: int) -> None:
    space = space_of(PROGRAM)
    assert old in PROGRAM
    assert work(space, PROGRAM.replace(old, new, 1)) == (parsed, elaborated)


def test_going_back_costs_nothing() -> None:
    space = space_of(PROGRAM)
    work(space, PROGRAM.replace("dense(4)", "dense(5)"))
    assert work(space, PROGRAM) == (0, 0)


def test_a_used_file_that_changes(tmp_path: Path) -> None:
    parts, main = tmp_path / "parts.net", tmp_path / "main.net"
    parts.write_text("block wide(n) { dense(n) -> relu }\nblock other(n) { dense(n) }\n")
    text = 'use "parts.net" (wide, other)\nnet A { input x: 8; y = wide(4) }\nnet B { input x: 8; y = other(4) }\n'
    space = Workspace({main.resolve(): text})
    assert space.check(str(main)).findings == []
    before = space.elaborated
    space.open[parts.resolve()] = parts.read_text().replace("-> relu", "-> relu -> dense(3)")
    made = space.check(str(main))
    assert space.elaborated == before + 1
    assert [work.net.outputs["y"].shape[-1] for work in made.works if work.net is not None] == [3, 4]
    space.open[parts.resolve()] = "block wide(n, m) { dense(n) -> dense(m) }\n"
    assert [found.code for found in space.check(str(main)).findings][:2] == ["E211", "E223"]


def edited(chance: random.Random, text: str) -> str:
    """A text after one change: a snippet put in, letters or a line taken out, a line doubled, a word for another."""
    kind = chance.random()
    lines = text.split("\n")
    at, line = chance.randrange(len(text) + 1), chance.randrange(len(lines))
    if kind < 0.35:
        return text[:at] + chance.choice(SNIPPETS) + text[at:]
    if kind < 0.55:
        return text[:at] + text[at + chance.randint(1, 3) :]
    if kind < 0.65:
        return "\n".join(lines[:line] + lines[line + 1 :])
    if kind < 0.75:
        return "\n".join(lines[: line + 1] + lines[line:])
    words = re.findall(r"\w+", text) or ["a"]
    one, other = chance.choice(words), chance.choice(words)
    return re.sub(rf"\b{one}\b", other, text, count=chance.choice([0, 1]))


def type_at_random(seed: int, changes: int) -> None:
    chance = random.Random(seed)
    space, text, history = space_of(PROGRAM), PROGRAM, [PROGRAM]
    for _ in range(changes):
        text = chance.choice(history) if chance.random() < 0.15 else edited(chance, text)
        history.append(text)
        assert type_(space, text) == whole(text), text


@given(st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_random_edits_find_what_the_whole_has(seed: int) -> None:
    type_at_random(seed, 5)


@pytest.mark.slow
@given(st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_many_random_edits_find_what_the_whole_has(seed: int) -> None:
    type_at_random(seed, 12)


@pytest.mark.quick(3)
@pytest.mark.parametrize("path", sorted(Path("examples/zoo").glob("*.net"))[::6], ids=lambda path: path.stem)
def test_examples_have_what_the_whole_has(path: Path) -> None:
    result = check(str(path))
    assert list(Workspace().check(str(path)).findings) == suppress(result.diagnostics, allows(result.file))


@given(st.lists(st.sampled_from([*PROGRAM.splitlines(keepends=True), *SNIPPETS]), max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_pieces_are_the_text(text: str) -> None:
    pieces = cut(text)
    assert "".join(piece.text for piece in pieces) == text
    line = 1
    for piece in pieces:
        assert piece.line == line
        line += piece.text.count("\n")
