"""Writing a changed text over a file: whole or not at all, and only over what was read."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from netc.grammar.diagnostics import Diagnostic, DiagnosticError


def rewrite(file: str, before: str, after: str) -> None:
    """Put a text in the place of another, in one step; links stay links and permissions stay what they are.

    Raises DiagnosticError E261 where the file doesn't hold `before` any more, E562 where it cannot be written.
    """
    path = Path(file).resolve()
    try:
        if path.read_bytes() != before.encode("utf-8"):
            help = "run the command again"
            raise DiagnosticError(Diagnostic("E261", f"{file} changed while it was looked at", help=help))
        mode = stat.S_IMODE(path.stat().st_mode)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(after.encode("utf-8"))
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        help = "make the file and its folder writable, or free space there"
        raise DiagnosticError(Diagnostic("E562", f"cannot write {file}: {reason}", help=help)) from error
