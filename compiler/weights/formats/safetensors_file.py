"""safetensors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, TypeVar

from netc.compiler.weights.formats.base import Contents, UnreadableError

Found = TypeVar("Found")

BFLOAT16 = "BF16"
NUMPY = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")
"""The format's names of types that numpy has."""


def read_safetensors(path: str | os.PathLike[str]) -> Contents:
    """The tensors and the texts of a safetensors file; raises UnreadableError."""
    return _opened(path, lambda reader: _contents(path, reader))


def read_safetensors_texts(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts alone; raises UnreadableError."""
    return _opened(path, _texts)


def _contents(path: str | os.PathLike[str], reader: Any) -> Contents:
    tensors: dict[str, Any] = {}
    for name in reader.keys():  # noqa: SIM118
        kind = reader.get_slice(name).get_dtype()
        if kind == BFLOAT16:
            tensors[name] = _bfloat16(path, name)
        elif kind in NUMPY:
            tensors[name] = reader.get_tensor(name)
        else:
            raise UnreadableError(
                f"tensor `{name}` has numbers of type {kind}", "save it as float32, float16 or bfloat16"
            )
    return Contents(tensors, _texts(reader), channels_last=None)


def _bfloat16(path: str | os.PathLike[str], name: str) -> Any:
    """A tensor of a type that numpy lacks, as float32, of which it is the upper half; the header was checked before."""
    import numpy as np

    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        said = json.loads(file.read(length))[name]
        first, end = said["data_offsets"]
        file.seek(8 + length + first)
        upper = np.frombuffer(file.read(end - first), "<u2").astype(np.uint32)
    return (upper << np.uint32(16)).view(np.float32).reshape(said["shape"])


def _texts(reader: Any) -> dict[str, str]:
    return dict(reader.metadata() or {})


def _opened(path: str | os.PathLike[str], reading: Callable[[Any], Found]) -> Found:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as reader:
            return reading(reader)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:  # TypeError: a type that numpy lacks
        said = str(error)
        raise UnreadableError(said.splitlines()[0].rstrip(".") if said else type(error).__name__) from None
