"""safetensors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from netc.compiler.weights.formats.base import Contents, UnreadableError
from netc.compiler.weights.formats.safetensors_header import Header, read_header
from netc.grammar.opening import open_file

BFLOAT16 = "BF16"
NUMPY = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")
"""The format's names of types that numpy has."""


def read_safetensors(path: str | os.PathLike[str]) -> Contents:
    """The tensors and the texts of a safetensors file; raises UnreadableError.

    One of netc's own is held to its checksum, to the last bit.
    """
    from safetensors import SafetensorError, safe_open

    with open_file(path) as file:
        header = read_header(file)
        header.check()
        header.check_numbers(file)
        try:
            with safe_open(os.fspath(path), framework="numpy") as reader:
                tensors = {name: _tensor(name, reader, file, header) for name in reader.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, TypeError, ValueError) as error:  # TypeError: a type that numpy lacks
            if isinstance(error, UnreadableError):
                raise
            said = str(error)
            raise UnreadableError(said.splitlines()[0].rstrip(".") if said else type(error).__name__) from None
    return Contents(tensors, dict(header.texts), channels_last=None)


def read_safetensors_texts(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts alone, which are in the header: no number is looked at; raises UnreadableError."""
    with open_file(path) as file:
        header = read_header(file)
    header.check()
    return dict(header.texts)


def _tensor(name: str, reader: Any, file: BinaryIO, header: Header) -> Any:
    kind = reader.get_slice(name).get_dtype()
    if kind == BFLOAT16:
        return _bfloat16(file, header.start, header.tensors[name])
    if kind in NUMPY:
        return reader.get_tensor(name)
    raise UnreadableError(f"tensor `{name}` has numbers of type {kind}", "save it as float32, float16 or bfloat16")


def _bfloat16(file: BinaryIO, start: int, said: Mapping[str, Any]) -> Any:
    """A tensor of a type that numpy lacks, as float32, of which it is the upper half; the header was checked."""
    import numpy as np

    first, end = said["data_offsets"]
    file.seek(start + first)
    upper = np.frombuffer(file.read(end - first), "<u2").astype(np.uint32)
    return (upper << np.uint32(16)).view(np.float32).reshape(said["shape"])
