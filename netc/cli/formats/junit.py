"""`--format junit`: test results that Jenkins, GitLab and others draw. A file is a suite, a finding a failed test."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from netc.cli.formats import sentence
from netc.compiler.lint import LintResult
from netc.grammar.diagnostics import Diagnostic

UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def junit(result: LintResult) -> str:
    """The document; a file without findings is a suite with one test that passed."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in result.files}
    for finding in result.diagnostics:
        by_file.setdefault(finding.primary.span.file if finding.primary else "netc", []).append(finding)
    total = sum(max(1, len(findings)) for findings in by_file.values())
    whole = _element(None, "testsuites", name="netc", tests=total, failures=len(result.diagnostics), errors=0)
    for file, findings in by_file.items():
        tests = {"tests": max(1, len(findings)), "failures": len(findings), "errors": 0, "skipped": 0}
        suite = _element(whole, "testsuite", name=file, **tests)
        if not findings:
            _element(suite, "testcase", name="netc", classname=file)
        for finding in findings:
            _failed(suite, file, finding)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(whole, encoding="unicode") + "\n"


def _failed(suite: ElementTree.Element, file: str, finding: Diagnostic) -> None:
    span = finding.primary.span if finding.primary else None
    place = {"line": span.line, "column": span.column} if span else {}
    case = _element(suite, "testcase", name=finding.code, classname=file, **place)
    failure = _element(case, "failure", message=finding.message, type=str(finding.severity))
    at = f"line {span.line}, column {span.column}: " if span else ""
    label = finding.primary.message if finding.primary else ""
    help = f"help: {finding.help}" if finding.help else ""
    failure.text = _clean(sentence((at + finding.message, label, *finding.notes, help)))


def _element(parent: ElementTree.Element | None, tag: str, **attributes: object) -> ElementTree.Element:
    given = {name: _clean(str(value)) for name, value in attributes.items()}
    return ElementTree.Element(tag, given) if parent is None else ElementTree.SubElement(parent, tag, given)


def _clean(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
