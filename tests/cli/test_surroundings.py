"""Terminals, pipes, and files as they come."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from processes import command, on_terminal

GOOD = "net A {\n  input x: 4\n  dense(3)\n}\n"
BAD = "net A {\n  input x: 4\n  dens(3)\n}\n"


def test_colors_on_a_terminal_alone(netc: Any, tmp_path: Path) -> None:
    assert "\x1b[" not in netc("check", "a.net", files={"a.net": BAD}).stdout
    assert "\x1b[" in on_terminal("check", "a.net", folder=tmp_path)[1]
    assert "\x1b[" not in on_terminal("check", "a.net", folder=tmp_path, NO_COLOR="1")[1]
    assert "\x1b[" not in on_terminal("check", "a.net", folder=tmp_path, TERM="dumb")[1]
    assert "\x1b[" not in on_terminal("check", "a.net", "--color", "never", folder=tmp_path)[1]


def test_color_on_request(netc: Any) -> None:
    assert "\x1b[" in netc("check", "a.net", "--color", "always", files={"a.net": BAD}, env={"NO_COLOR": "1"}).stdout
    assert "\x1b[" in netc("summary", "a.net", "--color", "always").stderr


@pytest.mark.quick(1)
@pytest.mark.skipif(os.name == "nt", reason="pipes end differently there")
@pytest.mark.parametrize("verb", ["check", "explain", "ir", "lint"])
def test_pipe_closed_early(verb: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(BAD * 40 if verb != "ir" else GOOD, "utf-8")
    arguments = [verb] if verb == "explain" else [verb, "a.net"]
    process = subprocess.Popen(command(*arguments), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 141, said
    assert "Traceback" not in said
    assert "Broken" not in said


@pytest.mark.quick(11)
@pytest.mark.parametrize(
    ("name", "content"),
    [("latin", "net Caf\xe9 { input x: 4; dense(3) }".encode("latin-1")), ("binary", bytes(range(256))),
     ("nul", b"net A\0 {"), ("utf16", "net A { input x: 4 }".encode("utf-16"))],
)  # fmt: skip
@pytest.mark.parametrize("style", ["full", "json", "concise", "github"])
def test_not_text(netc: Any, name: str, content: bytes, style: str) -> None:
    done = netc("check", f"{name}.net", "--format", style, files={f"{name}.net": content})
    assert done.returncode == 1, done.stderr
    assert "E1" in done.stdout


def test_unusual_but_fine(netc: Any) -> None:
    done = netc("lint", "a.net", files={"a.net": b"\xef\xbb\xbfnet A {\r\n  input x: 4\r\n  dense(3)\r\n}\r\n"})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only a comment", b"\xef\xbb\xbf"])
def test_a_file_that_holds_nothing_is_a_warning(netc: Any, content: bytes) -> None:
    done = netc("lint", "a.net", files={"a.net": content})
    assert (done.returncode, "warning[E228]: a.net defines nothing" in done.stdout) == (1, True), done.stderr


def test_windows_lines_keep_their_places(netc: Any) -> None:
    done = netc("check", "a.net", "--format", "concise", files={"a.net": BAD.replace("\n", "\r\n")})
    assert done.stdout.startswith("a.net:3:3: error[E2")


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0, reason="root reads everything")
def test_unreadable(netc: Any, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(BAD, "utf-8")
    (tmp_path / "a.net").chmod(0)
    done = netc("check", "a.net")
    assert done.returncode == 1
    assert "permission denied" in done.stdout


def test_deep_nesting_is_no_bug(netc: Any) -> None:
    text = "net A {\n input x: 4\n" + "{" * 3000 + " dense(3) " + "}" * 3000 + "\n}\n"
    done = netc("check", "a.net", files={"a.net": text})
    assert done.returncode == 1, done.stderr
