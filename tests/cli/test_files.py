"""Which files `check` and `lint` look at: several, folders, standard input; and what they say at the end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from warm import netc_in

GOOD = "net Good {\n  input x: 4\n  dense(2)\n}\n"
BAD = "net Bad {\n  input x: 4\n  dens(2)\n}\n"
WARNED = "net Cut {\n  input image: 1x7x7\n  conv(8, 5x5, stride=3)\n}\n"
VERBS = ("check", "lint")


def piped(folder: Path, text: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    return netc_in(folder, *arguments, given=text)


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_with_what_is_left_out(netc: Any, verb: str) -> None:
    files = dict.fromkeys((".hidden.net", ".git/a.net", "deep/.cache/a.net", "env/lib/a.net", "runs/R/a.net"), BAD)
    files |= dict.fromkeys(("build/a.net", "node_modules/a.net", "venv/a.net", "notes.txt"), BAD)
    files |= {"env/pyvenv.cfg": "home = /usr\n", "good.net": GOOD, "deep/er/bad.net": BAD, "environment/c.net": GOOD}
    done = netc(verb, ".", "--format", "concise", files=files)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines() if "E202" in line] == ["deep/er/bad.net"]
    assert done.stderr == "Checked 3 files: 1 error\n"


@pytest.mark.parametrize("verb", VERBS)
def test_several_files_and_folders(netc: Any, verb: str) -> None:
    files = {"a.net": GOOD, "b/b.net": BAD, "b/c.net": BAD, "d/d.net": WARNED}
    done = netc(verb, "a.net", "b", "b/c.net", "d", files=files)
    assert done.returncode == 1
    warnings = done.stdout.count("warning[")
    ending = {0: "", 1: ", 1 warning"}.get(warnings, f", {warnings} warnings")
    counted, *fixes = done.stderr.splitlines()
    assert counted == f"Checked 4 files: 2 errors{ending}"
    assert verb == "lint" or not fixes
    assert netc(verb, "a.net", "a.net").stderr == "nothing to report in 1 file\n"
    done = netc("check", "a.net", "a2.net", files={"a2.net": GOOD})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Checked 2 files: nothing to report\n")


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_named_itself_is_looked_into(netc: Any, verb: str) -> None:
    done = netc(verb, ".hidden", "runs", files={".hidden/a.net": GOOD, "runs/R/a.net": GOOD})
    assert (done.returncode, done.stderr) == (0, "Checked 2 files: nothing to report\n") or verb == "lint"
    assert "Checked 2 files" in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_without_any(netc: Any, verb: str) -> None:
    files = {"a.net": GOOD, "empty/notes.txt": "", "empty/.b/c.net": BAD}
    done = netc(verb, "empty", files=files)
    assert (done.returncode, done.stdout) == (0, "")
    assert "there is no .net file in empty; hidden folders, " in done.stderr
    assert "Checked 0 files" in done.stderr
    for style in ("json", "full"):
        assert "there is no .net file in empty" in netc("check", "a.net", "empty", "--format", style).stderr


@pytest.mark.parametrize("verb", VERBS)
def test_standard_input(tmp_path: Path, verb: str) -> None:
    done = piped(tmp_path, BAD.encode(), verb, "-")
    assert done.returncode == 1
    assert "--> <stdin>:3:3" in done.stdout
    assert done.stderr.splitlines()[0] == "1 error in 1 file"
    assert piped(tmp_path, GOOD.encode(), "check", "-").returncode == 0


@pytest.mark.parametrize("verb", VERBS)
def test_standard_input_has_a_name(tmp_path: Path, verb: str) -> None:
    """The file of that name is not read, and what the text uses is looked for beside it."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/other.net").write_text("block unit(n) { dense(n) -> relu }\n")
    (tmp_path / "nets/new.net").write_text(BAD)
    text = 'use "other.net" (unit)\nnet New {\n  input x: 4\n  unit(3)\n}\n'
    done = piped(tmp_path, text.encode(), verb, "-", "--stdin-filename", "nets/new.net", "--format", "json")
    found = json.loads(done.stdout)["diagnostics"]
    assert [item for item in found if item["severity"] == "error"] == []
    done = piped(tmp_path, text.replace("unit(3)", "unti(3)").encode(), verb, "-", "--stdin-filename", "nets/new.net",
                 "--format", "json")  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert {item["file"] for item in json.loads(done.stdout)["diagnostics"]} == {"nets/new.net"}


def test_settings_hold_for_the_name_of_standard_input(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.netc.lint]\nselect = ["L002"]\n')
    assert piped(tmp_path, WARNED.encode(), "lint", "-", "--stdin-filename", "a.net").returncode == 0
    assert piped(tmp_path, WARNED.encode(), "lint", "-", "--select", "L001").returncode == 1


@pytest.mark.parametrize("content", [b"\xff\xfen\x00e\x00t\x00", b"\x7fELF\x02\x01\x01\x00\x00\x00", b"# caf\xe9\n"])
def test_standard_input_that_is_no_utf8(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.net").write_bytes(content)
    from_file = piped(tmp_path, b"", "check", "a.net")
    done = piped(tmp_path, content, "check", "-", "--stdin-filename", "a.net")
    assert "E113" in done.stdout
    assert (done.returncode, done.stdout) == (from_file.returncode, from_file.stdout)


def test_standard_input_among_files(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(GOOD)
    done = piped(tmp_path, BAD.encode(), "check", "a.net", "-")
    assert (done.returncode, done.stderr) == (1, "Checked 2 files: 1 error\n")


def test_a_name_without_standard_input(netc: Any) -> None:
    done = netc("check", "a.net", "--stdin-filename", "b.net", files={"a.net": GOOD})
    assert done.returncode == 2
    assert "add `-`" in done.stderr


def test_a_mistake_in_a_used_file_is_told_once(netc: Any) -> None:
    files = {"lib.net": "block unit(n) {\n  dens(n)\n}\n"}
    files |= {f"{name}.net": f'use "lib.net" (unit)\nnet {name} {{\n  input x: 4\n  unit(3)\n}}\n' for name in "AB"}
    done = netc("check", ".", "--format", "concise", files=files)
    assert done.stdout.count("lib.net:2:3: error[E202]") == 1, done.stdout
