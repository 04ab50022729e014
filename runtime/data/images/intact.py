"""Images that cannot be decoded: all of them named in one finding, or left out where the user chose that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.errors import finding
from netc.runtime.data.images.decode import check_decodes, read_header, read_image
from netc.runtime.data.spec import Options

DAMAGE = frozenset({"E502", "E512", "E533"})
"""Findings about one image, besides which others may be good."""
SHOWN = 10
WAY_OUT = "or put `:damaged=skip` after the data's name to leave it out"
WAY_OUT_OF_ALL = "make or download them again, or put `:damaged=skip` after the data's name to leave them out"


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

    def check_any(self, where: Path, left: Sequence[Path]) -> None:
        """Raise E508 where all images were left out."""
        if self.skipped and not left:
            raise DiagnosticError(none_left([str(path) for path in self.skipped], f"{where}: "))

    @property
    def notes(self) -> list[str]:
        """How many were left out, and which."""
        return left_out([str(path) for path in self.skipped])


def none_left(names: Sequence[str], where: str = "") -> Diagnostic:
    """The finding that all images were damaged and left out."""
    message = f"{where}none of {counted(len(names), 'image')} can be read"
    return finding("E508", message, *left_out(names), help="make or download them again")


def left_out(names: Sequence[str]) -> list[str]:
    """A note about damaged images that were left out."""
    return [f"{counted(len(names), 'damaged image')} left out: {_listed(names)}"] if names else []


def is_damage(found: DiagnosticError) -> bool:
    """Whether it is about one image alone."""
    return all(item.code in DAMAGE for item in found.diagnostics)


def damage_in(paths: Sequence[Path], first: DiagnosticError, *, in_memory: bool) -> DiagnosticError:
    """What is wrong with any of these images, once `first` was found in one of them.

    in_memory  whether each is decoded to its last pixel; else it is looked at as large data are
    """
    if not is_damage(first):
        return first
    found: list[Diagnostic] = []
    for path in paths:
        try:
            read_header(path)
            if in_memory:
                read_image(path, 3)
            else:
                check_decodes(path)
        except DiagnosticError as wrong:
            found += wrong.diagnostics
    return DiagnosticError(together(found or list(first.diagnostics), len(paths)))


def together(found: Sequence[Diagnostic], count: int) -> Diagnostic:
    """The findings about some of `count` images as one, which says the first, names others, and counts them."""
    first, others = found[0], found[1:]
    if not others:
        help = f"{first.help}, {WAY_OUT}" if first.help else WAY_OUT
        return replace(first, help=help)
    listed = [f"{item.code}: {item.message}" for item in others[: SHOWN - 1]]
    more = [f"and {len(others) - len(listed):,} more"] if len(others) > len(listed) else []
    said = f"{len(found):,} of {counted(count, 'image')} cannot be read; the others are"
    return replace(first, notes=(*first.notes, said, *listed, *more), help=WAY_OUT_OF_ALL)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN:,} more"
