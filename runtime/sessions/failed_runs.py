"""What ONNX Runtime says of a run that failed, in our words, where the inputs or the machine are to blame."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netc.grammar.diagnostics import Diagnostic
from netc.runtime.sessions.reasons import reason

_NODE = re.compile(r"Name:'([^']*)\.Gather(?:ND|Elements)?(?:_\d+)?'")
_INDEX = re.compile(r"(?:idx|index) ?= ?(-?\d+)")
_RANGE = re.compile(r"range \[-\d+, ?(\d+)\]")


_SIZES = re.compile(r"(?is)status code returned while running.*(shape|broadcast|dimension|sizes)")

OUT_OF_MEMORY = ("failed to allocate memory", "out of memory", "bad_alloc", "bad allocation")


def finding_of(text: str, open_sizes: Iterable[str]) -> Diagnostic | None:
    """E558 where an index or a size is to blame, E604 where memory does not suffice, else None.

    open_sizes  of the inputs, which a run may have been given others of than the network can take
    """
    if (finding := index_out_of_range(text)) is not None:
        return finding
    if any(words in text.lower() for words in OUT_OF_MEMORY):
        help = "use a smaller batch, `--batch`, or a smaller net"
        return Diagnostic("E604", "out of memory", notes=(text[:200],), help=help)
    sizes = ", ".join(f"`{size}`" for size in sorted(open_sizes))
    if not sizes or not _SIZES.search(text):
        return None
    help = f"give inputs of other sizes: {sizes}"
    return Diagnostic("E558", "the net cannot take inputs of these sizes", notes=(reason(text),), help=help)


def index_out_of_range(text: str) -> Diagnostic | None:
    """The finding E558 where the message of a failed run speaks of an index, else None."""
    if "out of data bounds" not in text and "invalid index found" not in text:
        return None
    node, index, range_ = _NODE.search(text), _INDEX.search(text), _RANGE.search(text)
    where = f"`{node[1]}` is asked for" if node is not None else "a table is asked for"
    asked = f"number {int(index[1]):,}" if index is not None else "a number that it doesn't have"
    there = f", and has 0 to {int(range_[1]):,}" if range_ is not None else ", which it doesn't have"
    help = "number what it looks up from 0, or give it as many rows as the data has numbers"
    return Diagnostic("E558", f"{where} {asked}{there if index is not None else ''}", help=help)
