"""Where a loss lacks its prediction or a net its train section, the help names values that the net has."""

from __future__ import annotations

import pytest

from netc import loads
from netc.grammar.diagnostics import DiagnosticError


def help_of(text: str) -> tuple[str, str]:
    """The code of the finding and its help."""
    with pytest.raises(DiagnosticError) as raised:
        loads(text).plan()
    (finding,) = raised.value.diagnostics
    return finding.code, finding.help or ""


@pytest.mark.parametrize(
    ("body", "train", "code", "words"),
    [
        ("flatten -> dense(10)", "train A { loss = cross_entropy(logits, label) }", "E412", "`logits = …` in the net"),
        ("flatten; kinds = dense(10)", "train A { loss = cross_entropy(logits, label) }", "E412", "such as `kinds`"),
        ("flatten -> dense(10)", "", "E401", "name the output, `logits = …`"),
        ("flatten; kinds = dense(10)", "", "E401", "cross_entropy(kinds, label)"),
    ],
)
def test_help_names_what_is_there(body: str, train: str, code: str, words: str) -> None:
    found, help = help_of(f"net A {{ input image: 1x8x8; {body} }}\n{train}\n")
    assert found == code
    assert words in help
