"""What the words of the language itself mean: one Markdown file a word, or a few of them, in `words/`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words")


@cache
def files() -> dict[str, Path]:
    """The file about each word; its name is the words, joined by `-`."""
    return {word: path for path in sorted(WORDS.glob("*.md")) for word in path.stem.split("-")}


@cache
def elsewhere() -> dict[str, Path]:
    """The file about what other frameworks call so: `requires_grad`, by the file's last line."""
    found: dict[str, Path] = {}
    for path in sorted(WORDS.glob("*.md")):
        *_, last = path.read_text(encoding="utf-8").splitlines()
        if last.startswith("Elsewhere: "):
            found |= dict.fromkeys((_plain(name) for name in re.findall("`([^`]+)`", last)), path)
    return found


def meaning(word: str) -> str | None:
    """The Markdown text about a word, by its name here or elsewhere; None where it is none."""
    path = files().get(word.strip().lower()) or elsewhere().get(_plain(word))
    if path is None:
        return None
    head, _, rest = path.read_text(encoding="utf-8").partition("\n")
    return f"# {', '.join(path.stem.split('-'))}: {head.lstrip('# ')}\n{rest}".rstrip()


def _plain(word: str) -> str:
    return word.strip().rpartition(".")[2].replace("_", "").lower()
