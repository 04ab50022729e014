"""Findings for machines, each format against its own definition: the SARIF schema, an XML reader, GitLab's keys."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netc.cli.formats import FORMATS, written
from netc.compiler.lint import LintResult, lint
from netc.grammar.diagnostics import Diagnostic, Label, Severity, Span

SCHEMA = Path(__file__).parents[1] / "support" / "schemas" / "sarif-2.1.0.json"
TEXT = """net A {
  input x: 1x7x7
  conv(4, 5x5, stride=3) -> batchnorm
  dens(3)
}
net B { input x: 1x8x8
  conv(4, 3x3) -> batchnorm
}
"""


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LintResult:
    """Errors and warnings, with and without fixes, in two files of three, and one that has no place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub dir").mkdir()
    for name, text in (("a.net", TEXT), ("sub dir/ü&<b>.net", TEXT), ("clean.net", "net C { input x: 4\n dense(2) }")):
        Path(name).write_text(text, "utf-8")
    found = lint(["."], select=("L001", "L002"))
    strange = Diagnostic("E562", 'a "message" with <signs> & \x1b[31mcolour\x00', help="none", notes=("a\nb",))
    far = Diagnostic.at(Severity.WARNING, "L001", "beyond", Span("missing.net", 3, 1, 4, 2), secondary=[Label(
        Span("a.net", 1, 1, 1, 2), "here")])  # fmt: skip
    found.diagnostics.extend((strange, far))
    return found


def test_there_is_something_to_show(result: LintResult) -> None:
    assert {finding.code for finding in result.diagnostics} == {"L001", "L002", "E202", "E562"}
    assert any(finding.fix for finding in result.diagnostics)
    assert len(result.files) == 3


@pytest.mark.parametrize("clean", [False, True])
def test_sarif_fits_its_schema(result: LintResult, clean: bool) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    shown = LintResult(files=result.files) if clean else result
    log = json.loads(written(shown, "sarif"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    checker = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    assert [error.message for error in checker.iter_errors(log)] == []
    (run,) = log["runs"]
    assert len(run["results"]) == len(shown.diagnostics)
    for item in run["results"]:
        assert run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"]


def test_the_schema_is_strict_about_what_we_write(result: LintResult) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    log = json.loads(written(result, "sarif"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not jsonschema.Draft4Validator(json.loads(SCHEMA.read_text("utf-8"))).is_valid(log)


def test_sarif_says_where_and_how_to_fix(result: LintResult) -> None:
    (run,) = json.loads(written(result, "sarif"))["runs"]
    places = {item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for item in run["results"] if
              item["locations"]}  # fmt: skip
    assert "sub%20dir/%C3%BC%26%3Cb%3E.net" in places
    fixes = [item for item in run["results"] if item["ruleId"] == "L002"]
    replacement = fixes[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"] == {"text": ", bias=false"}
    assert replacement["deletedRegion"]["startLine"] == replacement["deletedRegion"]["endLine"] == 7


def test_junit_is_read_by_an_xml_reader(result: LintResult) -> None:
    text = written(result, "junit")
    whole = ElementTree.fromstring(text)
    suites = whole.findall("testsuite")
    assert {suite.get("name") for suite in suites} >= {*result.files, "netc", "missing.net"}
    failures = whole.findall("testsuite/testcase/failure")
    assert len(failures) == int(whole.get("failures", "")) == len(result.diagnostics)
    assert int(whole.get("tests", "")) == len(whole.findall("testsuite/testcase")) == len(result.diagnostics) + 1
    for suite in suites:
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert "\x1b" not in text


def test_gitlab_has_the_keys_of_a_code_quality_report(result: LintResult) -> None:
    issues: list[dict[str, Any]] = json.loads(written(result, "gitlab"))
    assert len(issues) == len(result.diagnostics)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert isinstance(issue["location"]["lines"]["begin"], int)
        assert not issue["location"]["path"].startswith(("./", "/"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_a_fingerprint_outlives_lines_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen = []
    for above in ("", "# a line\n\n"):
        Path("a.net").write_text(above + TEXT)
        seen.append([issue["fingerprint"] for issue in json.loads(written(lint(["a.net"]), "gitlab"))])
    assert seen[0] == seen[1]


@pytest.mark.quick(4)
@pytest.mark.parametrize("style", FORMATS)
def test_every_format_from_the_command_line(style: str, netc: Callable[..., Any]) -> None:
    for verb in ("check", "lint"):
        done = netc(verb, "a.net", "--format", style, files={"a.net": TEXT})
        assert done.returncode == 1
        assert "E202" in done.stdout
        assert (done.stderr == "") == (style not in ("full", "concise"))
