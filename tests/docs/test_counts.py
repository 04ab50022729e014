"""Counts are said by `counted`, so that no message speaks of `1 rows`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from source_trees import trees

from netc.grammar.counted import counted

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("grammar", "compiler", "runtime", "netc/cli")
NOUNS = (
    "answers|arguments|axes|batches|brackets|bytes|channels|classes|columns|copies|cores|elements|epochs|errors|"
    "examples|files|findings|groups|images|inputs|items|layers|lines|names|nodes|numbers|outputs|parameters|parts|"
    "rounds|rows|samples|sizes|steps|tensors|threads|values|warnings|words"
)
COUNTED = re.compile(rf"^ (?:[a-z-]+ )?({NOUNS})\b")
LIMIT = re.compile(r"[A-Z_]+$")
ALLOWED = {
    "first.word", "line",  # `two conv layers`, `line 3 names`
    "rate", "found['examples_per_second']",  # `12 examples/s`
    "wanted",  # `2 to 3`, `at least 2`
    "owner", "word", "folder.manifest_json.name",
    "self.word", "files[part][0]", "where(row)", "place", "part", "path", "self.path", "stray",  # no numbers
    "shape_text((header.height, header.width))",  # 32x32 pixels
    "split.place(source, int(rows[0]))",
}  # fmt: skip


def said() -> Iterator[tuple[str, str, str]]:
    """Every number with a noun behind it in an f-string: its place, its expression, the noun."""
    for path, tree in trees(*FOLDERS, saying=rf"\}}[\"'\sf]* (?:[a-z-]+ )?({NOUNS})\b"):
        for node in ast.walk(tree):
            parts = node.values if isinstance(node, ast.JoinedStr) else []
            for first, second in pairwise(parts):
                if not isinstance(first, ast.FormattedValue) or not isinstance(second, ast.Constant):
                    continue
                found = COUNTED.match(str(second.value))
                if found is not None:
                    yield f"{path}:{node.lineno}", ast.unparse(first.value), found[1]


def test_a_count_has_its_plural() -> None:
    wrong = [(place, number, noun) for place, number, noun in said()
             if number not in ALLOWED and not LIMIT.match(number)]  # fmt: skip
    assert wrong == [], "say a count with `counted(number, noun)`"


def test_no_plural_is_made_by_hand() -> None:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "counted.py":
                found = re.search(r"""['"]s['"] (\*|if [^\n]* else)""", path.read_text(encoding="utf-8"))
                assert found is None, f"{path}: {found}"


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1000, "1,000 rows"), ("H", "H rows"), ("1", "1 row")],
)
def test_counted(number: object, said: str) -> None:
    assert counted(number, "row") == said


def test_a_plural_of_its_own() -> None:
    assert [counted(n, "class", "classes") for n in (1, 2)] == ["1 class", "2 classes"]
