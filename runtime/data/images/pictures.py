"""A field of image files: what they have in common, and the column of them that is decoded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.dataset import Field
from netc.runtime.data.errors import damaged, error, shape_text
from netc.runtime.data.images.decode import LEVELS, WHITE, Header, check_decodes, read_header, read_image
from netc.runtime.data.images.intact import damage_in
from netc.runtime.data.spec import PICTURES, Options

IN_MEMORY = 512 << 20
NAMED = {"#ffffff": "white", "#000000": "black"}


@dataclass(frozen=True, slots=True)
class Images:
    """A column of image files, [rows, H, W, channels], decoded when rows are asked for; `take` is a column of some.

    deep     whether any has more than 8 bits: bytes are stretched to `top` then
    by_top   the files whose levels depend on that: those of 8 bits, and what something shows through
    largest  the largest level of these files, that of white where all of them have 8 bits
    """

    paths: Sequence[Path]
    size: tuple[int, int]
    channels: int
    resize: bool = False
    background: str = WHITE
    deep: bool = False
    top: int = LEVELS
    by_top: frozenset[Path] = frozenset()
    largest: int = 255

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, H, W, channels)."""
        return (len(self.paths), *self.size, self.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Bytes, or 16 bits where any picture has more than 8."""
        return np.dtype(np.uint16 if self.deep else np.uint8)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.arange(len(self.paths))[rows])
        out = np.empty((len(chosen), *self.size, self.channels), self.dtype)
        for position, row in enumerate(chosen):
            image = read_image(
                self.paths[row],
                self.channels,
                self.size if self.resize else None,
                background=self.background,
                deep=self.deep,
                top=self.top,
            )
            if image.shape[:2] != self.size:
                sizes = shape_text(image.shape[:2]), shape_text(self.size)
                raise damaged(self.paths[row], f"image is {sizes[0]} pixels once decoded, its header says {sizes[1]}")
            out[position] = image
        return out

    def take(self, rows: np.ndarray) -> Images:
        """The column of these rows alone."""
        return replace(self, paths=[self.paths[row] for row in rows])

    def joined(self, others: Sequence[Images]) -> Images:
        """The column of these files and of others that were read together with them."""
        paths = [path for images in (self, *others) for path in images.paths]
        return replace(self, paths=paths, largest=max(images.largest for images in (self, *others)))

    def stretched(self, decoded: Field, top: int) -> Field:
        """What is `decoded` of these files, or this column, as it is where bytes are stretched to another `top`."""
        again = replace(self, top=top)
        if not isinstance(decoded, np.ndarray):
            return again
        rows = [row for row, path in enumerate(self.paths) if path in self.by_top]
        if top == self.top or not rows:
            return decoded
        made = decoded.copy()
        made[rows] = again[rows]
        return made


@dataclass(frozen=True, slots=True)
class Pictures:
    """Image files as fields.

    fields   part -> the images of it;  deep: the files of those that have more than 8 bits
    treated  what was done to them, by name, as the data card keeps it;  notes: the same for people
    options  the names of those that images are read by
    """

    fields: Mapping[str, Field]
    deep: Mapping[str, Images] = field(default_factory=dict)
    treated: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()


def read_pictures(paths: Mapping[str, Sequence[Path]], options: Options) -> Pictures:
    """The images of each part, all of one size, colour and depth.

    They become arrays where all of them fit into 512 MB, else each is decoded when it is asked for. Either way each
    file is looked at now: decoded, or checked for its end mark. Raises E500, E502, E504 where sizes differ, E512.
    """
    everything = [path for chosen in paths.values() for path in chosen]
    headers = _headers(everything)
    size = options.size or (headers[0].height, headers[0].width)
    for path, header in zip(everything, headers, strict=True):
        if options.size is None and (header.height, header.width) != size:
            raise error(
                "E504",
                f"{path} is {shape_text((header.height, header.width))} pixels, "
                f"expected {shape_text(size)} as {everything[0]} is",
                help=f"put `:size={size[0]}` after the data's name to bring all images to one size",
            )
    channels = options.channels or (3 if any(header.colour for header in headers) else 1)
    deep = any(header.deep for header in headers)
    background = options.background or WHITE
    treated = {"size": "scaled to cover it, the middle kept"} if options.size is not None else {}
    notes = []
    transparent, reduced, several = (
        sum(getattr(header, name) for header in headers) for name in ("transparent", "reduced", "several")
    )
    if transparent or options.background is not None:
        treated["transparency"] = background
        notes.append(f"transparency of {_images(transparent)} composited on {called(background)}")
    if reduced:
        notes.append(f"{_images(reduced)} of 16 bits read as 8")
    if several:
        notes.append(f"{_images(several)} of several frames or pages: the first of each is read")
    fields: dict[str, Field] = {}
    files: dict[str, Images] = {}
    of_bytes = {path for path, header in zip(everything, headers, strict=True) if not header.deep}
    through = {path for path, header in zip(everything, headers, strict=True) if header.transparent}
    in_memory = len(everything) * size[0] * size[1] * channels * (2 if deep else 1) <= IN_MEMORY
    for part, chosen in paths.items():
        images = Images(
            chosen,
            size,
            channels,
            options.size is not None,
            background,
            deep,
            options.top or LEVELS,
            frozenset(of_bytes | through if deep else ()),
        )
        try:
            found: Field = images[:] if in_memory else _checked(images)
        except DiagnosticError as first:
            raise damage_in(everything, first, in_memory=in_memory) from None
        fields[part] = found
        if deep:
            largest = found.largest if isinstance(found, Images) else int(found[:].max(initial=0))
            files[part] = replace(images, largest=LEVELS if of_bytes.issuperset(chosen) else largest)
    return Pictures(fields, files, treated, tuple(notes), PICTURES)


def _headers(paths: Sequence[Path]) -> list[Header]:
    """What each file says of itself; a damaged one is found together with all others.

    Those are decoded to be found where the good ones fit into memory: a mistake costs no more than reading does.
    """
    headers, first = [], None
    for path in paths:
        try:
            headers.append(read_header(path))
        except DiagnosticError as wrong:
            first = first or wrong
    if first is not None:
        held = sum(one.height * one.width * (3 if one.colour else 1) * (2 if one.deep else 1) for one in headers)
        raise damage_in(paths, first, in_memory=held <= IN_MEMORY)
    return headers


def called(background: str) -> str:
    """A colour as it is said: white, black, or by its number."""
    return NAMED.get(background, background)


def _checked(images: Images) -> Images:
    """The same once every file is known to decode; the largest level of deep pictures is then known too."""
    if not images.deep:
        for path in images.paths:
            check_decodes(path)
        return images
    largest = max((int(images[row].max(initial=0)) for row in range(len(images))), default=LEVELS)
    return replace(images, largest=largest)


def _images(count: int) -> str:
    return f"{counted(count, 'image')}"
