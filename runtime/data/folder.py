"""A folder of images, one subfolder a class, with or without `train`, `val` and `test` above the classes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from netc.grammar.diagnostics import did_you_mean
from netc.runtime.data.arrays import PARTS
from netc.runtime.data.dataset import Field, Split
from netc.runtime.data.errors import error, shape_text, unreadable
from netc.runtime.data.images import SUFFIXES, Images, check_complete, read_header
from netc.runtime.data.spec import Options

IN_MEMORY = 512 << 20


def image_files(folder: Path) -> Iterator[Path]:
    """The images below a folder, sorted; what is hidden, at any depth, and other kinds of files are passed over."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path


def read_folder(folder: Path, options: Options) -> tuple[dict[str, Split], tuple[str, ...]]:
    """Parts with `image` uint8 [rows, H, W, channels] and `label`, and the names of the classes.

    A part of images without subfolders has no `label`.

    Classes are the subfolders' names, sorted; names that are all whole numbers are sorted as numbers.
    Raises E500, E501, E502, E503, E504, E512.
    """
    try:
        return _read(folder, options)
    except OSError as reason:
        raise unreadable(folder, reason) from None


def _read(folder: Path, options: Options) -> tuple[dict[str, Split], tuple[str, ...]]:
    parts = {PARTS[path.name.lower()]: path for path in _subfolders(folder) if path.name.lower() in PARTS}
    if "train" not in parts:
        parts = {"all": folder}
    classes = _classes(parts.get("train", folder))
    files = {
        part: [(path, classes.index(name)) for name, path in _members(place, classes)] for part, place in parts.items()
    }
    bare = {part: list(image_files(place)) for part, place in parts.items() if not files[part] and classes}
    if not any(files.values()):
        raise error(
            "E501",
            f"{folder} holds no images in subfolders",
            help="give each class a subfolder of images: photos/cat/1.png, photos/dog/2.png",
        )
    paths = [path for members in files.values() for path, _ in members]
    everything = [*paths, *(path for unlabelled in bare.values() for path in unlabelled)]
    size, channels = survey(everything, options)
    found = {}
    for part, members in files.items():
        chosen = bare.get(part) or [path for path, _ in members]
        fields: dict[str, Field] = {"image": column(chosen, size, channels, options, len(everything))}
        if not bare.get(part):
            fields["label"] = np.array([label for _, label in members], np.int64)
        found[part] = Split(
            fields,
            lambda _name, row, chosen=chosen, part=part: str(chosen[row]) if row >= 0 else str(parts[part]),  # type: ignore[misc]
            frozenset({"image"}),
        )
    return found, tuple(classes)


def survey(paths: list[Path], options: Options) -> tuple[tuple[int, int], int]:
    """The size and the channels of all these images, from their headers. Raises E502, E512, E504 where sizes differ."""
    first = read_header(paths[0])
    size, colour = options.size or (first.height, first.width), first.colour
    for path in paths[1:]:
        header = read_header(path)
        colour = colour or header.colour
        if options.size is None and (header.height, header.width) != size:
            raise error(
                "E504",
                f"{path} is {shape_text((header.height, header.width))} pixels, "
                f"expected {shape_text(size)} as {paths[0]} is",
                help=f"put `:size={size[0]}` after the data's name to bring all images to one size",
            )
    return size, options.channels or (3 if colour else 1)


def column(paths: list[Path], size: tuple[int, int], channels: int, options: Options, total: int) -> Field:
    """The images as one array where all `total` of them fit into 512 MB, else decoded when they are asked for.

    Either way each file is looked at now: decoded, or checked for its end mark.
    """
    images = Images(paths, size, channels, options.size is not None)
    if total * size[0] * size[1] * channels <= IN_MEMORY:
        return images[:]
    for path in paths:
        check_complete(path)
    return images


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "__")))


def _classes(folder: Path) -> list[str]:
    names = [path.name for path in _subfolders(folder) if next(image_files(path), None) is not None]
    return sorted(names, key=int) if all(name.isascii() and name.isdigit() for name in names) else sorted(names)


def _members(folder: Path, classes: list[str]) -> Iterator[tuple[str, Path]]:
    for path in _subfolders(folder):
        if path.name in classes:
            yield from ((path.name, file) for file in image_files(path))
        elif next(image_files(path), None) is not None:
            raise error(
                "E503",
                f"{path} is a class that the training images don't have",
                f"classes: {', '.join(classes)}",
                help=did_you_mean(path.name, classes),
            )
