"""The TextMate grammar, by which VS Code and other editors colour a text before the server has looked at it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from netc.compiler.language_service.vocabulary import alternatives, pattern, vocabulary


def text() -> str:
    """`netc.tmLanguage.json`."""
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


def grammar() -> dict[str, Any]:
    """The grammar as JSON. Patterns stand in the order in which they are tried."""
    words, name = vocabulary(), pattern("NAME")
    setting = {
        "match": rf"(?:^|(?<=[{{;]))\s*({alternatives(words['setting'])})(?=\s*=)",
        "captures": {"1": {"name": "keyword.other.setting.netc"}},
    }
    called = {"name": "support.function.train.netc", "match": rf"{whole(words['train'])}(?!\s*=[^=])"}
    top: list[dict[str, Any]] = [
        {
            "begin": rf"\b(train)\s+(?!only\b)({name})",
            "beginCaptures": {"1": {"name": "keyword.declaration.netc"}, "2": {"name": "entity.name.type.netc"}},
            "end": r"(?<=\})",
            "patterns": [{"include": "#settings"}, {"include": "#text"}],
        },
        {"include": "#text"},
    ]
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "netc",
        "scopeName": "source.netc",
        "fileTypes": ["net"],
        "patterns": top,
        "repository": {
            "settings": {
                "begin": r"\{",
                "end": r"\}",
                "patterns": [setting, {"include": "#settings"}, called, {"include": "#text"}],
            },
            "text": {"patterns": _text()},
        },
    }


def _text() -> list[dict[str, Any]]:
    words, name = vocabulary(), pattern("NAME")
    return [
        {"name": "comment.line.number-sign.netc", "match": "#.*$"},
        {
            "name": "string.quoted.double.netc",
            "begin": '"',
            "end": '"|$',
            "patterns": [{"name": "constant.character.escape.netc", "match": r"\\."}],
        },
        {
            "match": rf"\b(net|block)\s+({name})",
            "captures": {"1": {"name": "keyword.declaration.netc"}, "2": {"name": "entity.name.type.netc"}},
        },
        {
            "match": rf"\b(step)\s+({name})(?=\s*\{{)",
            "captures": {"1": {"name": "keyword.declaration.netc"}, "2": {"name": "entity.name.function.netc"}},
        },
        {"name": "variable.parameter.netc", "match": rf"(?<=[(,])\s*\b{name}(?=\s*=[^=])"},
        {"name": "keyword.declaration.netc", "match": whole(words["declaration"])},
        {"name": "keyword.control.netc", "match": whole(words["control"])},
        {"name": "keyword.operator.logical.netc", "match": whole(words["operator"])},
        {"name": "constant.language.netc", "match": whole(words["constant"])},
        {"name": "keyword.control.netc", "match": r"\bscan\b(?=\s*[({])"},
        {"name": "constant.numeric.shape.netc", "match": rf"\b{pattern('SHAPE')}\b"},
        {"name": "constant.numeric.netc", "match": rf"\b{pattern('NUMBER')}(?![A-Za-z0-9_])"},
        {"name": "storage.type.netc", "match": rf"(?<=:)\s*(?:{alternatives(words['type'])})\b"},
        {"name": "support.function.layer.netc", "match": rf"{whole(words['layer'])}(?!\s*=[^=])"},
        {"name": "support.function.train.netc", "match": rf"{whole(words['train'])}(?=\s*\()"},
        {"name": "support.function.builtin.netc", "match": rf"{whole(words['function'])}(?=\s*\()"},
        {"name": "keyword.operator.flow.netc", "match": "->"},
        {"name": "keyword.operator.netc", "match": r"==|!=|<=|>=|\.\.|\*\*|//|[-+*/%<>=]"},
        {"name": "entity.name.function.netc", "match": rf"\b{name}(?=\s*\()"},
    ]


def whole(words: Iterable[str]) -> str:
    """A pattern of whole words."""
    return rf"\b(?:{alternatives(words)})\b"
