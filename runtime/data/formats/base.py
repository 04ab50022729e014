"""What a format of data is: how it is recognized, and a reader that returns named fields and no meaning.

A class in a file of this folder is all that a format needs: what it returns goes through the same matching, card,
split, checks and fingerprint as everything else.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from netc.grammar.diagnostics import Diagnostic
from netc.runtime.data.dataset import Classes, Split
from netc.runtime.data.spec import Options


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader returns.

    parts     "train", "val" and "test" as the data names them, or "all" alone
    classes   field -> the name of class 0, 1, …, where the data says them
    files     every file that was read: what else lies in a folder is counted and said
    notes     what was done on the way, a sentence each
    warnings  findings that don't stop a training
    options   those that were looked at, by name: any other that was given is refused (`spec.FIELDS` are for all data)
    """

    parts: Mapping[str, Split]
    classes: Classes = field(default_factory=dict)
    files: frozenset[Path] = frozenset()
    notes: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    options: frozenset[str] = frozenset()


class FileFormat:
    """A format of single files, recognized by their ending.

    known     what messages call it: "FILE.csv"
    suffixes  endings, in small letters, with the dot
    """

    known: ClassVar[str] = ""
    suffixes: ClassVar[tuple[str, ...]] = ()
    all: ClassVar[list[type[FileFormat]]] = []

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        assert cls.known, f"{cls.__name__} says what it is called"
        assert cls.suffixes, f"{cls.__name__} says how its files end"
        FileFormat.all.append(cls)

    def read(self, path: Path, options: Options) -> Source:
        """The file's fields; raises DiagnosticError E500 to E512."""
        raise AssertionError("a format of files declares read")


class FolderFormat:
    """A format of folders, recognized by what lies in them.

    known  what messages call it;  last: whether it takes what no other format recognizes
    """

    known: ClassVar[str] = ""
    last: ClassVar[bool] = False
    all: ClassVar[list[type[FolderFormat]]] = []

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        assert cls.known, f"{cls.__name__} says what it is called"
        FolderFormat.all.append(cls)

    def recognizes(self, folder: Path) -> bool:
        """Whether the folder is of this format; raises OSError where it cannot be listed."""
        raise AssertionError("a format of folders declares recognizes")

    def read(self, folder: Path, options: Options) -> Source:
        """The folder's fields; raises DiagnosticError E500 to E512."""
        raise AssertionError("a format of folders declares read")


def format_of_file(path: Path) -> FileFormat | None:
    """The format of a file by its ending, or None."""
    load_formats()
    found = (kind for kind in FileFormat.all if path.suffix.lower() in kind.suffixes)
    return next((kind() for kind in found), None)


def format_of_folder(folder: Path) -> FolderFormat:
    """The format of a folder by what lies in it; raises OSError."""
    load_formats()
    kinds = [kind() for kind in sorted(FolderFormat.all, key=lambda kind: kind.last)]
    return next(kind for kind in kinds if kind.recognizes(folder))


def known_formats() -> str:
    """Every format, as messages list them."""
    load_formats()
    files = [kind.known for kind in FileFormat.all]
    return f"digits, {', '.join(files)}, a folder of {' or of '.join(kind.known for kind in FolderFormat.all)}"


@cache
def load_formats() -> None:
    """Import every file beside this one, which is how formats are found."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
