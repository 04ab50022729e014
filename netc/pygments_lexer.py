"""Colours for Pygments, which Sphinx, MkDocs, LaTeX's minted, Jupyter and rich colour texts by.

pyproject.toml names the lexer as an entry point: where netc is installed, blocks marked `netc` or `net` are coloured.
"""

from __future__ import annotations

from pygments.lexer import RegexLexer, bygroups, include, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from netc.compiler.language_service.vocabulary import alternatives, pattern, vocabulary

WORDS = vocabulary()
NAME = pattern("NAME")


def _whole(kind: str) -> words:
    return words(WORDS[kind], prefix=r"\b", suffix=r"\b")


class NetLexer(RegexLexer):  # type: ignore[misc]
    """Texts of netc, `.net` files."""

    name = "netc"
    aliases = ["netc", "net"]  # noqa: RUF012
    filenames = ["*.net"]  # noqa: RUF012
    mimetypes = ["text/x-netc"]  # noqa: RUF012
    tokens = {  # noqa: RUF012
        "root": [
            (
                rf"\b(train)(\s+)(?!only\b)({NAME})",
                bygroups(Keyword.Declaration, Whitespace, Name.Class),
                ("settings", "head"),
            ),
            include("text"),
        ],
        "head": [(r"\s*\{", Punctuation, "#pop"), (r"\n", Whitespace, "#pop:2"), include("text")],
        "settings": [
            (r"\{", Punctuation, "#push"),
            (r"\}", Punctuation, "#pop"),
            (rf"(?<=[\s{{;])({alternatives(WORDS['setting'])})(?=\s*=[^=])", Name.Attribute),
            (words(WORDS["train"], prefix=r"\b", suffix=r"\b(?!\s*=[^=])"), Name.Builtin),
            include("text"),
        ],
        "text": [
            (rf"(?<=[(,])(\s*)({NAME})(?=\s*=[^=])", bygroups(Whitespace, Name.Variable)),
            (r"\s+", Whitespace),
            (pattern("COMMENT"), Comment.Single),
            (pattern("STRING"), String.Double),
            (rf"\b(net|block)(\s+)({NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (rf"\b(step)(\s+)({NAME})(?=\s*\{{)", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            (_whole("declaration"), Keyword.Declaration),
            (_whole("control"), Keyword),
            (_whole("operator"), Operator.Word),
            (_whole("constant"), Keyword.Constant),
            (r"\bscan\b(?=\s*[({])", Keyword),
            (rf"{pattern('SHAPE')}\b", Number),
            (rf"{pattern('NUMBER')}\b", Number),
            (rf"(?<=:)(\s*)({alternatives(WORDS['type'])})\b", bygroups(Whitespace, Keyword.Type)),
            (words(WORDS["layer"], prefix=r"\b", suffix=r"\b(?!\s*=[^=])"), Name.Builtin),
            (words(WORDS["train"] + WORDS["function"], prefix=r"\b", suffix=r"\b(?=\s*\()"), Name.Builtin),
            (NAME, Name),
            (r"->|==|!=|<=|>=|\.\.|\*\*|//|[-+*/%<>=]", Operator),
            (r"[()\[\]{},:;.]", Punctuation),
        ],
    }
