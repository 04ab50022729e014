"""Weights beside a model: ONNX's external data, for models that one protobuf message cannot hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from onnx import TensorProto

from netc.compiler.emit.protobuf import ELEMENT_TYPES

ALIGNED = 4096
"""Each tensor begins at a multiple of this, so that a runtime can map the file into memory."""


class ExternalData:
    """The tensors of one file beside a model, in their order; `location` is the file's name."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.size = 0
        self._pieces: list[np.ndarray[Any, Any] | bytes] = []

    def fill(self, tensor: TensorProto, name: str, array: np.ndarray[Any, Any]) -> None:
        """Write a tensor that says where its numbers are."""
        padding = -self.size % ALIGNED
        offset, length = self.size + padding, array.nbytes
        tensor.name, tensor.data_type = name, ELEMENT_TYPES[array.dtype.name]
        tensor.dims.extend(array.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", self.location), ("offset", str(offset)), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)
        self._pieces += [bytes(padding), array]
        self.size = offset + length

    def content(self) -> Iterator[bytes | memoryview]:
        """The file, piece by piece: no second copy of the weights."""
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                plain = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<"))
                yield plain.reshape(-1).view(np.uint8).data
