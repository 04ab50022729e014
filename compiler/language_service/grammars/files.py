"""Which files of `editors/` are written, and what they hold."""

from __future__ import annotations

from pathlib import Path

from netc.compiler.language_service.grammars import snippets, textmate, tree_sitter, vim

EDITORS = Path(__file__).resolve().parents[3] / "editors"


def files() -> dict[str, str]:
    """Path below `editors/` -> text."""
    return {
        "vscode/syntaxes/netc.tmLanguage.json": textmate.text(),
        "vscode/snippets/netc.json": snippets.text(),
        "neovim/syntax/netc.vim": vim.text(),
        "tree-sitter-netc/grammar.js": tree_sitter.grammar(),
        "tree-sitter-netc/queries/highlights.scm": tree_sitter.highlights(),
    }
