"""External data of a model from anywhere: files in the model's own folder, and only what lies within them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from netc.grammar.counted import counted
from netc.grammar.opening import resolved
from netc.grammar.snippet import printable

Entries = Sequence[tuple[str, str]]
"""The keys and values by which a tensor says where its numbers are."""

NUMBER = re.compile(r"[0-9]{1,18}")
IN_MEMORY = "*"
"""What ONNX Runtime's own mark for an address in memory begins with; no file that is called so is read."""


class OutsideError(ValueError):
    """External data that isn't in the model's folder, or not within its file."""


def check_external(folder: Path | None, tensors: Sequence[Entries]) -> dict[Path, int]:
    """The files that tensors lie in, and their bytes; raises OutsideError unless each is in the folder, links followed.

    A file that has another name too (a hard link) may be one of anywhere, and is refused.
    """
    root = None if folder is None else resolved(folder)
    sizes: dict[Path, int] = {}
    for entries in tensors:
        said = dict(entries)
        if len(said) < len(entries):
            raise OutsideError("a tensor says twice where its numbers are")
        location = said.get("location", "")
        shown = f"`{printable(location[:80])}`"
        if root is None:
            raise OutsideError(f"it asks for numbers in {shown}, and has no folder")
        file = _file(root, location)
        if file is None:
            raise OutsideError(f"it asks for numbers in {shown}, which is no file in its folder")
        offset, length = (_number(said.get(key)) for key in ("offset", "length"))
        about = file.stat()
        if about.st_nlink > 1:
            raise OutsideError(
                f"it asks for numbers in {shown}, which has another name elsewhere (a hard link): copy it"
            )
        size = sizes[file] = about.st_size
        if offset + (length if "length" in said else 0) > size:
            raise OutsideError(f"it asks for numbers beyond the end of {shown}, which has {counted(size, 'byte')}")
    return sizes


def _file(root: Path, location: str) -> Path | None:
    parts = PurePosixPath(location).parts
    if not location or location.startswith(IN_MEMORY) or "\0" in location or "\\" in location:
        return None
    if ".." in parts or PurePosixPath(location).is_absolute() or PureWindowsPath(location).drive:
        return None
    try:
        file = (root / location).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
    return file if file.is_relative_to(root) and file.is_file() else None


def _number(text: str | None) -> int:
    if text is None:
        return 0
    if not NUMBER.fullmatch(text):
        raise OutsideError(f"a tensor's numbers begin or end at `{printable(text[:40])}`, which is no number of bytes")
    return int(text)
