"""The syntax file of Vim and Neovim."""

from __future__ import annotations

from collections.abc import Iterable

from netc.compiler.language_service.vocabulary import CONTEXTUAL, pattern, vocabulary

LINKS = {
    "netcDeclaration": "Keyword", "netcControl": "Conditional", "netcOperatorWord": "Operator",
    "netcConstant": "Constant", "netcLayer": "Function", "netcCalled": "Function", "netcSetting": "Identifier",
    "netcArgument": "Identifier", "netcType": "Type", "netcNumber": "Number", "netcShape": "Number",
    "netcFlow": "Operator", "netcName": "Type", "netcString": "String", "netcTodo": "Todo", "netcComment": "Comment",
}  # fmt: skip


def text() -> str:
    """`syntax/netc.vim`."""
    words, name = vocabulary(), pattern("NAME")
    settings = "|".join(words["setting"])
    types = "|".join(words["type"])
    lines = [
        "\" Colours of netc's texts. Written by `python -m netc.compiler.language_service.grammars`.",
        "if exists('b:current_syntax')",
        "  finish",
        "endif",
        "",
        "syntax case match",
        *_keywords("netcDeclaration", words["declaration"]),
        *_keywords("netcControl", words["control"]),
        *_keywords("netcOperatorWord", words["operator"]),
        *_keywords("netcConstant", words["constant"]),
        rf"syntax match netcLayer /\v<%({'|'.join(words['layer'])})>%(\s*\=[^=])@!/",
        rf"syntax match netcCalled /\v<%({'|'.join((*words['train'], *words['function']))})>\ze\s*\(/",
        rf"syntax match netcControl /\v<%({'|'.join(CONTEXTUAL)})>\ze\s*[A-Za-z({{]/",
        rf"syntax match netcArgument /\v[(,]\s*\zs<{name}>\ze\s*\=[^=]/",
        rf"syntax match netcSetting /\v^\s+\zs<%({settings})>\ze\s*\=[^=]/",
        rf"syntax match netcType /\v:\s*\zs<%({types})>/",
        rf"syntax match netcNumber /\v<{_very_magic(pattern('NUMBER'))}>/",
        rf"syntax match netcShape /\v<{_very_magic(pattern('SHAPE'))}>/",
        "syntax match netcFlow /->/",
        rf"syntax match netcName /\v%(<%(net|block|train)\s+)@<=%(only>)@!{name}/",
        r'syntax region netcString start=/"/ skip=/\\./ end=/"/ oneline',
        "syntax keyword netcTodo TODO FIXME contained",
        "syntax match netcComment /#.*$/ contains=netcTodo,@Spell",
        "",
        *(f"highlight default link {group} {to}" for group, to in LINKS.items()),
        "",
        "let b:current_syntax = 'netc'",
    ]
    return "\n".join(lines) + "\n"


def _very_magic(expression: str) -> str:
    """A regular expression of the grammar after `\\v`, where groups without a number are `%(…)`."""
    return expression.replace("(", "%(")


def _keywords(group: str, words: Iterable[str]) -> list[str]:
    """Lines of keywords, eight each."""
    listed = list(words)
    return [f"syntax keyword {group} {' '.join(listed[at : at + 8])}" for at in range(0, len(listed), 8)]
