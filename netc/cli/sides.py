"""What `netc diff` compares: a net of a file, of a model, of a run, of a revision of git."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label

if TYPE_CHECKING:
    from netc.compiler.net import Net


def side(text: str, settings: Sequence[str]) -> Net:
    """The net that a text names; raises DiagnosticError, and a usage error for a text that names none."""
    if Path(text).is_dir():
        if settings:
            raise click.UsageError(f"the run {text} has the settings that it was trained with")
        from netc.runtime.folder.run_folder import RunFolder
        from netc.runtime.runs.request import request_of
        from netc.runtime.runs.run import net_of

        folder = RunFolder.open(Path(text))
        return net_of(folder, request_of(folder))
    file, name = _file_and_net(text)
    if file is not None:
        return _loaded(file, name, settings)
    revision, _, path = text.partition(":")
    inside, _, net = path.partition(":")
    if not inside:
        return _loaded(text, None, settings)  # which says that there is no such file
    return _of_revision(revision, inside, net or None, settings)


def _file_and_net(text: str) -> tuple[str | None, str | None]:
    """A file that is there, and what stands behind its colon."""
    if Path(text).exists():
        return text, None
    file, _, name = text.rpartition(":")
    return (file, name) if file and Path(file).exists() else (None, None)


def _loaded(file: str, name: str | None, settings: Sequence[str]) -> Net:
    from netc.compiler import load, parse_setting

    return load(file, name, dict(map(parse_setting, settings)))


def _of_revision(revision: str, path: str, name: str | None, settings: Sequence[str]) -> Net:
    """A net as the text was then; what it uses is taken from the same revision."""
    top = _git("rev-parse", "--show-toplevel").decode().strip()
    archive = _git("archive", "--format=tar", revision, "--", ":(top,glob)**/*.net", folder=top)
    within = Path(path).resolve().relative_to(Path(top).resolve()) if Path(path).is_absolute() else Path(path)
    here = Path.cwd().resolve().relative_to(Path(top).resolve())
    with TemporaryDirectory() as folder:
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        Path(folder, ".git").mkdir(exist_ok=True)  # the project's root, as in the repository
        places = [Path(folder, here, within), Path(folder, within)]
        place = next((place for place in places if place.is_file()), None)
        if place is None:
            help = "name it from this folder, or from the top of the repository"
            raise DiagnosticError(Diagnostic("E100", f"cannot read {path}: there is none in {revision}", help=help))
        try:
            return _loaded(str(place), name, settings)
        except DiagnosticError as error:
            shown = f"{revision}:{path}"
            raise DiagnosticError([_placed(finding, str(place), shown) for finding in error.diagnostics]) from error


def _git(*arguments: str, folder: str | None = None) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except OSError as error:
        raise click.UsageError(f"git cannot be run: {error.strerror}\n  = help: name a file that is there") from error
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise click.UsageError(f"git says: {reason}\n  = help: name a file, FILE:NET, or REVISION:FILE")
    return done.stdout


def _placed(finding: Diagnostic, file: str, shown: str) -> Diagnostic:
    """A finding whose places are in the revision and not in the folder that it was written to."""

    def moved(label: Label) -> Label:
        span = label.span
        return replace(label, span=span._replace(file=shown)) if span.file == file else label

    primary = None if finding.primary is None else moved(finding.primary)
    return replace(finding, primary=primary, secondary=tuple(map(moved, finding.secondary)))
