"""A folder of images, one subfolder a class, with or without `train`, `val` and `test` above the classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Severity, did_you_mean
from netc.runtime.data.arrays import PARTS
from netc.runtime.data.dataset import Field, Split
from netc.runtime.data.errors import error, unreadable
from netc.runtime.data.files_below import by_ending, files_below, skipped_text, subfolders
from netc.runtime.data.formats.base import FolderFormat, Source
from netc.runtime.data.images.intact import Intact
from netc.runtime.data.images.opened import SUFFIXES
from netc.runtime.data.images.pictures import read_pictures
from netc.runtime.data.labels import all_whole
from netc.runtime.data.spec import Options


class ImagesByClass(FolderFormat):
    """Classes are the subfolders' names, sorted; names that are all whole numbers are sorted as numbers.

    A part of images without subfolders has no `label`.
    """

    known = "images by class"
    last = True

    def recognizes(self, folder: Path) -> bool:
        """What no other format recognizes."""
        return True

    def read(self, folder: Path, options: Options) -> Source:
        """Parts with `image` [rows, H, W, channels] and `label`, and the names of the classes.

        Raises E500, E501, E502, E503, E504, E512.
        """
        try:
            return _read(folder, options)
        except OSError as reason:
            raise unreadable(folder, reason) from None


def image_files(folder: Path) -> Iterator[Path]:
    """The images below a folder, sorted; what is hidden, at any depth, and other kinds of files are passed over."""
    return (path for path in files_below(folder) if path.suffix.lower() in SUFFIXES)


def _read(folder: Path, options: Options) -> Source:
    parts = _parts(folder)
    first = parts.get("train", folder)
    images = {part: {path.name: list(image_files(path)) for path in subfolders(place)} for part, place in parts.items()}
    classes = _in_order([name for name, files in images["train" if "train" in parts else "all"].items() if files])
    if not classes:
        raise error(
            "E501",
            f"{folder} holds no images in subfolders",
            help="give each class a subfolder of images: photos/cat/1.png, photos/dog/2.png",
        )
    bare = {part: list(image_files(place)) for part, place in parts.items() if not any(images[part].values())}
    warnings = [_empty(place / name) for part, place in parts.items() for name in _check(place, images[part], classes)]
    intact = Intact(options)
    images = {part: {name: intact.of(files) for name, files in found.items()} for part, found in images.items()}
    bare = {part: intact.of(files) for part, files in bare.items()}
    chosen = {
        part: bare[part] if part in bare else [path for name in classes for path in images[part].get(name, [])]
        for part in parts
    }
    intact.check_any(folder, [path for paths in chosen.values() for path in paths])
    pictures = read_pictures(chosen, options)
    found = {}
    for part, paths in chosen.items():
        fields: dict[str, Field] = {"image": pictures.fields[part]}
        if part not in bare:
            counts = [len(images[part].get(name, [])) for name in classes]
            fields["label"] = np.repeat(np.arange(len(classes)), counts)
        found[part] = Split(
            fields,
            lambda _name, row, paths=paths, part=part: str(paths[row]) if row >= 0 else str(parts[part]),  # type: ignore[misc]
            frozenset({"image"}),
            treated=pictures.treated,
            deep={"image": pictures.deep[part]} if part in pictures.deep else {},
        )
    read = frozenset([*intact.skipped, *(path for paths in chosen.values() for path in paths)])
    loose = sum(path.suffix.lower() in SUFFIXES and path.is_file() for path in first.iterdir() if path not in read)
    notes = [f"{counted(loose, 'image')} beside the folders of classes not used"] if loose else []
    notes = [*pictures.notes, *intact.notes, *notes]
    return Source(found, {"label": tuple(classes)}, read, tuple(notes), tuple(warnings), pictures.options)


def _parts(folder: Path) -> dict[str, Path]:
    """part -> its folder; the folder itself is all of it where none is called `train`."""
    found: dict[str, Path] = {}
    for path in subfolders(folder):
        part = PARTS.get(path.name.lower())
        if part in found:
            message = f"{folder} holds two folders of part {part}: {found[part].name} and {path.name}"
            raise error("E503", message, help="keep one of them in the folder")
        if part is not None:
            found[part] = path
    return found if "train" in found else {"all": folder}


def _in_order(names: list[str]) -> list[str]:
    return sorted(names, key=int) if all_whole(names) else sorted(names)


def _check(folder: Path, images: dict[str, list[Path]], classes: list[str]) -> Iterator[str]:
    """The subfolders that hold nothing. Raises E501 for one without any image, E503 for a class that is new."""
    for name, files in images.items():
        if files and name not in classes:
            raise error(
                "E503",
                f"{folder / name} is a class that the training images don't have",
                f"classes: {', '.join(classes)}",
                help=did_you_mean(name, classes) or "call it as one of those, or put images of it into the training",
            )
        if not files and (others := by_ending(files_below(folder / name))):
            raise error(
                "E501",
                f"{folder / name} holds no image that is read",
                skipped_text(others),
                f"images are called {', '.join(sorted(SUFFIXES))}",
                help="convert what is in it, or take the folder away",
            )
        if not files:
            yield name


def _empty(folder: Path) -> Diagnostic:
    return Diagnostic(
        "E525",
        f"{folder} is empty, and no class is made of it",
        help="put the images of the class into it, or take it away",
        severity=Severity.WARNING,
    )
