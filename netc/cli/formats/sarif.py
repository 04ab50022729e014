"""`--format sarif`: SARIF 2.1.0, which GitHub's code scanning, Azure DevOps and editors take.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; fixes are part of it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from netc.cli.formats import sentence
from netc.compiler.lint import LintResult, all_rules
from netc.grammar.codes import explanation, headline
from netc.grammar.diagnostics import Diagnostic, Fix, Label, Severity, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(result: LintResult) -> str:
    """The log: one run, the codes that were found with their documentation, the findings."""
    from importlib.metadata import version

    codes = sorted({finding.code for finding in result.diagnostics})
    driver = {
        "name": "netc",
        "version": version("netc"),
        "semanticVersion": version("netc"),
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(file)} for file in result.files],
        "results": [_result(finding, codes.index(finding.code)) for finding in result.diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = all_rules().get(code)
    text = rule.documentation if rule else explanation(code) or code
    short = rule.headline if rule else headline(code) or code
    found: dict[str, Any] = {"id": code}
    if rule is not None:
        found["name"] = rule.name
    return {
        **found,
        "shortDescription": {"text": short},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "warning" if rule else "error"},
    }


def _result(finding: Diagnostic, index: int) -> dict[str, Any]:
    label = finding.primary.message if finding.primary else ""
    help = f"help: {finding.help}" if finding.help else ""
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": "error" if finding.severity is Severity.ERROR else "warning",
        "message": {"text": sentence((finding.message, label, *finding.notes, help))},
        "locations": [_location(finding.primary)] if finding.primary else [],
    }
    if finding.secondary:
        found["relatedLocations"] = [
            {"id": number, **_location(other)} for number, other in enumerate(finding.secondary)
        ]
    if finding.fix is not None and finding.fix.edits:
        found["fixes"] = [_fix(finding.fix)]
    return found


def _location(label: Label) -> dict[str, Any]:
    place = {"artifactLocation": _artifact(label.span.file), "region": _region(label.span)}
    message = {"message": {"text": label.message}} if label.message else {}
    return {"physicalLocation": place, **message}


def _fix(fix: Fix) -> dict[str, Any]:
    changes = []
    for file in dict.fromkeys(edit.span.file for edit in fix.edits):
        replacements = [
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
            for edit in dict.fromkeys(fix.edits)
            if edit.span.file == file
        ]
        changes.append({"artifactLocation": _artifact(file), "replacements": replacements})
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _artifact(file: str) -> dict[str, str]:
    """A URI: relative where the path is, so that a service finds the file in its own checkout."""
    path = Path(file)
    return {"uri": path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))}


def _region(span: Span) -> dict[str, int]:
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
