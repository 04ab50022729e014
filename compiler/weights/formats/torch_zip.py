"""PyTorch's .pth since 1.6: a zip archive of a pickle and one member for each storage."""

from __future__ import annotations

import io
from typing import Any

from netc.compiler.weights.formats.archive import Archive
from netc.compiler.weights.formats.base import Contents, UnreadableError
from netc.compiler.weights.formats.pickle_machine import Machine, Named
from netc.compiler.weights.formats.torch_tensors import KNOWN, Storage, contents
from netc.grammar.counted import counted


def read_torch_zip(archive: Archive) -> Contents:
    """The tensors; raises UnreadableError."""
    pickles = [name for name in archive.names if name.endswith("/data.pkl")]
    if len(pickles) > 1:
        raise UnreadableError("it has two pickles")
    folder = pickles[0].removesuffix("data.pkl")
    if f"{folder}constants.pkl" in archive:
        help = "save the weights of the model: `torch.save(torch.jit.load(path).state_dict(), …)`"
        raise UnreadableError("it is a TorchScript program, which brings its own code", help, "E572")

    def bytes_of(storage: Storage) -> bytes:
        name = f"{folder}data/{storage.key}"
        if archive.size(name) < storage.bytes:
            held = counted(archive.size(name), "byte")
            raise UnreadableError(f"`{name[:80]}` has {held}, its tensors need {storage.bytes:,}")
        return archive.read(name)

    order = f"{folder}byteorder"
    big = order in archive and archive.size(order) < 16 and archive.read(order).strip() == b"big"
    found = Machine(io.BytesIO(archive.read(pickles[0])), KNOWN, storage_of).load()
    return contents(found, bytes_of, ">" if big else "<")


def storage_of(said: Any) -> Storage:
    """What a pickle of PyTorch's refers to outside itself: `("storage", type, key, device, size, …)`."""
    match said:
        case ("storage", Named(meaning=str(dtype)), str(key), str(), int(size), *_) if 0 <= size < 1 << 62:
            return Storage(dtype, key, size)
    raise UnreadableError("its pickle refers to something that is no storage", code="E572")
