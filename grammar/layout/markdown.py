"""The blocks of a Markdown page that are marked `net`, each in the one layout."""

from __future__ import annotations

import re

from netc.grammar.layout import laid_out

BLOCK = re.compile(r"^(?P<indent> *)```net\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


def laid_out_blocks(page: str) -> str:
    """The page with its blocks laid out; one with mistakes in its syntax stays as it is."""

    def replaced(found: re.Match[str]) -> str:
        indent, text = found["indent"], found["text"]
        if not all(line.startswith(indent) or not line.strip() for line in text.splitlines()):
            return found[0]
        after, _ = laid_out("".join(line[len(indent) :] for line in text.splitlines(keepends=True)), "block.net")
        lines = (indent + line if line.strip() else line for line in after.splitlines(keepends=True))
        return f"{indent}```net\n{''.join(lines)}{indent}```"

    return BLOCK.sub(replaced, page)
