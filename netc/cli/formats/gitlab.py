"""`--format gitlab`: a code quality report, which GitLab shows in merge requests.

https://docs.gitlab.com/ci/testing/code_quality: a list with `description`, `check_name`, `fingerprint`, `severity` and
`location`. A fingerprint stays the same while lines above the finding come and go, so that GitLab tells new from old.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from netc.compiler.lint import LintResult
from netc.grammar.diagnostics import Diagnostic, Severity
from netc.grammar.source import Source
from netc.grammar.writing import encoded

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor"}


def gitlab(result: LintResult) -> str:
    """The report; findings without a place are put at the first line of the folder."""
    seen: Counter[str] = Counter()
    return json.dumps([_issue(finding, result, seen) for finding in result.diagnostics], indent=2) + "\n"


def _issue(finding: Diagnostic, result: LintResult, seen: Counter[str]) -> dict[str, Any]:
    span = finding.primary.span if finding.primary else None
    file = span.file if span else "."
    line = Source(file, result.sources.get(file, "")).line(span.line).strip() if span else ""
    words = "\0".join((file, finding.code, finding.message, line))
    seen[words] += 1  # two of the same on lines that read the same
    fingerprint = hashlib.sha256(encoded(f"{words}\0{seen[words]}")).hexdigest()
    begin, end = (span.line, span.end_line) if span else (1, 1)
    return {
        "description": finding.message if not finding.help else f"{finding.message}; {finding.help}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {"path": file.removeprefix("./"), "lines": {"begin": begin, "end": end}},
    }
