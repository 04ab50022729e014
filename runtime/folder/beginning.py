"""What a training leaves in its folder that was killed before it began: the next one of the same text takes it over.

Names prove nothing, since other tools have files of the same ones, which would be lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netc.compiler import MANIFEST_VERSION, ManifestForm
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import read_document
from netc.grammar.replacing import TEMPORARY
from netc.runtime.folder.lock import NAME, is_lock
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.folder.texts import is_text

OF_TRAININGS = ("train", "backward", "update")
"""Kinds of models in whose manifests a training says what its step is."""


def is_beginning(run: RunFiles, texts: Mapping[str, str] | None = None) -> bool:
    """Whether a training was killed here before it had begun: the folder holds only what it wrote by then.

    texts  of the training that would take it over, by their names: it holds no others; unless given, any text of a net
           may have been the training's
    """
    try:
        names = {entry.name for entry in run.path.iterdir() if not TEMPORARY.fullmatch(entry.name)}
        return (
            run.run_json.name not in names
            and (names == {NAME} or _is_of_training(run.manifest_json))
            and (NAME not in names or is_lock(run.path / NAME))
            and all(is_text(run.path / name, name, texts) for name in names - _names(run))
        )
    except (OSError, DiagnosticError):
        return False


def clear(run: RunFiles) -> None:
    """Remove a beginning, but for its texts and its lock."""
    for path in _begun(run):
        path.unlink(missing_ok=True)


def _begun(run: RunFiles) -> list[Path]:
    """What is written before run.json, beside texts."""
    return [run.manifest_json, run.lock_json, run.sample, run.last, run.previous]


def _names(run: RunFiles) -> set[str]:
    return {NAME, *(path.name for path in _begun(run))}


def _is_of_training(manifest: Path) -> bool:
    """Whether it is a manifest that a training wrote; raises OSError or DiagnosticError for what is none of netc's."""
    found: ManifestForm = read_document(manifest, ManifestForm, version=MANIFEST_VERSION, code="E561", help="")
    return found["kind"] in OF_TRAININGS
