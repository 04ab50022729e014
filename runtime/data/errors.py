"""How the data readers report a user's mistake: one finding of code E5…, with the file and the row in its headline."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import open_file

SHOWN = 5


def finding(code: str, message: str, *notes: str, help: str | None = None) -> Diagnostic:
    """One finding about data; data has no source text, so it has no span."""
    return Diagnostic(code, message, notes=notes, help=help)


def error(code: str, message: str, *notes: str, help: str | None = None) -> DiagnosticError:
    """The finding as an exception, for a reader that cannot go on."""
    return DiagnosticError(finding(code, message, *notes, help=help))


def damaged(path: Path | str, reason: str, *notes: str) -> DiagnosticError:
    """E502: a file of a known format that breaks its format's rules."""
    return error("E502", f"{path}: {reason}", *notes, help="make or download the file again")


def first_bytes(path: Path, count: int = 8) -> bytes:
    """The first bytes of a file; E500 where the system refuses."""
    try:
        with open_file(path) as stream:
            return stream.read(count)
    except OSError as reason:
        raise unreadable(path, reason) from None


def unreadable(path: Path | str, reason: OSError) -> DiagnosticError:
    """E500: the system doesn't hand the file out."""
    return error("E500", f"{path} cannot be opened: {(reason.strerror or str(reason)).lower()}")


def shape_text(shape: Iterable[int | str]) -> str:
    """A shape as the language writes it: `1x28x28`, `[3, H, W]`, `a number` for no axes."""
    sizes = list(shape)
    if not sizes:
        return "a number"
    if all(isinstance(size, int) for size in sizes) and len(sizes) > 1:
        return "x".join(str(size) for size in sizes)
    return f"[{', '.join(str(size) for size in sizes)}]"


def others(count: int) -> tuple[str, ...]:
    """A note that says how many more rows have the same fault."""
    return () if count <= 0 else (f"{count:,} more row{'s have' if count > 1 else ' has'} the same fault",)
