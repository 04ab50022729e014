"""Whatever is written: findings, never a traceback. Valid programs, their tokens dropped, doubled, swapped, changed."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st
from tiers import examples

from netc.compiler.check import check
from netc.grammar.diagnostics import Severity
from netc.grammar.render import render_full

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```net\n(.*?)^```", re.DOTALL | re.MULTILINE)
CASES = sorted((Path(__file__).parent / "cases").glob("*.md"))
TEXTS = [found[1] for path in CASES for found in FENCE.finditer(path.read_text(encoding="utf-8"))]
TEXTS += [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples/lecture").glob("*.net"))]
TOKEN = re.compile(r"\w+|->|\*\*|//|==|\.\.|\s+|.")
PIECES = sorted({token for text in TEXTS for token in TOKEN.findall(text) if not token.isspace()})


@st.composite
def mutated(draw: st.DrawFn) -> str:
    tokens = TOKEN.findall(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(("drop", "double", "swap", "replace", "replace", "insert"))):
            case "drop":
                tokens[at] = ""
            case "double":
                tokens[at] *= 2
            case "swap":
                other = draw(st.integers(0, len(tokens) - 1))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case "replace":
                tokens[at] = draw(st.sampled_from(PIECES))
            case _:
                tokens[at] += f" {draw(st.sampled_from(PIECES))} "
    return "".join(tokens)


@settings(max_examples=examples(400), deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_program_gives_findings_or_a_net(text: str) -> None:
    result = check("mutated.net", text)
    render_full(result.diagnostics, result.sources)
    for finding in result.diagnostics:
        assert finding.message
        assert finding.message == finding.message.rstrip(".")
    if not any(finding.severity is Severity.ERROR for finding in result.diagnostics):
        for net in result.nets:
            assert net.outputs
            assert net.params >= 0
