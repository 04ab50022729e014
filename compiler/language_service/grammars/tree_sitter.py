"""The tree-sitter grammar: `net.lark` in JavaScript, rule by rule, and the queries that colour its trees.

Both grammars are LR(1), so that each rule stands for itself. Hidden are those that lark hides or passes through; what
is another name alone is left out; alternatives that lark names become nodes of that name. Which newlines separate
statements is said by `src/scanner.c`, as `grammar/newlines.py` says it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, Tree

from netc.compiler.language_service.vocabulary import vocabulary
from netc.grammar.tables import GRAMMAR, load

WORDS = ("NAME", "NUMBER", "SHAPE", "STRING")
REPEATED = {"?": "optional", "*": "repeat", "+": "repeat1"}
HEAD = """// Written by `python -m netc.compiler.language_service.grammars`, from grammar/net.lark.

module.exports = grammar({
  name: "netc",
  word: ($) => $.name,
  extras: ($) => [/[\\s;\\uFEFF]/, $.comment],
  externals: ($) => [$._separator],
  rules: {
"""


def grammar() -> str:
    """`grammar.js`."""
    rules = dict(_Translation().rules())
    lines = [f"    {name}: ($) => {rule},\n" for name, rule in rules.items()]
    return HEAD + "".join(lines) + "  },\n});\n"


class _Translation:
    """One translation. `hidden` are lark's rules without a node of their own; `passing` have one where they have more
    than one child."""

    def __init__(self) -> None:
        path = Path(lark.__file__).parent / "grammars" / "lark.lark"
        tree = Lark(path.read_text(encoding="utf-8"), parser="lalr", start="start").parse(
            GRAMMAR.read_text(encoding="utf-8")
        )
        self.tree: list[Any] = [each for each in tree.children if isinstance(each, Tree) and each.data == "rule"]
        self.helpers: dict[str, str] = {}
        self.passing = {_name(rule) for rule in self.tree if rule.children[0].startswith("?")}
        self.hidden = self.passing | {_name(rule) for rule in self.tree if rule.children[0].startswith("_")}
        self.others = {_name(rule): other for rule in self.tree if (other := _other_name(rule))}

    def rules(self) -> Iterator[tuple[str, str]]:
        """Name and text of each rule, the start's first."""
        for rule in self.tree:
            name = _name(rule)
            if name in self.others:
                continue
            text = self._text(rule.children[-1], name, top=True)
            yield ("source_file" if name == "start" else self._called(name).removeprefix("$.")), text
        yield from self.helpers.items()
        yield "_name", 'choice($.name, alias("step", $.name))'
        yield "type", f"choice({', '.join(json.dumps(word) for word in vocabulary()['type'])})"
        patterns = dict(load().terminals)
        for word in (*WORDS, "COMMENT"):
            yield word.lower(), "/" + patterns[word].replace("\r", r"\r").replace("\n", r"\n") + "/"

    def _called(self, name: str) -> str:
        name = self.others.get(name, name)
        return f"$._{name.lstrip('_')}" if name in self.hidden else f"$.{name}"

    def _text(self, node: Any, rule: str, top: bool = False) -> str:
        """JavaScript of a piece of lark's grammar; `top` ones are a rule's alternatives."""
        if isinstance(node, Token):
            return self._token(str(node))
        parts = [part for part in node.children if part is not None]
        match node.data:
            case "expansions":
                found = list(dict.fromkeys(self._text(part, rule, top) for part in parts))
                return found[0] if len(found) == 1 else f"choice({', '.join(found)})"
            case "alias":
                text = self._text(parts[0], rule)
                if len(parts) == 1 and top and rule in self.passing and text.startswith("seq("):
                    return self._node(text, rule, rule)
                return text if len(parts) == 1 else self._node(text, str(parts[1]), rule)
            case "expansion":
                return f"seq({', '.join(self._text(part, rule) for part in parts)})"
            case "maybe":
                return f"optional({self._text(parts[0], rule)})"
            case "expr" if len(parts) == 2:
                return f"{REPEATED[str(parts[1])]}({self._text(parts[0], rule)})"
        return self._text(parts[0], rule)

    def _node(self, text: str, word: str, rule: str) -> str:
        """What lark names: a node of that name. A helper rule stands for it, for an alias takes a single symbol."""
        if text in (f"$.{word}", f"$._{word}"):
            return text
        if text.startswith('"'):
            return f"alias({text}, $.{word})"
        helper = f"_{word}_in_{rule.lstrip('_')}"
        if self.helpers.setdefault(helper, text) != text:
            raise RuntimeError(f"two alternatives of {rule} are called {word}: give one another name in net.lark")
        return f"alias($.{helper}, $.{word})"

    def _token(self, text: str) -> str:
        if text.startswith('"'):
            return text
        return {"NAME": "$._name", "SEP": "$._separator", "STEP": '"step"', "TYPE": "$.type"}.get(text) or (
            f"$.{text.lower()}" if text in WORDS else self._called(text.lstrip("?"))
        )


def _name(rule: Any) -> str:
    return str(rule.children[0]).lstrip("?!")


def _other_name(rule: Any) -> str | None:
    """What a rule is another name for, as `value` is for `flow`."""
    names = [str(token) for token in rule.children[-1].scan_values(lambda token: isinstance(token, Token))]
    return names[0] if len(names) == 1 and names[0].islower() else None


QUERIES = """; Written by `python -m netc.compiler.language_service.grammars`.

(comment) @comment
(string) @string
(number) @number
(shape) @number
(constant) @constant.builtin
(type) @type.builtin

[{declaration}] @keyword
[{control}] @keyword.control
[{operator}] @keyword.operator
["->" "==" "!=" "<" "<=" ">" ">=" "=" ".." "+" "-" "*" "/" "//" "%" "**"] @operator
["(" ")" "[" "]" "{{" "}}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter

((name) @function.builtin
  (#any-of? @function.builtin {layers}))

(call (name) @function)
(net . (name) @type)
(block . (name) @function)
(train . (name) @type)
(step . (name) @function)
(parameter . (name) @variable.parameter)
(argument . (name) @variable.parameter "=")
(declaration . (name) @variable.parameter)
"""


def highlights() -> str:
    """`queries/highlights.scm`."""
    words = vocabulary()
    return QUERIES.format(
        declaration=_quoted((*words["declaration"], "step")),
        control=_quoted(words["control"]),
        operator=_quoted(words["operator"]),
        layers=_quoted(words["layer"]),
    )


def _quoted(words: tuple[str, ...]) -> str:
    return " ".join(f'"{word}"' for word in words)
