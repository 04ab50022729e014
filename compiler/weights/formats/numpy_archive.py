"""numpy's .npz: a zip archive of .npy files, without pickles."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from netc.compiler.weights.formats.archive import Archive
from netc.compiler.weights.formats.base import Contents, UnreadableError, by_name, check_shape

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

HELP = "save arrays of numbers: `numpy.savez(path, **arrays)`"


def read_npz(archive: Archive) -> Contents:
    """The arrays by their names, `/` in them read as `.`; raises UnreadableError.

    The format doesn't say in which order the axes of a convolution are.
    """
    arrays = [name for name in archive.names if name.endswith(".npy")]
    named = ((name.removesuffix(".npy"), _array(name, archive.read(name))) for name in arrays)
    return Contents(by_name((name.replace("/", "."), name, array) for name, array in named), channels_last=None)


def _array(name: str, content: bytes) -> Array:
    """The array of an .npy file; its size is checked before anything is made of it."""
    import numpy as np
    from numpy.lib import format as npy

    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version](file)
    except Exception:  # what numpy's reader meets in a header, its tokenizer's errors among it
        raise UnreadableError(f"`{name[:80]}` in it is no array", HELP) from None
    shape, fortran, dtype = header
    if dtype.hasobject or dtype.kind not in "fiub":
        raise UnreadableError(f"`{name[:80]}` in it holds no numbers", HELP)
    count, held = math.prod(shape), len(content) - file.tell()
    check_shape(shape, max(1, dtype.itemsize))
    if count * dtype.itemsize != held:
        raise UnreadableError(f"`{name[:80]}` in it is shorter or longer than its header says")
    flat = np.frombuffer(content, dtype, count, file.tell())
    array = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)
