"""The files that editors colour by: current, of all words, and without a place that they cannot read."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Name, String

from netc.compiler.check import check
from netc.compiler.language_service.grammars.files import EDITORS, files
from netc.compiler.language_service.grammars.snippets import PHRASES, Phrase
from netc.compiler.language_service.grammars.textmate import grammar
from netc.compiler.language_service.vocabulary import KEYWORDS, vocabulary
from netc.grammar.layout import laid_out
from netc.grammar.tables import load

ROOT = EDITORS.parent
LEXER = EntryPoint(
    name="netc",
    value=tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pygments.lexers"]["netc"],
    group="pygments.lexers",
).load()
TEXT = """net A(classes = 10) "a label" {
  input image: 3x32x32  # colour
  y = conv(8, 3x3, pad=same) -> relu
}
train A { loss = mse(y, image); optimizer = adam; batch = 32 }
"""


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", files())
def test_files_are_as_the_words_are(name: str) -> None:
    """Otherwise: python -m netc.compiler.language_service.grammars."""
    assert (EDITORS / name).read_text(encoding="utf-8") == files()[name]


def test_each_reserved_word_has_a_kind_and_one_only() -> None:
    words = [word for listed in KEYWORDS.values() for word in listed]
    assert sorted(words) == sorted(load().keywords)
    assert set(vocabulary()["layer"]).isdisjoint(words)


def test_the_textmate_grammar_is_whole() -> None:
    """Each pattern compiles, and what is included is there."""

    def patterns(node: object) -> list[str]:
        if isinstance(node, list):
            return [each for item in node for each in patterns(item)]
        if not isinstance(node, dict):
            return []
        if "include" in node:
            assert node["include"].lstrip("#") in grammar()["repository"]
        own = [node[key] for key in ("match", "begin", "end") if key in node]
        return own + [each for value in node.values() for each in patterns(value)]

    found = patterns(grammar())
    assert len(found) > 20
    for each in found:
        re.compile(each)
    assert json.loads(files()["vscode/syntaxes/netc.tmLanguage.json"]) == grammar()


def texts() -> list[Path]:
    return [path for folder in ("examples", "compiler/std") for path in (ROOT / folder).rglob("*.net")]


def test_pygments_reads_every_text_and_page() -> None:
    blocks = [path.read_text(encoding="utf-8") for path in texts()]
    for page in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        blocks += re.findall(r"^```netc?\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) > 100
    for block in blocks:
        tokens = list(LEXER().get_tokens(block))
        assert not [token for kind, token in tokens if kind is Error]
        assert "".join(token for _, token in tokens).strip() == block.strip()


def test_pygments_says_what_words_are() -> None:
    kinds = {token: kind for kind, token in LEXER().get_tokens(TEXT)}
    assert kinds["net"] is Keyword.Declaration
    assert kinds["A"] is Name.Class
    assert kinds["conv"] is kinds["mse"] is kinds["adam"] is Name.Builtin
    assert kinds["pad"] is Name.Variable
    assert kinds["loss"] is kinds["batch"] is Name.Attribute
    assert kinds["# colour"] is Comment.Single
    assert kinds['"a label"'] is String.Double
    assert kinds["image"] is kinds["y"] is Name


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.prefix)
def test_snippets_are_right_as_they_stand(phrase: Phrase) -> None:
    """Filled in with their defaults they check without a finding, and are laid out."""
    defaults = dict(re.findall(r"\$\{(\d):([^}]*)\}", phrase.body))
    body = re.sub(r"\$\{?(\d)(?::[^}]*\})?", lambda found: defaults.get(found.group(1), ""), phrase.body)
    text = body + "\n"
    if phrase.where == "net":
        inner = "".join(f"  {line}\n" for line in body.split("\n"))
        text = f"net A {{\n  input image: 16x32x32\n{inner}}}\n"
    elif "net " not in body:
        text += "\nnet A {\n  input image: 16x32x32\n  unit(8)\n}\n"
    assert [each.message for each in check("typed.net", text).diagnostics] == []
    assert laid_out(text, "typed.net")[0] == text
