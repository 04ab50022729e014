"""Writes `docs/zoo.md`: `python -m netc.compiler.zoo.reference > docs/zoo.md`."""

from __future__ import annotations

from netc.compiler.zoo.catalogue import catalogue
from netc.compiler.zoo.listing import Listed, listed

HEAD = """# The zoo

Written by `python -m netc.compiler.zoo.reference > docs/zoo.md` from `examples/zoo/`; a change belongs there.

Every network is text that is short enough to read: `lines` are those of its file, with all its variants and its train
section, without blank ones and comments. Parameters are counted when this page is written; `published` is the number
that its paper, or the library that it follows, gives, to which the text holds itself (`expect params ==`).

`netc zoo` prints this list, and `netc new DIR --from resnet50` begins a folder with one of them. Where a network has a
map, `--init FILE --map torchvision` loads torchvision's weights ([training.md](training.md)); tests compare these
networks with torchvision: every tensor, the multiply-accumulates, and the answers from equal weights.
"""

HEADS = ("network", "variant", "parameters", "published", "lines", "map", "source", "text")


def reference() -> str:
    """The page."""
    rows = [_row(listed(entry)) for entry in catalogue()]
    rule = ["---:" if head in ("parameters", "published", "lines") else "---" for head in HEADS]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in (HEADS, rule, *rows))
    return f"{HEAD}\n{table}\n"


def _row(found: Listed) -> list[str]:
    entry = found.entry
    file = entry.file.name
    published = "" if found.published is None else f"{found.published:,}"
    maps, text = ", ".join(entry.maps), f"[{file}](../examples/zoo/{file})"
    counts = [f"{found.params:,}", published, str(entry.lines)]
    return [f"`{entry.name}`", entry.variant, *counts, maps, entry.source, text]


if __name__ == "__main__":
    print(reference(), end="")
