"""What the words of the language itself mean: one Markdown file a word, or a few of them, in `words/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words")


@cache
def files() -> dict[str, Path]:
    """The file about each word; its name is the words, joined by `-`."""
    return {word: path for path in sorted(WORDS.glob("*.md")) for word in path.stem.split("-")}


def meaning(word: str) -> str | None:
    """The Markdown text about a word, or None where it is no word of the language itself."""
    path = files().get(word.strip().lower())
    if path is None:
        return None
    head, _, rest = path.read_text(encoding="utf-8").partition("\n")
    return f"# {', '.join(path.stem.split('-'))}: {head.lstrip('# ')}\n{rest}".rstrip()
