"""What ONNX Runtime says of an index that its table doesn't have, in our words."""

from __future__ import annotations

import re

from netc.grammar.diagnostics import Diagnostic

_NODE = re.compile(r"Name:'([^']*)\.Gather(?:ND|Elements)?(?:_\d+)?'")
_INDEX = re.compile(r"(?:idx|index) ?= ?(-?\d+)")
_RANGE = re.compile(r"range \[-\d+, ?(\d+)\]")


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
