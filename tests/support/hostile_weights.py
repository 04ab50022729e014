"""Weight files that are made to harm whoever reads them: programs in pickles, and sizes that lie."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

HUGE = 100 << 30


class Run:
    """What a pickle of it does when Python reads it."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def zipped(pickled: bytes, storages: dict[str, bytes] | None = None, **members: bytes) -> bytes:
    """As PyTorch writes it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, content in {**{f"data/{key}": value for key, value in (storages or {}).items()}, **members}.items():
            archive.writestr(f"archive/{name}", content)
    return file.getvalue()


# ------------------------------------------------------------ programs
PROGRAMS = {
    "a name from the stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "an attribute of a known one": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2.__globals__\n.",
    "a dotted module": b"\x80\x02ctorch\n_utils.os.system\nX\x04\0\0\0true\x85R.",
    "a function of the table as an object": b"\x80\x02ccollections\nOrderedDict\n)\x81.",
    "an instance": b"\x80\x02(ios\nsystem\n.",
    "an object": b"\x80\x02(cos\nsystem\no.",
    "an extension": b"\x80\x02\x82\x01.",
    "a call of a text": b"\x80\x02X\x01\0\0\0a)R.",
    "a call of a storage's type": b"\x80\x02ctorch\nFloatStorage\n)R.",
    "a state for a list": b"\x80\x02]}b.",
    "something outside": b"\x80\x02X\x04\0\0\0evilQ.",
    "a buffer": b"\x80\x05\x97.",
}


# ------------------------------------------------------------ sizes that lie
STORAGE = "ctorch\nFloatStorage\n"


def tensor(size: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], key: str = "0") -> bytes:
    """A pickle of one tensor, by PyTorch's own names."""

    def number(value: int) -> bytes:
        return b"\x8a\x09" + value.to_bytes(9, "little", signed=True)

    def numbers(values: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    storage = b"(" + text("storage") + STORAGE.encode() + text(key) + text("cpu") + number(size) + b"tQ"
    arguments = b"(" + storage + number(offset) + numbers(shape) + numbers(strides) + b"\x89Nt"
    return b"\x80\x02}" + text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"Rs."


LIES = {
    "beyond its storage": (6, 3, (2, 2), (2, 1)),
    "before its storage": (6, -1, (2, 2), (2, 1)),
    "a negative stride": (6, 5, (2, 2), (-2, -1)),
    "a negative size": (6, 0, (-2, -2), (2, 1)),
    "a storage that isn't there": (HUGE, 0, (HUGE,), (1,)),
    "spread over one number": (6, 0, (1 << 20, 1 << 20), (0, 0)),
    "a product that overflows": (6, 0, (1 << 32, 1 << 32), (0, 0)),
    "many axes": (6, 0, (1,) * 60, (1,) * 60),
    "strides that are missing": (6, 0, (2, 2), (1,)),
    "a size without an end": (1 << 63, 0, (1 << 63,), (1,)),
}


def npy(shape: str, content: bytes = bytes(8), descr: str = "<f4") -> bytes:
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("w.npy", npy("(2,)"))
        made.writestr("v.npy", npy("(2,)"))
    return file.getvalue().replace(b"v.npy", b"w.npy")


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a header of 100 GB": lambda: archive(w=npy(f"({HUGE // 4},)")),
    "a product that overflows": lambda: archive(w=npy("(4294967296, 4294967296, 4294967296)")),
    "a negative size": lambda: archive(w=npy("(-1, -2)")),
    "objects": lambda: archive(w=npy("(2,)", pickle.dumps(Run(os.system, "true")), "|O")),
    "texts": lambda: archive(w=npy("(2,)", bytes(8), "<U1")),
    "an expression": lambda: archive(w=npy("__import__('os').system('true')")),
    "a nest of brackets": lambda: archive(w=npy("(" * 5000)),
    "a bomb": lambda: archive(w=npy(f"({25 << 20},)", bytes(100 << 20))),
    "two of one name": twice,
    "nothing": lambda: archive(),
    "an end alone": lambda: b"PK\5\6" + bytes(18),
    "members without an end": lambda: b"PK\3\4" + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 1 << 31, 0, 0),
}


PICKLES = {
    "a text of 100 GB": b"\x80\x04\x8d" + struct.pack("<Q", HUGE) + b"a.",
    "bytes of 100 GB": b"\x80\x04\x8e" + struct.pack("<Q", HUGE) + b"a.",
    "an array of 100 GB": b"\x80\x05\x96" + struct.pack("<Q", HUGE) + b"a.",
    "a frame of 100 GB": b"\x80\x04\x95" + struct.pack("<Q", HUGE) + b"N.",
    "a memo of two billion": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "a number of many digits": b"\x80\x02L" + b"9" * 100_000 + b"L\n.",
    "an empty stack": b"\x80\x02R.",
    "a mark that isn't there": b"\x80\x02t.",
    "no end": b"\x80\x02}",
    "a table in itself": b"\x80\x02}q\0X\x01\0\0\0ah\0s.",
    "tables that double": b"\x80\x02}q\0" + b"".join(
        b"}q" + bytes([at]) + b"(X\x01\0\0\0ah" + bytes([at - 1]) + b"X\x01\0\0\0bh" + bytes([at - 1]) + b"u"
        for at in range(1, 60)
    ) + b".",
    "a list as a key": b"\x80\x02}]Ns.",
}  # fmt: skip
