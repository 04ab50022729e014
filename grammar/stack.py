"""The parser's stack: the pieces that no production has taken up yet, and what could follow them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netc.grammar.lexer import Token
from netc.grammar.tables import Tables


@dataclass(slots=True)
class Stack:
    """For each piece a state, a symbol, a value and where its text starts and ends; before them the first state."""

    tables: Tables
    states: list[int] = field(default_factory=lambda: [0])
    symbols: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def push(self, state: int, symbol: str, value: Any, start: int, end: int) -> None:
        """Put a piece on top."""
        self.states.append(state)
        self.symbols.append(symbol)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)

    def drop(self, count: int) -> None:
        """Take pieces off the top."""
        del self.states[-count:], self.symbols[-count:], self.values[-count:], self.starts[-count:], self.ends[-count:]

    def goto(self, symbol: str) -> int:
        """The state in which the symbol of a production leaves the parser here."""
        return self.tables.gotos[self.states[-1]][symbol]

    def accepts(self, *kinds: str) -> bool:
        """Whether these kinds of tokens could come next, one after the other."""
        states = self.states.copy()
        for kind in kinds:
            while True:
                move = self.tables.actions[states[-1]].get(kind)
                if move is None:
                    return False
                if move >= 0:
                    states.append(move)
                    break
                rule = self.tables.rules[~move]
                if rule.origin == "start":
                    return True
                if rule.length:
                    del states[-rule.length :]
                states.append(self.tables.gotos[states[-1]][rule.origin])
        return True

    def last(self, *kinds: str) -> Token | None:
        """The token of some kinds that is nearest to the top."""
        tokens = (value for value in reversed(self.values) if isinstance(value, Token))
        return next((token for token in tokens if token.kind in kinds), None)
