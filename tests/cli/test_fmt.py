"""`netc fmt` as a command: what it writes, what it says, how it ends."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from processes import command, surroundings

Netc = Callable[..., subprocess.CompletedProcess[str]]

UGLY = 'net A {\n input x: 8 ;dense( 4 )  # "µ"\n}\n'
NEAT = 'net A {\n  input x: 8\n  dense(4)  # "µ"\n}\n'
WRONG = "net A {\n  input x: 8\n  dense(4\n}\n"


def test_it_writes_what_changes(netc: Netc, tmp_path: Path) -> None:
    done = netc("fmt", files={"a.net": UGLY, "b/c.net": NEAT, "page.md": UGLY})
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "1 file changed, 1 file as it is\n"
    assert (tmp_path / "a.net").read_text("utf-8") == NEAT
    assert (tmp_path / "page.md").read_text("utf-8") == UGLY
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["a.net", "c.net", "page.md"]


def test_permissions_stay(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(UGLY, "utf-8")
    os.chmod(tmp_path / "a.net", 0o640)
    (tmp_path / "link.net").symlink_to("a.net")
    assert netc("fmt", "link.net").returncode == 0
    assert (tmp_path / "a.net").read_text("utf-8") == NEAT
    assert (tmp_path / "a.net").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "link.net").is_symlink()


def test_check_and_diff_write_nothing(netc: Netc, tmp_path: Path) -> None:
    checked = netc("fmt", "--check", ".", files={"a.net": UGLY, "b.net": NEAT})
    assert (checked.returncode, checked.stdout) == (1, "")
    assert checked.stderr == "would change: a.net\n1 file would change, 1 file as it is\n"
    shown = netc("fmt", "--diff", ".")
    assert shown.returncode == 1
    assert shown.stdout.startswith("--- a.net\n+++ a.net\n@@ -1,3 +1,4 @@\n net A {\n- input x: 8")
    assert (tmp_path / "a.net").read_text("utf-8") == UGLY
    assert netc("fmt", "--check", "b.net").returncode == 0


def test_a_file_with_mistakes_is_left_alone_and_the_others_are_not(netc: Netc, tmp_path: Path) -> None:
    done = netc("fmt", ".", files={"a.net": UGLY, "b.net": WRONG, "c.net": b"\xff\xfe\x00"})
    assert done.returncode == 2
    assert "E104" in done.stderr
    assert done.stderr.endswith("1 file changed, 2 files with mistakes left alone\n")
    assert (tmp_path / "a.net").read_text("utf-8") == NEAT
    assert (tmp_path / "b.net").read_text("utf-8") == WRONG
    assert netc("fmt", "nowhere.net").returncode == 2


def test_standard_input(tmp_path: Path) -> None:
    def piped(text: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command("fmt", "-", *options), input=text.encode(), cwd=tmp_path, env=surroundings(LC_ALL="C"),
            capture_output=True, timeout=120,
        )  # fmt: skip

    done = piped(UGLY.replace("\n", "\r\n"))
    assert (done.returncode, done.stdout) == (0, NEAT.replace("\n", "\r\n").encode())
    wrong = piped(WRONG, "--stdin-filename", "new.net")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert b"new.net:3" in wrong.stderr
    assert piped(UGLY, "--check").returncode == 1


def test_pages(netc: Netc, tmp_path: Path) -> None:
    page = "# A\n\n```net\n{}```\n\n- item\n\n  ```net\n  {}  ```\n\n```net\nnet {{ (\n```\n"
    indented = ["\n  ".join(text.rstrip("\n").split("\n")) + "\n" for text in (UGLY, NEAT)]
    done = netc("fmt", "a.md", files={"a.md": page.format(UGLY, indented[0])})
    assert done.returncode == 0
    assert (tmp_path / "a.md").read_text("utf-8") == page.format(NEAT, indented[1])
