"""Files that begin with a pickle: PyTorch's .pth before 1.6, and pickles of numpy arrays."""

from __future__ import annotations

import io
import os
import struct
from typing import Any

from netc.compiler.weights.formats.base import Contents, UnreadableError
from netc.compiler.weights.formats.pickle_machine import Machine
from netc.compiler.weights.formats.torch_tensors import KNOWN, Storage, contents
from netc.compiler.weights.formats.torch_zip import storage_of
from netc.grammar.opening import read_file

MAGIC = 0x1950A86A20F9469CFC6C
"""What the first pickle in one of PyTorch's files holds."""

PROTOCOL = 1001


def read_pickle(path: str | os.PathLike[str]) -> Contents:
    """The tensors of a file that begins with a pickle; raises UnreadableError."""
    content = read_file(path)
    if _is_torch(content):
        return _read_torch(content)
    from netc.compiler.weights.formats.numpy_pickle import read_arrays

    return read_arrays(content)


def _is_torch(content: bytes) -> bool:
    number = MAGIC.to_bytes(10, "little")
    return content[2:4] == b"\x8a\x0a" and content[4:14] == number


def _read_torch(content: bytes) -> Contents:
    """Five pickles, the fourth of which is the object and the fifth a list of storages, whose numbers follow."""
    file = io.BytesIO(content)
    storages: dict[str, Storage] = {}

    def named(said: Any) -> Storage:
        storage = storage_of(said)
        return storages.setdefault(storage.key, storage)

    machine = Machine(file, KNOWN, named)
    _, protocol, system, found, keys = (machine.load() for _ in range(5))
    if protocol != PROTOCOL:
        version = f"version {protocol}" if isinstance(protocol, int) else "no version"
        raise UnreadableError(f"it is of {version} of PyTorch's format, and {PROTOCOL} is known")
    listed = isinstance(keys, list) and all(isinstance(key, str) and key in storages for key in keys)
    if not listed or not isinstance(system, dict):
        raise UnreadableError("it lacks its list of storages")
    order = "<" if system.get("little_endian", True) is True else ">"
    parts: dict[str, memoryview] = {}
    at = file.tell()
    for storage in (storages[key] for key in keys):
        begin, end = at + 8, at + 8 + storage.bytes
        if end > len(content):
            raise UnreadableError("it ends within its numbers")
        if struct.unpack_from(f"{order}q", content, at)[0] != storage.size:
            raise UnreadableError(f"storage `{storage.key[:40]}` has another size than its tensors say")
        parts[storage.key] = memoryview(content)[begin:end]
        at = end
    if parts.keys() != storages.keys():
        raise UnreadableError("it lacks the numbers of a storage")
    return contents(found, lambda storage: parts[storage.key], order)
