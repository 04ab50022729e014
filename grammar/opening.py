"""The one door to files from outside: what is opened is a regular file of sane size, and nothing waits for a writer.

Every reader of netc's opens here: texts, settings, weights, models, data, images. A FIFO, a device, a socket or a
folder is refused before a byte of it is read, and so is a file of more bytes than its kind may have.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.limits import DATA, FILE, RATIO, UNPACKED, Limit

Name = str | os.PathLike[str]
CHUNK = 1 << 20
UNPACKED_FREE = 16 << 20
"""Bytes that a file may unpack to, however small it is: tables of zeros."""
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
DESCRIPTORS = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")
WAIT_FOR_NOBODY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def open_file(path: Name, most: Limit = DATA) -> BinaryIO:
    """A regular file, open for reading.

    Raises DiagnosticError E530 for what is no regular file, E531 (E130 for texts) for one of more bytes than `most`,
    E532 for a name that no file can have; OSError where the system refuses, for the caller to say it in its own words.
    """
    shown = os.fspath(path)
    try:
        handle = os.open(shown, os.O_RDONLY | WAIT_FOR_NOBODY)
    except ValueError:
        raise _no_name(shown, "it holds a NUL character") from None
    except OSError as error:
        raise _refused(shown, error) from None
    try:
        about = os.fstat(handle)
        _require_regular(shown, about)
        if about.st_size > most.value:
            message = f"{clipped(shown)} has {most.shown(about.st_size)}"
            raise most.error(message, help="give a smaller file", asked=about.st_size)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_file(path: Name, most: Limit = DATA) -> bytes:
    """The bytes of a file; raises as `open_file` does, also where it grows past `most` meanwhile."""
    with open_file(path, most) as file:
        return read_stream(file, clipped(os.fspath(path)), most)


def read_text_file(path: Name, most: Limit = FILE) -> str:
    """The text of a file in UTF-8; raises as `open_file` does, and UnicodeDecodeError."""
    return read_file(path, most).decode("utf-8")


def read_stream(stream: BinaryIO, name: str, most: Limit = FILE) -> bytes:
    """What a stream gives until it ends; raises DiagnosticError where that is more than `most`."""
    limit = most.value
    parts: list[bytes] = []
    held = 0
    while part := stream.read(min(CHUNK, limit + 1 - held)):
        parts.append(part)
        held += len(part)
        if held > limit:
            raise most.error(f"{name} has more than {most.shown(limit)}", help="give a smaller one")
    return b"".join(parts)


def check_file(path: Name, most: Limit = DATA) -> None:
    """Refuse what `open_file` refuses, for libraries that open a path by themselves."""
    open_file(path, most).close()


def check_unpacked(name: Name, held: int, unpacked: int) -> None:
    """Refuse a file of `held` bytes that says it unpacks to `unpacked`, or has been unpacked so far; raises E533."""
    if unpacked > UNPACKED.value:
        message = f"{clipped(os.fspath(name))} unpacks to {UNPACKED.shown(unpacked)}"
        raise UNPACKED.error(message, help="store it unpacked", asked=unpacked)
    if unpacked > max(UNPACKED_FREE, RATIO.value * held):
        said = f"from {UNPACKED.shown(held)} to {UNPACKED.shown(unpacked)}"
        raise RATIO.error(
            f"{clipped(os.fspath(name))} unpacks {said}", help="store it unpacked", asked=unpacked // max(1, held)
        )


def check_name(path: Name) -> None:
    """Refuse a path that the system cannot even look for; raises DiagnosticError E532. What is not there passes."""
    shown = os.fspath(path)
    if not shown:
        raise _no_name(shown, "it is empty")
    try:
        os.stat(shown)
    except ValueError:
        raise _no_name(shown, "it holds a NUL character") from None
    except OSError as error:
        refused = _refused(shown, error)
        if isinstance(refused, DiagnosticError):
            raise refused from None


# ---------------------------------------------------------------- paths that may be anything
def is_file(path: Name) -> bool:
    """Whether there is a file, whatever its kind; False too for a name that no file can have."""
    return os.path.isfile(path)


def is_folder(path: Name) -> bool:
    """Whether there is a folder; False too for a name that none can have."""
    return os.path.isdir(path)


def resolved(path: Name) -> Path:
    """The absolute path with its links followed, as far as they lead; links in a circle raise nothing."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return Path(os.path.abspath(os.fspath(path).replace("\0", "\ufffd")))


def clipped(name: str, most: int = 120) -> str:
    """A name short enough for a message."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-most // 3 :]}"


def _require_regular(shown: str, about: os.stat_result) -> None:
    if stat.S_ISREG(about.st_mode):
        return
    found = next((name for is_kind, name in KINDS if is_kind(about.st_mode)), "no file")
    help = "give the path of a file"
    if shown.startswith(DESCRIPTORS):
        help = "write what it gives to a file first, or give a text as `-` on standard input"
    raise DiagnosticError(Diagnostic("E530", f"{clipped(shown)} is {found}", help=help))


def _refused(shown: str, error: OSError) -> Exception:
    """What to raise for an error of `open`: a finding of what no reader has words for, else the error itself."""
    if error.errno == errno.ENAMETOOLONG:
        return _no_name(shown, "it is longer than the system allows")
    if error.errno == errno.ELOOP:
        return _no_name(shown, "its symbolic links lead in a circle")
    if error.errno in (errno.ENXIO, errno.ENODEV, errno.EOPNOTSUPP):
        return DiagnosticError(
            Diagnostic("E530", f"{clipped(shown)} is a socket or a device", help="give the path of a file")
        )
    if error.errno == errno.EACCES and sys.platform == "win32" and os.path.isdir(shown):
        return DiagnosticError(Diagnostic("E530", f"{clipped(shown)} is a folder", help="give the path of a file"))
    return error


def _no_name(shown: str, reason: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic("E532", f"`{clipped(shown)}` leads to no file: {reason}", help="check the path"))
