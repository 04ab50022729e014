"""What is said where a file cannot be written: the system's words, and the way out that follows from the cause."""

from __future__ import annotations

import errno
from pathlib import Path

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import clipped
from netc.grammar.shell import shell_word

ELSEWHERE = "give another place, which can be written"


def cannot_write(path: str | Path, error: OSError, elsewhere: str = ELSEWHERE) -> DiagnosticError:
    """E562 for a file or a folder.

    elsewhere  how this command is told another place
    """
    reason = (error.strerror or str(error)).lower()
    message = f"cannot write {clipped(str(path))}: {reason}"
    return DiagnosticError(Diagnostic("E562", message, help=way_out(Path(path), error, elsewhere)))


def way_out(path: Path, error: OSError, elsewhere: str = ELSEWHERE) -> str:
    """What helps against an error of the system."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"free space there, or {elsewhere}"
        case errno.EACCES | errno.EPERM:
            return f"let yourself write there, or {elsewhere}"
        case errno.EISDIR:
            return "give the name of a file"
        case errno.ENOENT | errno.ENOTDIR | errno.EEXIST:
            return _folder(path, elsewhere)
        case errno.EIO:
            return f"see whether the disk is well, or {elsewhere}"
    return elsewhere  # above all EROFS


def _folder(path: Path, elsewhere: str) -> str:
    """The way out where the folder isn't there, or is none."""
    for place in (*reversed(path.parents), path):
        if place.exists() and not place.is_dir():
            return f"{clipped(str(place))} is no folder: {elsewhere}"
    if not path.parent.exists():
        folder = str(path.parent)
        command = f"`mkdir -p {shell_word(folder)}`, " if clipped(folder) == folder else ""
        return f"make the folder first, {command}or {elsewhere}"
    return elsewhere


def encoded(text: str) -> bytes:
    """A text as UTF-8, whatever is in it: bytes of names that are none, for which Python has surrogates, are spelt."""
    return text.encode("utf-8", errors="backslashreplace")
