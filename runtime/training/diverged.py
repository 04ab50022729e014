"""A training that came to NaN or infinity."""

from __future__ import annotations

from netc.grammar.diagnostics import Diagnostic, DiagnosticError


def diverged(message: str, rate: float) -> DiagnosticError:
    """E701 with the learning rate of the step."""
    return DiagnosticError(
        Diagnostic(
            "E701",
            message,
            notes=(f"the learning rate was {rate:.3g}",),
            help="lower the learning rate, or set `clip_norm = 1.0` in the train section",
        )
    )
