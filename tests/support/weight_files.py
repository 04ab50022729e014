"""What is in a weight file, as its reader gives it."""

from __future__ import annotations

import os

from netc.compiler.weights.formats import read_as
from netc.compiler.weights.formats.base import Contents


def read(path: str | os.PathLike[str]) -> Contents:
    """The tensors of a file; raises as `read_as`."""
    return read_as(path, lambda contents: contents)
