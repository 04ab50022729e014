"""The source of netc as syntax trees, for tests that search all of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def trees(*folders: str, saying: str = "") -> Iterator[tuple[str, ast.Module]]:
    """Path from the root and tree of each file below these folders whose text holds the regular expression."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if re.search(saying, text):
                yield path.relative_to(ROOT).as_posix(), ast.parse(text)
