"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.session import Array


def write_atomic(path: Path, content: bytes) -> None:
    """Temporary file in the same folder, fsync, rename, fsync of the folder; raises DiagnosticError E562."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it; raises DiagnosticError E562."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def append_line(path: Path, line: str) -> None:
    """Add a line to a file; raises DiagnosticError E562."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> DiagnosticError:
    """The error for a file that cannot be written."""
    reason = (error.strerror or str(error)).lower()
    return DiagnosticError(
        Diagnostic("E562", f"cannot write {path}: {reason}", help="free space there, or use `--out` for another folder")
    )


def write_weights(path: Path, weights: Mapping[str, Array], metadata: dict[str, str] | None = None) -> None:
    """Write tensors as safetensors, atomically."""
    from safetensors.numpy import save

    write_atomic(path, save(dict(weights), metadata))


def read_tensors(path: str | Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors and the metadata of a safetensors file; raises DiagnosticError E553."""
    from safetensors import SafetensorError, safe_open

    reader: Any
    try:
        with safe_open(str(path), framework="numpy") as reader:
            return {name: reader.get_tensor(name) for name in reader.keys()}, dict(reader.metadata() or {})  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"cannot read weights from {path}: {reason.splitlines()[0].lower()}"
        raise DiagnosticError(Diagnostic("E553", message, help="give a .safetensors file")) from error


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
