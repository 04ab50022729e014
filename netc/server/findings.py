"""Findings as the client shows them."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from netc.grammar.diagnostics import Diagnostic, Severity, Span
from netc.grammar.source import Source
from netc.server.documents import Documents

SEVERITIES = {Severity.ERROR: types.DiagnosticSeverity.Error, Severity.WARNING: types.DiagnosticSeverity.Warning}
UNUSED = "L006"


def published(findings: Sequence[Diagnostic], documents: Documents, source: Source) -> list[types.Diagnostic]:
    """The findings of one file: message, facts and the way out in one text, other places as related ones."""
    return [_one(finding, documents, source) for finding in findings]


def _one(finding: Diagnostic, documents: Documents, source: Source) -> types.Diagnostic:
    primary = finding.primary
    span = primary.span if primary is not None else Span(source.file, 1, 1, 1, 1)
    head = f"{finding.message}: {primary.message}" if primary is not None and primary.message else finding.message
    lines = [head, *finding.notes, *([f"help: {finding.help}"] if finding.help else [])]
    related = [
        types.DiagnosticRelatedInformation(
            documents.location(label.span, documents.text_of(label.span.file)), label.message or "here"
        )
        for label in finding.secondary
    ]
    return types.Diagnostic(
        range=documents.positions(source).range(span),
        message="\n".join(lines),
        severity=SEVERITIES[finding.severity],
        code=finding.code,
        source="netc",
        related_information=related or None,
        tags=[types.DiagnosticTag.Unnecessary] if finding.code == UNUSED else None,
    )
