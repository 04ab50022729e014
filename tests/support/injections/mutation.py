"""What one mistake is: a changed text, and what the checker has to say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mutation:
    """A text with one mistake in it that no reader of the language could take for something meant.

    kind    the mistake, a row of the table
    text    the whole file with it
    lines   where it may be told: mostly the line that was changed
    codes   the codes that fit
    hints   the repair is named where one of these stands in the finding's help, fix or notes
    beside  files that the text uses besides those of its folder
    """

    kind: str
    text: str
    lines: frozenset[int]
    codes: frozenset[str]
    hints: tuple[str, ...]
    beside: Mapping[str, str] = field(default_factory=dict)
