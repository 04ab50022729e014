"""The latency budgets of a net: conditions whose figures somebody else has to measure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netc.compiler.lint.allowance import allowances
from netc.compiler.lint.budget import OPERATORS, Comparison, batch_of, bound
from netc.compiler.lint.config import config_for
from netc.compiler.net import Net
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.parse import parse


@dataclass(frozen=True, slots=True)
class Timed:
    """`latency(batch=1) <= 5ms`: at most, or less than, so many seconds."""

    text: str
    batch: int
    sign: str
    seconds: float

    def holds(self, seconds: float) -> bool:
        """Whether a latency is within the budget."""
        return bool(OPERATORS[self.sign](seconds, self.seconds))


def timed(net: Net) -> list[Timed]:
    """What holds for a net: of its text and of the settings above its file. Raises DiagnosticError E260."""
    config = config_for(Path(net.file))
    tree, _ = parse(net.source, net.file)
    held = allowances(tree, net, config.budgets_for(Path(net.file)), config.path)
    return [_timed(one.comparison) for one in held if one.comparison.timed]


def _timed(comparison: Comparison) -> Timed:
    limit = bound(comparison)
    if limit is None or limit[0] not in ("<", "<="):
        help = "write it as in `latency(batch=1) <= 5ms`"
        raise DiagnosticError(Diagnostic("E260", f"`{comparison.text}` is no bound of a latency", help=help))
    return Timed(comparison.text, batch_of(comparison), limit[0], float(limit[1].value))
