"""Paths in the commands that findings offer: a shell gives the command the same path, and none is an option."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path

import pytest

from netc.cli.terminal import command
from netc.grammar.shell import shell_word
from netc.grammar.writing import way_out


@pytest.mark.parametrize("path", ["a.net", "a b.net", "it's.net", "-x.net", "--out", "- a/$b.net", "/tmp/-x", "ä.net"])
def test_a_path_reaches_the_command(path: str) -> None:
    (word,) = shlex.split(shell_word(path))
    assert not word.startswith("-")
    assert os.path.normpath(word) == os.path.normpath(path)
    assert shlex.split(command("netc", "train", "--resume", Path(path))) == ["netc", "train", "--resume", word]


def test_a_folder_to_make_is_no_option() -> None:
    """Before: `mkdir -p -runs`."""
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory")
    assert way_out(Path("-runs/a.net"), missing).startswith("make the folder first, `mkdir -p ./-runs`, or")
