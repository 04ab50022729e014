"""Fixes change what they say and nothing else: found by rules of the test's own, which mean well or don't."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from rule_examples import example

from netc.compiler.lint import Choice, all_rules, base, lint, running
from netc.compiler.lint.base import SECTIONS, Subject, rule, warning
from netc.compiler.lint.fixing import edited
from netc.grammar.diagnostics import Change, Diagnostic, Edit, Fix, Span
from netc.grammar.source import Source

DOCUMENTATION = "Finds a word.\n" + "".join(f"\n## {name}\nText.\n" for name in SECTIONS)
TEXT = """# a net
net A {
  input x: 4   # four numbers
  h = dense(8, act=relu)  # hidden
  out = h -> dense(2)
}
train A { loss = mse(out, y) }
"""


@pytest.fixture
def replaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`replaces("relu", "gelu", changes=…)` makes a rule that finds a word in the text and would write another."""
    monkeypatch.setattr(base, "_known", {code: all_rules()[code] for code in ("L001", "L006", "L009")})
    all_rules.cache_clear()

    def make(word: str, other: str, *, safe: bool = True, changes: tuple[Change, ...] = (), code: str = "S1") -> None:
        def check(subject: Subject) -> Iterator[Diagnostic]:
            source = Source(subject.file, subject.sources[subject.file])
            for found in re.finditer(word, source.text):
                span = source.span(*found.span())
                fix = Fix(f"write {other}", (Edit(span, other),), safe, changes)
                yield warning(f"{word} is out of fashion", span, fix=fix)

        check.__name__, check.__doc__ = f"word_{code.lower()}", DOCUMENTATION
        rule(code, fix="safe" if safe else "unsafe")(check)
        all_rules.cache_clear()

    yield make
    all_rules.cache_clear()


def fixed(folder: Path, text: str = TEXT, fixes: str = "safe") -> tuple[str, list[str], list[str]]:
    """The text afterwards, the codes that are left, and why fixes were refused."""
    (folder / "a.net").write_bytes(text.encode())
    result = lint([folder / "a.net"], choice=Choice(ignore=("L006",)), fixes=fixes)
    made = result.fixed.get(str(folder / "a.net"))
    refused = [finding.notes[-1].partition(": ")[2] for finding in made.refused] if made else []
    assert (folder / "a.net").read_bytes() == text.encode(), "the engine itself writes nothing"
    return made.text if made else text, [finding.code for finding in result.diagnostics], refused


