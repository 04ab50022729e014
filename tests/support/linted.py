"""What one lint rule says about a text, and the text after its fixes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from repairs import applied

from netc.compiler.check import check
from netc.compiler.lint import lint_checked
from netc.compiler.lint.evidence import DataCard, Evidence, InputData, TargetData
from netc.grammar.diagnostics import Diagnostic
from netc.grammar.source import Source

DIGITS = """net Digits(width = 100) {
  input image: 1x28x28
  flatten
  dense(width, act=relu)
  logits = dense(10)
}
"""


def said(code: str, text: str, evidence: Evidence | None = None) -> list[Diagnostic]:
    """The findings of one rule about a text that is right."""
    result = check("a.net", text)
    assert result.nets, [found.message for found in result.diagnostics]
    return lint_checked(result, "a.net", select=(code,), evidence=evidence or Evidence())


def messages(code: str, text: str, evidence: Evidence | None = None) -> list[str]:
    """What a rule says."""
    return [finding.message for finding in said(code, text, evidence)]


def trained(*settings: str, net: str = DIGITS) -> str:
    """A net with a train section of these settings, besides a loss."""
    name = net.split("net ", 1)[1].split("(")[0].split(" ")[0]
    lines = "".join(f"  {line}\n" for line in settings)
    loss = (
        "" if any(line.startswith(("loss", "step")) for line in settings) else "  loss = cross_entropy(logits, label)\n"
    )
    return f"{net}train {name} {{\n{loss}{lines}}}\n"


def known(
    *,
    rows: int | None = None,
    counts: Sequence[int] = (),
    classes: Sequence[str] = (),
    history: Sequence[dict[str, Any]] = (),
    net: str | None = None,
    **data: Any,
) -> Evidence:
    """Evidence about a net with one input, `image`, and a target called `label`."""
    inputs = (InputData("image", **data),) if data else ()
    targets = (TargetData("label", tuple(classes), tuple(counts)),)
    return Evidence(DataCard(inputs, targets, () if rows is None else (("train", rows),)), tuple(history), net)


def mended(code: str, text: str) -> str:
    """A text after every fix of a rule. Nothing is left to fix then, and weights are called as before."""
    weights = names(text)
    for _ in range(20):
        fix = next((finding.fix for finding in said(code, text) if finding.fix is not None), None)
        if fix is None:
            assert names(text) == weights
            return text
        text = applied(text, fix)
    raise AssertionError(f"the fixes come to no end:\n{text}")


def names(text: str) -> list[list[tuple[str, object]]]:
    """The weights of each net by their names, with their shapes."""
    return [[(item.name, item.value.shape) for item in net.parameters] for net in check("a.net", text).nets]


def marked(finding: Diagnostic, text: str) -> str:
    """The part of the text that a finding points at."""
    assert finding.primary is not None
    return Source("a.net", text).between(finding.primary.span)


def label(finding: Diagnostic) -> str:
    """What stands at the place of a finding."""
    assert finding.primary is not None
    return finding.primary.message
