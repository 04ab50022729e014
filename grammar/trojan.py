"""Characters that make a text look like another one: those that turn the direction of writing, and invisible tags.

In a comment or a string they let a reader see a program that isn't there ("Trojan Source", Boucher and Anderson 2021,
CVE-2021-42574), so they are an error there as in rustc; elsewhere the lexer refuses them as it does any invisible sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label
from netc.grammar.source import Source

TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
SHOWN = 3
MOST = 50  # places that one repair mends


def directions(source: Source, told: Collection[int] = ()) -> list[Diagnostic]:
    """One finding about all such characters of a text but those at the offsets that were told already."""
    if source.text.isascii():
        return []
    found: list[int] = []
    run = -1  # where the lexer's finding about a row of one character ends
    for match in TURNING.finditer(source.text):
        at = match.start()
        if at in told or (at == run and source.text[at] == source.text[at - 1]):
            run = at + 1
        else:
            found.append(at)
    if not found:
        return []
    first, *others = found
    character = source.text[first]
    what = "an invisible tag" if character >= "\U000e0000" else "a character that turns the direction of writing"
    edits = tuple(Edit(source.span(at, at + 1), "") for at in found[:MOST])
    more = [f"and in {counted(len(others) - SHOWN, 'more place')}"] if len(others) > SHOWN else []
    finding = Diagnostic(
        "E137",
        f"there is {what} here: U+{ord(character):04X}, {named(character)}",
        Label(source.span(first, first + 1)),
        tuple(Label(source.span(at, at + 1), "and here") for at in others[:SHOWN]),
        ("what people see of this text may not be what it says", *more),
        help="remove it",
        fix=Fix("remove it" if not others else "remove them", edits) if len(found) <= MOST else None,
    )
    return [finding]


CONTROLS = (
    "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
)
"""What ASCII calls its first characters, to which Unicode gives no names."""


def named(character: str) -> str:
    """What a character that nobody sees is called."""
    if character < " ":
        return CONTROLS.split()[ord(character)]
    others = {"\x7f": "DEL"}.get(character, "a control character" if character < "\xa0" else "without a name")
    return unicodedata.name(character, "").lower() or others
