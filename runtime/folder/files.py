"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.sessions.resident import Array


def write_atomic(path: Path, content: bytes, help: str | None = None) -> None:
    """Temporary file in the same folder, fsync, rename, fsync of the folder; raises DiagnosticError E562."""
    with _written(path, [content], help) as temporary:
        os.replace(temporary, path)


def write_pair(
    beside: Path, pieces: Iterable[bytes | memoryview], path: Path, content: bytes, help: str | None
) -> None:
    """Two files that belong together, of which `path` names the other: at no time a new one stands by an old one.

    Both are whole on the disk before the first is renamed, and there is no `path` in between. Raises E562.
    """
    with _written(beside, pieces, help) as first, _written(path, [content], help) as second:
        path.unlink(missing_ok=True)
        os.replace(first, beside)
        os.replace(second, path)


@contextmanager
def _written(path: Path, pieces: Iterable[bytes | memoryview], help: str | None) -> Iterator[str]:
    """A temporary file beside the path, whole on the disk, for the caller to rename; raises DiagnosticError E562."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise cannot_write(path, error, help) from error
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        yield temporary
        _sync_folder(path.parent)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error, help) from error
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it; raises DiagnosticError E562."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError, help: str | None = None) -> DiagnosticError:
    """The error for a file that cannot be written."""
    reason = (error.strerror or str(error)).lower()
    help = help or "free space there, or use `--out` for another folder"
    return DiagnosticError(Diagnostic("E562", f"cannot write {path}: {reason}", help=help))


def write_weights(path: Path, weights: Mapping[str, Array], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as safetensors, atomically."""
    from safetensors.numpy import save

    # safetensors writes memory as it lies, which for a transposed array is in another order
    write_atomic(path, save({name: np.asarray(array, order="C") for name, array in weights.items()}, metadata))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
