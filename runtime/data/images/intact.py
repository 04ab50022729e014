"""Images that cannot be decoded, left out and counted where the user chose that: `damaged=skip`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.images.decode import read_header, read_image
from netc.runtime.data.spec import Options


class Intact:
    """Finds the images that decode; without the option every image counts as such, and a damaged one is an error later.

    `skipped` are those that didn't.
    """

    def __init__(self, options: Options) -> None:
        self.skips = options.damaged == "skip"
        self.skipped: list[Path] = []

    def of(self, paths: Iterable[Path]) -> list[Path]:
        """Those of them that decode."""
        return [path for path in paths if self.is_intact(path)]

    def is_intact(self, path: Path) -> bool:
        """Whether an image decodes, to its last pixel."""
        if not self.skips:
            return True
        try:
            read_header(path)
            read_image(path, 3)
        except DiagnosticError:
            self.skipped.append(path)
            return False
        return True

    @property
    def notes(self) -> list[str]:
        """How many were left out, and the first of them."""
        if not self.skipped:
            return []
        return [f"{counted(len(self.skipped), 'damaged image')} left out, {self.skipped[0]} the first"]
