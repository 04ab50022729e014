"""Findings on their way to the terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from netc.cli.formats import FOR_MACHINES
from netc.cli.streams import OutputError, own
from netc.cli.terminal import say, use_color
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Severity
from netc.grammar.render import render_full


def draw(findings: Sequence[Diagnostic], sources: Mapping[str, str] | None = None) -> None:
    """Findings as talk, on stderr, with the source where it can be had."""
    text = render_full(findings, _sources(findings) if sources is None else sources, color=use_color(sys.stderr))
    with contextlib.suppress(OutputError):  # which is told elsewhere, if it isn't what is told here
        sys.stdout.flush()
    own(sys.stderr).write(text if text.endswith("\n") else text + "\n")


def count(findings: Sequence[Diagnostic], files: int, style: str) -> None:
    """The last line, on stderr: how many findings in how many files."""
    if style in FOR_MACHINES:
        return
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    numbers = ((errors, "error"), (len(findings) - errors, "warning"))
    found = [counted(number, word) for number, word in numbers if number]
    sys.stdout.flush()
    if files == 1:
        say(f"{' and '.join(found) or 'nothing to report'} in 1 file")
    else:
        say(f"Checked {counted(files, 'file')}: {', '.join(found) or 'nothing to report'}")


def _sources(findings: Sequence[Diagnostic]) -> dict[str, str]:
    """The texts that findings point into, read again."""
    labels = [label for finding in findings for label in (finding.primary, *finding.secondary) if label is not None]
    found = {}
    for file in {label.span.file for label in labels}:
        try:
            found[file] = Path(file).read_bytes().decode("utf-8-sig", errors="replace")
        except OSError:
            continue
    return found
