"""Exit codes are a contract, and no mistake of a user ends in a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import netc.cli as cli
from netc.cli.failures import explain_failure
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Severity

GOOD = "net A {\n  input x: 4\n  dense(3)\n}\n"
BAD = "net A {\n  input x: 4\n  dens(3)\n}\n"
SYNTAX = "net A {\n  input x: 4\n  dense(3\n}\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "good.net"], 0), (["check", "bad.net"], 1), (["check", "good.net", "bad.net"], 1),
        (["check", "syntax.net"], 1), (["check", "missing.net"], 1), (["check", "folder"], 0), (["check"], 1),
        (["lint"], 1), (["summary"], 2),
        (["lint", "good.net"], 0), (["lint", "bad.net"], 1), (["lint", "folder"], 0), (["lint", "missing"], 1),
        (["lint", "good.net", "--select", "L999"], 2),
        (["summary", "good.net"], 0), (["summary", "bad.net"], 3), (["summary", "missing.net"], 3),
        (["summary", "folder"], 5), (["summary", "good.net", "--net", "B"], 3),
        (["summary", "good.net", "--batch", "0"], 2),
        (["summary", "good.net", "--set", "classes"], 3), (["summary", "good.net", "--set", "classes=3"], 3),
        (["ir", "good.net"], 0), (["ir", "bad.net"], 3), (["ir", "missing.net"], 3), (["ir", "good.net", "--train"], 3),
        (["ir", "good.net", "--after", "nothing"], 2), (["ir", "good.net", "--after", "recompute"], 2),
        (["ir", "good.net", "--stages", "--after", "sweep1"], 2), (["ir", "good.net", "--format", "json"], 2),
        (["ir", "good.net", "--memory", "low"], 2), (["ir", "good.net", "--lowering", "Gemm=fast"], 3),
        (["ir", "good.net", "--train", "--precision", "mixed", "--target", "cpu"], 4),
        (["compile", "bad.net", "-o", "x.onnx"], 3), (["compile", "good.net"], 2),
        (["compile", "good.net", "-o", "x"], 2),
        (["compile", "good.net", "-o", "x.onnx", "--train"], 3), (["compile", "good.net", "-o", "none/x.onnx"], 5),
        (["compile", "good.net", "-o", "x.onnx", "--weights", "none.safetensors"], 5),
        (["explain", "L001"], 0), (["explain", "E999"], 2), (["nothing"], 2), (["--nothing"], 2), (["--help"], 0),
        (["--version"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)  # fmt: skip
def test_exit_code(
    arguments: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("bad", BAD), ("syntax", SYNTAX)):
        Path(f"{name}.net").write_text(text, "utf-8")
    Path("folder").mkdir()
    found = cli.run(arguments)
    said = capsys.readouterr()
    assert found == code, said.out + said.err
    assert "Traceback" not in said.err
    assert "bug in netc" not in said.err


@pytest.mark.parametrize(
    ("code", "expected"),
    [("E104", 3), ("E204", 3), ("E301", 3), ("E401", 3), ("E501", 5), ("E601", 4), ("E701", 6), ("E260", 2)],
)
def test_codes_of_findings(code: str, expected: int) -> None:
    assert explain_failure(DiagnosticError(Diagnostic(code, "something")), []) == expected


def test_a_warning_does_not_decide() -> None:
    findings = [Diagnostic("E501", "minor", severity=Severity.WARNING), Diagnostic("E601", "major")]
    assert explain_failure(DiagnosticError(findings), []) == 4


def test_interrupted(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_failure(KeyboardInterrupt(), []) == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


@pytest.mark.parametrize("debug", [False, True])
def test_bug_says_so(debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def explode(*_: Any) -> None:
        raise KeyError("inner")

    monkeypatch.setattr(cli, "_invoke", explode)
    monkeypatch.setenv("NETC_DEBUG", "1") if debug else monkeypatch.delenv("NETC_DEBUG", raising=False)
    assert cli.run(["check", "a b.net"]) == 70
    said = capsys.readouterr().err
    assert "this is a bug in netc, not a mistake of yours: KeyError: 'inner' (test_exit_codes.py:" in said
    assert "command: netc check 'a b.net'" in said
    assert ("Traceback" in said) == debug


def test_a_verb_may_return_its_code() -> None:
    program = "import netc.cli as c; c._invoke = lambda a: 1; c.main()"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 1


def test_a_network_beyond_all_memory_is_counted_and_not_allocated(netc: Any) -> None:
    files = {"huge.net": "net A {\n  input x: 1_000_000\n  dense(1_000_000)\n  expect params > 1T\n}\n"}
    assert netc("check", "huge.net", files=files).returncode == 0
    assert "1,000,001,000,000" in netc("summary", "huge.net", files=files).stdout
    done = netc("compile", "huge.net", "-o", "x.onnx", files=files)
    assert done.returncode == 3
    assert "error[E136]: A has 1,000,001,000,000 parameters" in done.stderr
    done = netc("compile", "huge.net", "-o", "x.onnx", files=files, env={"NETC_LIMIT_PARAMETERS": "2T"})
    assert done.returncode == 4
    assert "error[E604]" in done.stderr
    assert "4,000.0 GB" in done.stderr


@pytest.mark.parametrize("arguments", [["eval"], ["eval", "--data", "digits"], ["predict", "x.npy"]])
@pytest.mark.parametrize(("name", "words"), [("good.net", "netc train good.net"), ("runs/none", "no such file")])
def test_what_is_no_trained_network_is_told_first(netc: Any, arguments: list[str], name: str, words: str) -> None:
    done = netc(arguments[0], name, *arguments[1:], files={"good.net": GOOD})
    assert done.returncode == 5
    assert "error[E565]" in done.stderr
    assert words in done.stderr


def test_memory_that_runs_out_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain_failure(MemoryError("Unable to allocate 3 TiB"), []) == 4
    assert "error[E604]" in capsys.readouterr().err


def test_the_command_alone_helps(netc: Any) -> None:
    alone, asked = netc(), netc("--help")
    assert (alone.returncode, alone.stdout) == (0, asked.stdout)
    assert "Train and use it:" in alone.stdout


def test_ctrl_c_while_the_command_line_is_read_in() -> None:
    program = """
import runpy, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
runpy.run_module("netc", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\ninterrupted\n")
