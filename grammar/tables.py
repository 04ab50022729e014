"""The parser's tables: built from `net.lark` by lark, kept as data in `tables.json`, read back at every start.

Building costs about 0.2 s, reading a few milliseconds and no import of lark. A test holds the two together; where
the file is missing or older than the grammar (an edited checkout), the tables are built in memory. Regenerate:

    python -m netc.grammar.tables
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GRAMMAR = Path(__file__).with_name("net.lark")
TABLES = Path(__file__).with_name("tables.json")
LISTS = ("_statements", "_items")
"""What becomes a list even of a single piece."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One production. `action` names the builder's method; "" hands its only child on; None splices its children."""

    origin: str
    length: int
    action: str | None


@dataclass(frozen=True, slots=True)
class Tables:
    """What the lexer and the parser run on.

    terminals   (name, pattern) in the order in which the lexer tries them
    keywords    the reserved words and their terminals
    ignored     terminals that are space
    actions     state -> terminal -> the state to go to, or ~rule to reduce by it; `accept` for the end
    gotos       state -> nonterminal -> the state after reducing to it
    handing_on  the rules that hand their only child on: a value on its way through the precedences of operators
    """

    terminals: tuple[tuple[str, str], ...]
    keywords: dict[str, str]
    ignored: frozenset[str]
    rules: tuple[Rule, ...]
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    final: int
    handing_on: frozenset[int]
    _handed_on: dict[tuple[int, int, str], tuple[int, str]] = field(default_factory=dict)

    def handed_on(self, below: int, state: int, kind: str) -> tuple[int, str]:
        """The state and the symbol on top of another state once all rules that hand on were applied in front of a
        token of a kind: most values go through a dozen, so each way is looked up once."""
        key = below, state, kind
        found = self._handed_on.get(key)
        if found is None:
            symbol = ""
            while (move := self.actions[state].get(kind, 0)) < 0 and ~move in self.handing_on:
                symbol = self.rules[~move].origin
                state = self.gotos[below][symbol]
            found = self._handed_on[key] = state, symbol
        return found


def digest(grammar: str) -> str:
    """What ties generated tables to the grammar they came from; the same for any newline convention."""
    return hashlib.sha256("\n".join(grammar.splitlines()).encode()).hexdigest()


def load() -> Tables:
    """The tables of the grammar beside this file."""
    grammar = GRAMMAR.read_text(encoding="utf-8")
    try:
        data = json.loads(TABLES.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        data = None
    if not isinstance(data, dict) or data.get("grammar") != digest(grammar):
        data = build(grammar, strict=False)
    rules = tuple(Rule(*rule) for rule in data["rules"])
    return Tables(
        tuple((name, pattern) for name, pattern in data["terminals"]),
        data["keywords"],
        frozenset(data["ignored"]),
        rules,
        data["actions"],
        data["gotos"],
        data["final"],
        frozenset(number for number, rule in enumerate(rules) if _hands_on(rule)),
    )


def _hands_on(rule: Rule) -> bool:
    return rule.action == "" or (rule.action is None and rule.length == 1 and rule.origin not in LISTS)


def build(grammar: str, strict: bool = True) -> dict[str, Any]:
    """The tables as plain data: lark's LALR(1) analysis, states numbered from the start in reading order.

    `strict` refuses every conflict and colliding terminal, and needs the package interegular.
    """
    from lark import Lark
    from lark.lexer import BasicLexer, UnlessCallback
    from lark.parsers.lalr_analysis import Shift

    parser = Lark(grammar, parser="lalr", lexer="basic", strict=strict, keep_all_tokens=True)
    table = parser.parser.parser._parse_table
    lexer = BasicLexer(parser.lexer_conf)
    keywords: dict[str, str] = {}
    lexer._build_scanner()
    for callback in lexer.callback.values():
        assert isinstance(callback, UnlessCallback)
        keywords |= {terminal.pattern.value: terminal.name for terminal in callback.scanner.terminals}

    rules = {rule: number for number, rule in enumerate(parser.rules)}
    order = [table.start_states["start"]]
    for state in order:
        for _, (action, target) in sorted(table.states[state].items()):
            if action is Shift and target not in order:
                order.append(target)
    number = {state: index for index, state in enumerate(order)}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for state in order:
        moves = {
            symbol: number[target] if action is Shift else ~rules[target]
            for symbol, (action, target) in sorted(table.states[state].items())
        }
        actions.append({symbol: move for symbol, move in moves.items() if symbol.isupper()})
        gotos.append({symbol: move for symbol, move in moves.items() if not symbol.isupper()})
    return {
        "grammar": digest(grammar),
        "terminals": [[t.name, t.pattern.to_regexp()] for t in lexer.terminals if t.name not in keywords.values()],
        "keywords": dict(sorted(keywords.items())),
        "ignored": sorted(lexer.ignore_types),
        "rules": [[rule.origin.name, len(rule.expansion), _action(rule)] for rule in parser.rules],
        "actions": actions,
        "gotos": gotos,
        "final": number[table.end_states["start"]],
    }


def _action(rule: Any) -> str | None:
    if rule.origin.name.startswith("_"):
        return None
    if rule.options.expand1 and len(rule.expansion) == 1 and not rule.alias:
        return ""
    return str(rule.alias or rule.origin.name)


def dump(data: dict[str, Any]) -> str:
    """The file's text: a line a rule and a state, so that a change of the grammar shows as one."""
    parts = []
    for key, value in data.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value)
            parts.append(f'"{key}": [\n{rows}\n]')
        else:
            parts.append(f'"{key}": {json.dumps(value, separators=(",", ":"))}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    TABLES.write_text(dump(build(GRAMMAR.read_text(encoding="utf-8"))), encoding="utf-8", newline="\n")
