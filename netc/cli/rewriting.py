"""Writing a changed text over a file: whole or not at all, and only over what was read."""

from __future__ import annotations

import stat
from pathlib import Path

from netc.cli.terminal import say
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file
from netc.grammar.replacing import replace_file
from netc.grammar.writing import cannot_write


def rewrite(file: str, before: str, after: str) -> None:
    """Put a text in the place of another, in one step; links stay links and permissions stay what they are.

    Raises DiagnosticError E261 where the file doesn't hold `before` any more, E562 where it cannot be written.
    """
    path = Path(file).resolve()
    try:
        if read_file(path) != before.encode("utf-8", errors="surrogateescape"):
            help = "run the command again"
            raise DiagnosticError(Diagnostic("E261", f"{file} changed while it was looked at", help=help))
        mode = stat.S_IMODE(path.stat().st_mode)
        replace_file(path, after.encode("utf-8", errors="surrogateescape"), mode)
    except OSError as error:
        raise cannot_write(file, error, "change a copy of it, in a place that can be written") from error


def is_kept(file: str, what: str) -> bool:
    """Whether a file stays as it is, because a run was trained with it; that is told then.

    what  would be done to it, in a word or two
    """
    from netc.compiler.lint.files import run_of

    run = run_of(file)
    if run is not None:
        tell_kept(file, run, what)
    return run is not None


def tell_kept(file: str, run: Path, what: str) -> None:
    """On stderr: a file stays as it is, because a run was trained with it; `what` would be done to it."""
    say(f"note: {file} is left as it is: the run in {_shown(run)} was trained with it, and goes on with no other")
    say(f"  = help: {what} the file that it was copied from, or a copy outside of that folder")


def _shown(run: Path) -> str:
    """A run folder, from the folder that netc is called in where it is below that."""
    here = Path.cwd().resolve()
    return str(run.relative_to(here)) if run.is_relative_to(here) else str(run)