def test_a_fix_that_changes_nothing_but_the_text(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("act=relu", "act = relu")
    assert fixed(tmp_path) == (TEXT.replace("act=relu", "act = relu"), [], [])


def test_whether_a_run_was_trained_with_a_text_is_asked_where_it_would_be_written(
    tmp_path: Path, replaces: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaces("act=relu", "act = relu")
    (tmp_path / "run.json").write_text('{"texts": {"a.net": ""}}', "utf-8")
    assert fixed(tmp_path) == (TEXT, ["S1"], [])
    file, choice = str(tmp_path / "a.net"), Choice(ignore=("L006",))
    assert lint([file], choice=choice, fixes="safe").kept == {file: tmp_path}
    asked: list[str] = []
    monkeypatch.setattr(running, "run_of", asked.append)
    assert not lint([file], choice=choice).kept
    lint([file], select=("L001",), fixes="safe")  # nothing to repair
    assert asked == []


@pytest.mark.parametrize(
    ("word", "other", "change"),
    [
        ("relu", "gelu", Change.STRUCTURE),
        (r"mse\(out", "mse(h", Change.TRAINING),
        ("mse", "mae", Change.TRAINING),
        ("# hidden", "# inside", Change.COMMENTS),
    ],
)
def test_what_a_fix_changes_it_has_to_declare(
    tmp_path: Path, replaces: Callable[..., None], word: str, other: str, change: Change
) -> None:
    replaces(word, other)
    after, left, refused = fixed(tmp_path)
    assert after == TEXT
    assert set(left) == {"S1"}
    assert all(str(change) in why or (change is Change.COMMENTS and "comment" in why) for why in refused), refused
    assert refused


def test_a_declared_change_is_applied(tmp_path: Path, replaces: Callable[..., None]) -> None:
    # what follows is called otherwise, and the weights before it start otherwise
    replaces("relu", "gelu", changes=(Change.STRUCTURE, Change.PARAMETERS, Change.NAMES))
    assert fixed(tmp_path) == (TEXT.replace("relu", "gelu"), [], [])


def test_the_number_of_units_is_parameters_too(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces(r"dense\(8", "dense(9", changes=(Change.STRUCTURE,))
    assert fixed(tmp_path)[2] == ["it would change the parameters of net `A`"]
    replaces(r"dense\(2", "dense(3", changes=(Change.STRUCTURE, Change.PARAMETERS), code="S2")
    assert "it would change the outputs of net `A`" in fixed(tmp_path)[2]


def test_a_fix_that_breaks_the_text_is_refused(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("relu", "rleu", changes=tuple(Change))
    after, left, refused = fixed(tmp_path)
    assert (after, left) == (TEXT, ["S1"])
    assert refused == ["it would bring E202, no layer is called `rleu`"]


def test_a_fix_that_another_rule_minds_is_refused(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("relu", "gelu", changes=tuple(Change))
    replaces("gelu", "relu", changes=tuple(Change), code="S2")
    after, left, refused = fixed(tmp_path)
    assert (after, left) == (TEXT, ["S1"])
    assert refused == ["it would bring S2, gelu is out of fashion"]


def test_a_fix_without_effect_is_refused(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("relu", "relu")
    assert fixed(tmp_path) == (TEXT, ["S1"], ["it changes nothing"])


def test_a_harmful_fix_does_not_hold_up_the_others(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("act=relu", "act =relu")
    replaces("hidden", "inside", code="S2")
    replaces("# four", "# 4", changes=(Change.COMMENTS,), code="S3")
    after, left, refused = fixed(tmp_path)
    assert after == TEXT.replace("act=relu", "act =relu").replace("# four", "# 4")
    assert (left, refused) == (["S2"], ["a comment would be lost"])


def test_an_unsafe_fix_waits_for_its_word(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("act=relu", "act = relu", safe=False)
    assert fixed(tmp_path) == (TEXT, ["S1"], [])
    assert fixed(tmp_path, fixes="unsafe") == (TEXT.replace("act=relu", "act = relu"), [], [])


def test_fixes_in_rounds(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces(r"relu(?=\))", "relu ")
    replaces(r"relu (?=\))", "relu  ", code="S2")
    # the first brings what the second repairs, so neither the first nor both leave the text better than it was
    assert fixed(tmp_path)[0] == TEXT
    replaces(r"act=", "act =", code="S3")
    assert fixed(tmp_path)[0] == TEXT.replace("act=", "act =")


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_and_marks_stay(tmp_path: Path, replaces: Callable[..., None], ending: str) -> None:
    replaces("act=relu", "act = relu")
    text = "\ufeff" + TEXT.replace("\n", ending)
    assert fixed(tmp_path, text)[0] == text.replace("act=relu", "act = relu")


def test_what_is_misspelt_is_a_guess(tmp_path: Path) -> None:
    text = TEXT.replace("relu", "rleu")
    assert fixed(tmp_path, text)[0] == text
    assert fixed(tmp_path, text, "unsafe")[0] == TEXT


def test_a_repair_may_bring_to_light_what_it_hid(tmp_path: Path) -> None:
    text = "net A:\n  input image: 1x28x28\n  flaten\n  dense(10)\n"
    after, left, _ = fixed(tmp_path, text, "unsafe")
    assert after == "net A {\n  input image: 1x28x28\n  flatten\n  dense(10)\n}\n"
    assert left == []


def test_what_a_file_uses_is_fixed_where_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text("block cut { conv(8, 3x3) -> batchnorm }\nnet B { input x: 1x7x7\n  cut\n}\n")
    text = 'use "lib.net" (cut)\nnet A {\n  input x: 1x7x7\n  cut\n}\n'
    assert fixed(tmp_path, text, "unsafe")[0] == text
    (result,) = lint([tmp_path / "lib.net"], select=("L002",), fixes="unsafe").fixed.values()
    assert "conv(8, 3x3, bias=false)" in result.text


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_edits_that_do_not_overlap(data: st.DataObject) -> None:
    text = data.draw(st.text("ab\n\r", max_size=30))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    words = [data.draw(st.text("xyz", max_size=3)) for _ in pairs]
    pairs = [pair for index, pair in enumerate(pairs) if index == 0 or pair[0] > pairs[index - 1][1]]
    source = Source("a", text)
    edits = [Edit(source.span(*pair), word) for pair, word in zip(pairs, words, strict=False)]
    parts, last = [], 0
    for (start, end), word in zip(pairs, words, strict=False):
        parts += [text[last:start], word]
        last = end
    assert edited(source, reversed(edits)) == "".join([*parts, text[last:]])


@pytest.mark.quick(15)
@pytest.mark.parametrize("code", [code for code, one in all_rules().items() if one.fix])
def test_a_rule_with_fixes_repairs_its_own_example(code: str, tmp_path: Path) -> None:
    example(code, "Example", tmp_path)
    look = partial(lint, [tmp_path], choice=Choice(select=(code,)))
    fixes = [finding.fix for finding in look().diagnostics if finding.fix is not None]
    assert fixes, f"{code} has no fix for its example"
    result = look(fixes=all_rules()[code].fix)
    (made,) = result.fixed.values()
    assert made.applied
    assert made.refused == []


@pytest.mark.parametrize("code", all_rules())
def test_a_fix_is_of_the_kind_that_its_rule_declares(code: str, tmp_path: Path) -> None:
    example(code, "Example", tmp_path)
    for finding in lint([tmp_path], select=(code,)).diagnostics:
        if finding.fix is not None and finding.code == code:
            assert all_rules()[code].fix == ("safe" if finding.fix.safe else "unsafe"), "say `fix=` in @rule(…)"


def test_an_edit_that_touches_another_waits(tmp_path: Path, replaces: Callable[..., None]) -> None:
    replaces("act", "act ")
    replaces("(?<=act)=", " =", code="S2")
    assert fixed(tmp_path)[0] in (TEXT.replace("act=", "act  ="), TEXT.replace("act=", "act ="))


def test_a_span_of_another_file_is_no_edit_of_this_one(tmp_path: Path, replaces: Callable[..., None]) -> None:
    def check(subject: Subject) -> Iterator[Diagnostic]:
        place = Span(subject.file, 1, 1, 1, 2)
        yield warning("somewhere else", place, fix=Fix("x", (Edit(Span("b.net", 1, 1, 1, 2), "x"),), safe=True))

    check.__name__, check.__doc__ = "elsewhere", DOCUMENTATION
    rule("S4")(check)
    all_rules.cache_clear()
    assert fixed(tmp_path) == (TEXT, ["S4"], [])
