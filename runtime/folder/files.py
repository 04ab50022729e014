"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from netc.compiler import FOREIGN_ENDINGS, as_safetensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.replacing import umask
from netc.grammar.writing import ELSEWHERE, cannot_write as said
from netc.runtime.folder import door
from netc.runtime.folder.temporary import sweep, temporary

if TYPE_CHECKING:
    from netc.runtime.sessions.resident import Array

OUT: ContextVar[str] = ContextVar("out", default="use `--out` for another folder")
"""How whoever begins a run is told to take another folder: by the command's option, unless it is begun from Python."""

Pieces = Sequence[bytes | memoryview]
"""The bytes of a file, one piece after the other."""


def write_atomic(path: Path, content: bytes, elsewhere: str | None = None) -> None:
    """Temporary file in the same folder, fsync, rename, fsync of the folder; raises DiagnosticError E562.

    A device or a pipe, which nothing can replace, is written into.
    """
    write_pieces(path, [content], elsewhere)


def write_pieces(path: Path, pieces: Pieces, elsewhere: str | None = None) -> None:
    """`write_atomic` of a file that lies in pieces."""
    if _is_stream(path):
        _pour(path, pieces, elsewhere)
        return
    with _written(path, pieces, elsewhere) as made:
        door.replace(made, path)


def append(path: Path, content: bytes) -> None:
    """Add a line or more to a file: a crash leaves it with them, without, or with an end that is torn. Raises E562."""
    try:
        door.append(path, content)
    except OSError as error:
        raise cannot_write(path, error) from error


def write_pair(
    beside: Path, pieces: Iterable[bytes | memoryview], path: Path, content: bytes, elsewhere: str | None
) -> None:
    """Two files that belong together, of which `path` names the other: at no time a new one stands by an old one.

    Both are whole on the disk before the first is renamed, and there is no `path` in between. Raises E562.
    """
    with _written(beside, pieces, elsewhere) as first, _written(path, [content], elsewhere) as second:
        path.unlink(missing_ok=True)
        door.replace(first, beside)
        door.replace(second, path)


def write_kept(path: Path, pieces: Pieces, before: Path) -> None:
    """`write_pieces`, after which the file that was there is `before`; one of the two is whole at any time."""
    with _written(path, pieces, None) as made:
        if path.exists():
            _keep(path, before)
        door.replace(made, path)


def move(path: Path, place: Path) -> None:
    """Let a file take the place of another in its folder, in one go; raises DiagnosticError E562."""
    try:
        door.replace(path, place)
        door.sync_folder(place.parent)
    except OSError as error:
        raise cannot_write(place, error) from error


def _keep(path: Path, before: Path) -> None:
    """Let a file be `before` too; where a file system gives no file a second name, it is moved."""
    with temporary(before) as (_, name):
        os.unlink(name)
        try:
            door.link(path, name)
        except OSError as error:
            if error.errno not in WITHOUT_LINKS:
                raise
            door.replace(path, before)
        else:
            door.replace(name, before)


WITHOUT_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES)
"""What a system says that gives no file a second name."""


@contextmanager
def _written(path: Path, pieces: Iterable[bytes | memoryview], elsewhere: str | None) -> Iterator[str]:
    """A temporary file beside the path, whole on the disk, for the caller to rename; raises DiagnosticError E562."""
    try:
        _check_replaceable(path)
        sweep(path.parent, [path.name])
        with temporary(path) as (handle, made):
            with os.fdopen(handle, "wb", closefd=os.name == "nt") as file:
                for piece in pieces:
                    door.write(file, piece)
                door.sync(file)
            os.chmod(made, 0o666 & ~umask())
            yield made
            door.sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error, elsewhere) from error


def _check_replaceable(path: Path) -> None:
    """Raise OSError for a folder, and for a file that its owner protects."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _is_stream(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _pour(path: Path, pieces: Pieces, elsewhere: str | None) -> None:
    try:
        with open(path, "wb", buffering=0) as stream:
            for piece in pieces:
                door.pour(stream, piece)
    except OSError as error:
        raise cannot_write(path, error, elsewhere) from error


def make_folder(path: Path, elsewhere: str | None = None) -> None:
    """Make a folder and those above it; raises DiagnosticError E562."""
    try:
        door.make_folder(path)
    except OSError as error:
        raise cannot_write(path, error, elsewhere) from error


def cannot_write(path: Path, error: OSError, elsewhere: str | None = None) -> DiagnosticError:
    """The error for a file that cannot be written.

    elsewhere  how another place is named; unless given, as for the files of a run where it is one
    """
    return said(path, error, elsewhere or _elsewhere(path))


@contextmanager
def out_said(words: str) -> Iterator[None]:
    """`OUT` is said by these words, for a while."""
    token = OUT.set(words)
    try:
        yield
    finally:
        OUT.reset(token)


def _elsewhere(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    if (folder / "run.json").exists():
        return "go on with a copy of the run, in a place that can be written"
    begun = any((folder / name).exists() for name in ("run.lock", "manifest.json"))
    return OUT.get() if begun or path.name == "run.lock" else ELSEWHERE


def write_weights(
    path: Path, weights: Mapping[str, Array], metadata: Mapping[str, str] | None = None, elsewhere: str | None = None
) -> None:
    """Write tensors as safetensors with a checksum, atomically.

    Raises DiagnosticError E562, also for a name by which every reader would take the file for another kind's.
    """
    if (whose := FOREIGN_ENDINGS.get(path.suffix.lower())) is not None:
        message = f"cannot write {path}: weights are written as safetensors, and the name is that of {whose}"
        help = f"call it `{path.with_suffix('.safetensors')}`"
        raise DiagnosticError(Diagnostic("E562", message, help=help))
    write_pieces(path, as_safetensors(weights, metadata), elsewhere)
