"""Every fenced `net` block in cases/*.md: the findings are exactly those that its comments name, each on its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from netc.compiler.check import check

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).resolve().parents[2]
EXPECTED = re.compile(r"\b(?:error|warning)\[([EL]\d+)\]")


def blocks(path: Path) -> Iterator[tuple[int, str]]:
    """The fenced blocks of a Markdown file, with the line on which each begins."""
    text = path.read_text(encoding="utf-8")
    for found in re.finditer(r"^```net\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield text[: found.start()].count("\n") + 1, found[1]


def every(*paths: Path) -> list[object]:
    return [pytest.param(text, id=f"{path.name}:{line}") for path in paths for line, text in blocks(path)]


def expected(text: str) -> set[tuple[int, str]]:
    return {
        (number, code)
        for number, line in enumerate(text.splitlines(), 1)
        for code in EXPECTED.findall(line.partition("#")[2])
    }


@pytest.mark.parametrize("text", every(*sorted(CASES.glob("*.md"))))
def test_findings_are_those_in_the_comments(text: str) -> None:
    found = {
        (finding.primary.span.line, finding.code)
        for finding in check("case.net", text).diagnostics
        if finding.primary is not None and not finding.code.startswith(("E10", "E11", "E12"))
    }
    assert found == expected(text)


@pytest.mark.parametrize("path", sorted((ROOT / "grammar/codes").glob("E[234]*.md")), ids=lambda path: path.stem)
def test_the_example_of_a_code_fails_and_its_repair_does_not(path: Path) -> None:
    examples = [text for _, text in blocks(path)]
    if not examples:
        without = "E212 E217 E227 E228 E260 E261 E276 E277 E278 E280 E281 E401 E415 E417 E420 E490 E495 E496"
        assert path.stem in without.split()
        return
    wrong, repaired = examples
    assert path.stem in {finding.code for finding in check("wrong.net", wrong).diagnostics}
    assert check("repaired.net", repaired).diagnostics == []


@pytest.mark.parametrize("text", every(ROOT / "docs/language.md") if (ROOT / "docs/language.md").exists() else [])
def test_the_examples_of_the_reference_are_true(text: str) -> None:
    found = {(f.primary.span.line, f.code) for f in check("docs.net", text).diagnostics if f.primary is not None}
    assert found == expected(text)
