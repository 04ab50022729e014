"""docs/architecture.md names every folder of the source and every file that stands beside the folders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = re.sub(r"^```.*?^```", "", (ROOT / "docs/architecture.md").read_text(), flags=re.S | re.M)
NAMED = set(re.findall(r"[\w./]+", " ".join(re.findall(r"`([^`]+)`", TEXT))))


def places(room: str) -> list[str]:
    folder = ROOT / room
    files = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    return sorted(files + [f"{path.parent.name}/" for path in folder.glob("*/__init__.py")])


@pytest.mark.parametrize("room", ["grammar", "compiler", "runtime"])
def test_everything_is_named(room: str) -> None:
    assert not [place for place in places(room) if place not in NAMED]


def test_every_file_that_is_named_is_there() -> None:
    files = {path.name for top in ("grammar", "compiler", "runtime", "netc", "tests", "bench", "docs", ".")
             for path in (ROOT / top).rglob("*") if ".venv" not in path.parts}  # fmt: skip
    named = {name.rpartition("/")[2] for name in NAMED if name.endswith((".py", ".md", ".lark", ".json"))}
    assert named <= files | {"manifest.json", "metrics.jsonl"}, named - files
