"""Paths in the commands that findings offer, so that they can be pasted into a shell."""

from __future__ import annotations

import os
import shlex


def shell_word(path: str | os.PathLike[str]) -> str:
    """A path as a word of a command: quoted where a shell would read it otherwise, and no option of the command."""
    word = os.fspath(path)
    return shlex.quote(f"./{word}" if word.startswith("-") else word)
