"""Where an export goes: a file, or a folder that is written beside its place and moved there when it is whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.replacing import temporary_prefix
from netc.runtime.folder.files import cannot_write

HELP = "give `-o` a place that can be written"


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """An empty folder to write into; it becomes `path` where the block ends well, and goes where it doesn't.

    Raises DiagnosticError E595 where `path` holds something, E562 where it cannot be written.
    """
    check_free(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=temporary_prefix(path), dir=path.parent))
    except OSError as error:
        raise cannot_write(path, error, HELP) from error
    try:
        yield beside
        beside.chmod(0o755)
        if path.is_dir():
            path.rmdir()
        os.replace(beside, path)
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, OSError):
            raise cannot_write(path, error, HELP) from error
        raise


def check_free(path: Path) -> None:
    """Raise DiagnosticError E595 where the place of a folder holds something already."""
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() or path.is_symlink():
        what = "is not empty" if path.is_dir() else "is a file"
        help = "give `-o` another folder, or remove this one"
        raise DiagnosticError(Diagnostic("E595", f"{path} {what}, and an export writes a new folder", help=help))
