"""Tensors that stay on a device: a model's parameters, and an optimizer's state.

They have two sets of buffers. A training step reads one set and writes the other, then they swap, so that nothing but
the batch goes in and nothing but numbers comes out. What the manifest calls `in_place` has one buffer, in both sets:
the step writes it where it read it.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netc.runtime.devices.device import Device, runtime

Array = NDArray[Any]


class Resident:
    """Named tensors on a device in two sets of buffers; `swap` makes what was written the current one."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.current: dict[str, Any] = {}
        self.other: dict[str, Any] = {}
        self._swapped: set[frozenset[str]] = set()
        self._kinds: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}

    @property
    def turn(self) -> Hashable:
        """Which buffers are current: equal turns, equal buffers."""
        return frozenset(self._swapped)

    def put(self, name: str, array: Array) -> None:
        """Copy an array to the device, into the current set. A tensor that exists keeps its buffer, and so its kind.

        ONNX Runtime would read as many bytes as the buffer has, whatever the array has.
        """
        array = np.ascontiguousarray(array).reshape(array.shape)
        kind = array.shape, array.dtype
        if self._kinds.setdefault(name, kind) != kind:
            raise AssertionError(f"`{name}` is {self._kinds[name]} on the device, it was given {kind}")
        if name not in self.current:
            self.current[name] = self._empty(name)
        self.current[name].update_inplace(array)

    def get(self, name: str) -> Array:
        """A copy of a tensor of the current set."""
        return np.array(self.current[name].numpy())  # numpy() may be a view of the buffer that the next step writes

    def get_other(self, name: str) -> Array:
        """A copy of a tensor of the other set: after one swap it is what the tensor was before."""
        return np.array(self.other[name].numpy())

    def double(self, names: Collection[str]) -> None:
        """Give these tensors a second buffer. Others have the same in both sets, unless they were doubled before."""
        for name, value in self.current.items():
            if self.other.setdefault(name, value) is value and name in names:
                self.other[name] = self._empty(name)

    def swap(self, names: frozenset[str]) -> None:
        """Make the other buffers of these tensors the current ones."""
        for name in names:
            self.current[name], self.other[name] = self.other[name], self.current[name]
        self._swapped ^= {names}

    def _empty(self, name: str) -> Any:
        shape, dtype = self._kinds[name]
        return runtime().OrtValue.ortvalue_from_shape_and_type(list(shape), dtype.type, self.device.name, 0)
