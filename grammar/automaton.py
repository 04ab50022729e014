"""The LALR automaton: tokens are shifted and reduced by the tables, and what doesn't fit is left to recovery."""

from __future__ import annotations

from typing import Any

from netc.grammar import ast
from netc.grammar.builder import Builder, TooDeepError
from netc.grammar.lexer import Lexed, Token
from netc.grammar.recovery import Recovery
from netc.grammar.source import Source
from netc.grammar.stack import Stack
from netc.grammar.tables import Tables


class Automaton:
    """One run over tokens whose brackets are in pairs. What is wrong with them is added to the findings of `lexed`."""

    def __init__(self, source: Source, tables: Tables, lexed: Lexed, tokens: list[Token]) -> None:
        self.tables = tables
        self.tokens = tokens
        self.builder = Builder(source, lexed)
        self.stack = Stack(tables)
        self.recovery = Recovery(source, lexed, tokens, self.stack)

    def run(self) -> tuple[ast.Item, ...]:
        """The items of the file."""
        actions, tokens, stack = self.tables.actions, self.tokens, self.stack
        index = 0
        while True:
            token = tokens[index]
            kind = token.kind
            if kind == "SEP" and tokens[index + 1].kind == "$END" and "$END" in actions[stack.states[-1]]:
                index += 1  # the newline in front of the next piece
                continue
            move = actions[stack.states[-1]].get(kind)
            try:
                if move is None:
                    index = self.recovery.repair(index)
                elif move >= 0:
                    stack.push(move, kind, token, token.start, token.end)
                    index += 1
                elif ~move in self.tables.handing_on:
                    below, state = stack.states[-2:]
                    stack.states[-1], stack.symbols[-1] = self.tables.handed_on(below, state, kind)
                elif self._reduce(~move, token.start):
                    items: tuple[ast.Item, ...] = stack.values[0]
                    return items
            except TooDeepError:
                index = self.recovery.resume(index)

    def _reduce(self, number: int, offset: int) -> bool:
        """Replaces a production's pieces on the stack by its node; True once the file is complete."""
        rule, stack = self.tables.rules[number], self.stack
        count, action, origin = rule.length, rule.action, rule.origin
        if count:
            values = stack.values[-count:]
            start, end = stack.starts[-count], stack.ends[-1]
            stack.drop(count)
        else:
            values, start, end = [], offset, offset
        value = (
            self._spliced(values) if action is None else self.builder.made(action, self._spliced(values), start, end)
        )
        if origin == "start":
            stack.values.append(value)
            return True
        stack.push(stack.goto(origin), origin, value, start, end)
        return False

    @staticmethod
    def _spliced(values: list[Any]) -> list[Any]:
        """The pieces with spliced lists opened. A list in front is extended in place, so long ones stay linear."""
        if values and type(values[0]) is list:
            values[0].extend(values[1:])
            return values[0]
        for value in values:
            if type(value) is list:
                return [piece for value in values for piece in (value if type(value) is list else (value,))]
        return values
