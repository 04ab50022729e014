"""docs/architecture.md names every folder of the source, and no file that isn't there; docs/files.md has every file."""

from __future__ import annotations

import re
from pathlib import Path

import file_map
import pytest

ROOT = Path(__file__).parents[2]
TEXT = re.sub(r"^```.*?^```", "", (ROOT / "docs/architecture.md").read_text(), flags=re.S | re.M)
NAMED = set(re.findall(r"[\w./]+", " ".join(re.findall(r"`([^`]+)`", TEXT))))


@pytest.mark.parametrize("room", ["grammar", "compiler", "runtime"])
def test_every_folder_is_named(room: str) -> None:
    assert not sorted({f"{path.parent.name}/" for path in (ROOT / room).glob("*/__init__.py")} - NAMED)


def test_every_file_that_is_named_is_there() -> None:
    files = {path.name for top in ("grammar", "compiler", "runtime", "netc", "tests", "bench", "docs", ".")
             for path in (ROOT / top).rglob("*.*") if ".venv" not in path.parts}  # fmt: skip
    named = {name.rpartition("/")[2] for name in NAMED if name.endswith((".py", ".md", ".lark", ".json"))}
    assert named <= files | {"manifest.json", "metrics.jsonl"}, named - files


def test_the_page_of_files_is_what_they_say() -> None:
    page = file_map.page()
    assert file_map.PAGE.read_text() == page, "`make docs` writes it anew"
    assert not re.findall(r"^- .*: $", page, flags=re.M), "a file says nothing of itself"
