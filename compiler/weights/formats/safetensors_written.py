"""Tensors as the bytes of a safetensors file, with the checksum that every reader of netc's asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from netc.compiler.weights.formats.safetensors_header import (
    CHECKSUM_KEY,
    VERSION,
    VERSION_KEY,
    Header,
    as_bytes,
    header_of,
)

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def as_safetensors(
    tensors: Mapping[str, Array], metadata: Mapping[str, str] | None = None
) -> Sequence[bytes | memoryview]:
    """A file in two pieces, what it says and its numbers; the same tensors and metadata give the same bytes.

    metadata  texts beside the tensors
    """
    import numpy as np
    from safetensors.numpy import save

    # safetensors writes memory as it lies, which for a transposed array is in another order
    plain = save({name: np.asarray(array, order="C") for name, array in tensors.items()})
    length = int.from_bytes(plain[:8], "little")
    header = header_of(plain[8 : 8 + length], len(plain))
    texts = {name: text for name, text in sorted((metadata or {}).items()) if name != CHECKSUM_KEY}
    numbers = memoryview(plain)[8 + length :]
    named = Header(0, header.tensors, texts | {VERSION_KEY: str(VERSION)})
    sealed = {**named.texts, CHECKSUM_KEY: named.checksum(sha256(numbers).hexdigest())}
    return [as_bytes(replace(named, texts=sealed)), numbers]
