"""What completion offers."""

from __future__ import annotations

from collections.abc import Callable as Function, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that may stand at a place.

    kind     keyword, layer, block, net, value, static, argument, word, setting, declaration, attribute, module, path,
             field, function
    insert   the text, with `${1:…}` for what is filled in, where it isn't the label
    rank     small ones come first
    replace  how many characters in front of the place it replaces
    """

    label: str
    kind: str
    detail: str = ""
    documentation: str = ""
    insert: str = ""
    rank: int = 5
    replace: int = 0


Fields = Function[[str], Sequence[str]]
"""What the data are called that a `data` setting names."""
