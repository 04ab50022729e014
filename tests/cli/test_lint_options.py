"""`netc lint`'s own options, as ruff's are: what is written, what is printed where, and the exit codes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import command, surroundings

Netc = Callable[..., "subprocess.CompletedProcess[str]"]
BIASED = "net A {\n  input x: 1x8x8\n  conv(4, 3x3) -> batchnorm -> relu  # here\n  flatten -> dense(2)\n}\n"
REPAIRED = BIASED.replace("3x3", "3x3, bias=false")
CUT = "net Cut {\n  input image: 1x7x7\n  conv(8, 5x5, stride=3)\n}\n"


@pytest.mark.parametrize("verb", ["lint", "check"])
def test_without_a_path_it_is_this_folder(netc: Netc, verb: str) -> None:
    done = netc(verb, "--format", "concise", files={"a.net": BIASED.replace("dense", "dens")})
    assert done.returncode == 1
    assert done.stdout.startswith("a.net:4:14: error[E202]")
    assert done.stderr == "1 error in 1 file\n"


def test_fix_writes_what_is_safe_alone(netc: Netc, tmp_path: Path) -> None:
    done = netc("lint", "a.net", "--select", "L002", "--fix", files={"a.net": BIASED})
    assert done.returncode == 1
    assert "1 unsafe fix with `--fix --unsafe-fixes`; `--diff --unsafe-fixes` shows it" in done.stderr
    assert (tmp_path / "a.net").read_text() == BIASED


def test_unsafe_fixes(netc: Netc, tmp_path: Path) -> None:
    done = netc("lint", "a.net", "--select", "L002", "--fix", "--unsafe-fixes", files={"a.net": BIASED})
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing to report in 1 file\n1 fix applied in 1 file\n"
    assert (tmp_path / "a.net").read_text() == REPAIRED
    assert [path.name for path in tmp_path.iterdir()] == ["a.net"], "no temporary file is left"


def test_a_fixed_file_keeps_its_permissions_and_links(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "real.net").write_text(BIASED)
    (tmp_path / "real.net").chmod(0o640)
    (tmp_path / "a.net").symlink_to("real.net")
    netc("lint", "a.net", "--select", "L002", "--fix", "--unsafe-fixes")
    assert (tmp_path / "a.net").is_symlink()
    assert (tmp_path / "real.net").read_text() == REPAIRED
    assert stat.S_IMODE((tmp_path / "real.net").stat().st_mode) == 0o640


def test_diff_writes_nothing(netc: Netc, tmp_path: Path) -> None:
    done = netc("lint", "a.net", "--select", "L002", "--unsafe-fixes", "--diff", files={"a.net": BIASED})
    assert done.returncode == 1
    assert done.stdout.startswith("--- a.net\n+++ a.net\n@@ -1,5 +1,5 @@\n")
    assert "-  conv(4, 3x3) -> batchnorm" in done.stdout
    assert "+  conv(4, 3x3, bias=false) -> batchnorm" in done.stdout
    assert done.stderr == "1 fix would be applied in 1 file\n"
    assert (tmp_path / "a.net").read_text() == BIASED
    assert netc("lint", "a.net", "--select", "L002", "--diff").returncode == 0, "there is no safe fix"


def test_a_diff_of_a_last_line_without_its_end_can_be_applied(netc: Netc, tmp_path: Path) -> None:
    text = "net A { input x: 1x8x8\n conv(4, 3x3) -> batchnorm }"
    done = netc("lint", "a.net", "--select", "L002", "--unsafe-fixes", "--diff", files={"a.net": text})
    applied = subprocess.run(["git", "apply", "-p0", "-"], input=done.stdout, text=True, cwd=tmp_path)
    assert applied.returncode == 0
    assert (tmp_path / "a.net").read_text() == text.replace("3x3", "3x3, bias=false")


def test_standard_input_is_fixed_onto_standard_output() -> None:
    words = ("lint", "-", "--stdin-filename", "n.net", "--select", "L001,L002", "--fix", "--unsafe-fixes")
    text = BIASED + CUT
    done = subprocess.run(command(*words), input=text, capture_output=True, text=True, env=surroundings())
    assert done.stdout == text.replace("3x3", "3x3, bias=false")
    assert done.stderr.startswith("warning[L001]")
    assert "--> n.net:8:3" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(("exit_zero", "code"), [((), 1), (("--exit-zero",), 0)])
def test_statistics(netc: Netc, exit_zero: tuple[str, ...], code: int) -> None:
    words = ("lint", "a.net", "b.net", "--select", "L00", "--statistics", *exit_zero)
    done = netc(*words, files={"a.net": CUT, "b.net": BIASED + CUT})
    assert done.stdout == "     2  L001       dropped-rows\n     1  L002  [*]  bias-before-norm\n"
    assert done.returncode == code
    told = json.loads(netc(*words, "--format", "json").stdout)
    assert told[1] == {"code": "L002", "name": "bias-before-norm", "count": 1, "fixable": 1}


def test_exit_zero_is_not_for_mistakes_of_the_command(netc: Netc) -> None:
    assert netc("lint", "a.net", "--select", "L777", "--exit-zero", files={"a.net": CUT}).returncode == 2
    assert netc("lint", "a.net", "--exit-zero", "--select", "L001").returncode == 0


def test_per_file_ignores(netc: Netc) -> None:
    files = {"a.net": CUT, "old/b.net": CUT}
    done = netc(
        "lint", ".", "--select", "L001", "--per-file-ignores", "old/**:L001", "--format", "concise", files=files
    )
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["a.net"]
    assert netc("lint", ".", "--select", "L001", "--per-file-ignores", "*.net:L").returncode == 0
    wrong = netc("lint", ".", "--per-file-ignores", "old")
    assert (wrong.returncode, "E260" in wrong.stderr) == (2, True)


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    from netc.cli.rewriting import rewrite
    from netc.grammar.diagnostics import DiagnosticError

    (tmp_path / "a.net").write_text("somebody else's")
    with pytest.raises(DiagnosticError, match="E261"):
        rewrite(str(tmp_path / "a.net"), "what was read", "what is written")
    assert (tmp_path / "a.net").read_text() == "somebody else's"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process there")
def test_many_files_in_several_processes_are_in_order(netc: Netc) -> None:
    files = {f"n{number:02}.net": CUT if number % 3 else CUT.replace("conv(", "cnov(") for number in range(40)}
    done = netc("lint", ".", "--select", "L001", "--format", "concise", files=files)
    found = [line.split(":")[0] for line in done.stdout.splitlines()]
    assert found == sorted(found)
    assert len(set(found)) == 40
    assert "Checked 40 files" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process there")
def test_a_mistake_in_the_settings_comes_out_of_other_processes(netc: Netc) -> None:
    files = {f"n{number:02}.net": CUT for number in range(40)} | {"netc.toml": "[lint]\nselct = []\n"}
    done = netc("lint", ".", files=files)
    assert (done.returncode, done.stdout) == (2, "")
    assert "[lint] has no setting `selct`" in done.stderr
    assert "use `select`" in done.stderr
    assert "Traceback" not in done.stderr


def test_watch(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(CUT)
    words = command("lint", "a.net", "--select", "L001", "--watch", "--format", "concise")
    process = subprocess.Popen(
        words, cwd=tmp_path, env=surroundings(PYTHONUNBUFFERED="1"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(3)]
    assert "L001" in seen[0]
    assert "waiting" in seen[2]
    time.sleep(0.05)
    (tmp_path / "a.net").write_text(CUT.replace("stride=3", "stride=2"))
    assert process.stdout.readline() == "nothing to report in 1 file\n"
    (tmp_path / "netc.toml").write_text("[lint]\nselct = []\n")
    process.send_signal(2)
    rest = process.communicate(timeout=30)[0]
    assert "Traceback" not in rest
    assert process.returncode in (130, 2)


@pytest.mark.parametrize("words", [("-", "--watch"), ("a.net", "--watch", "--diff")])
def test_what_cannot_be_watched(netc: Netc, words: tuple[str, ...]) -> None:
    done = netc("lint", *words, files={"a.net": CUT})
    assert done.returncode == 2
    assert sys.executable not in done.stderr
