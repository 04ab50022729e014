"""Zip archives from anywhere: checked for what they claim before anything of them is unpacked."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from types import TracebackType

from netc.compiler.weights.formats.base import UnreadableError
from netc.grammar.counted import counted
from netc.grammar.opening import open_file

RATIO = 100
"""How much larger than its packed bytes a member may be; weights hardly shrink at all."""

SMALL = 16 << 20
"""Bytes that an archive may unpack to, however small it is: tables of zeros."""

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How members may be packed: as numpy and PyTorch do. Other ways have libraries and errors of their own."""

DIRECTORY = 16 << 20
"""Bytes of the list of members, which is read before anything else."""

_END = b"PK\5\6"
_END_64 = b"PK\6\6"


class Archive:
    """An archive and its members by name.

    Raises UnreadableError for a damaged one, two members of one name, one that is much larger than what it is packed
    in, members that lie in each other, and for encryption.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            _check_directory(path)
            self._file = open_file(path)
            try:
                self._zip = zipfile.ZipFile(self._file)
            except BaseException:
                self._file.close()
                raise
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError) as error:
            if isinstance(error, UnreadableError):
                raise
            raise UnreadableError("it is a damaged zip archive, or one whose end is missing") from None
        self._members = {item.filename: item for item in self._zip.infolist()}
        try:
            self._check(os.path.getsize(path))
        except UnreadableError:
            self._close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def names(self) -> list[str]:
        """The names of the members, in their order."""
        return list(self._members)

    def size(self, name: str) -> int:
        """Bytes of a member; raises UnreadableError where there is none of this name."""
        return self._member(name).file_size

    def read(self, name: str) -> bytes:
        """A member; raises UnreadableError where there is none of this name, or where it is damaged."""
        try:
            content = self._zip.read(self._member(name))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise UnreadableError(f"`{name[:80]}` in it is damaged: {error}") from None
        if len(content) != self.size(name):
            said = f"{counted(len(content), 'byte')}, where {self.size(name):,} are announced"
            raise UnreadableError(f"`{name[:80]}` in it has {said}")
        return content

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise UnreadableError(f"it has no `{name[:80]}`")
        return self._members[name]

    def _close(self) -> None:
        self._zip.close()
        self._file.close()

    def _check(self, held: int) -> None:
        if any(item.compress_type not in PACKED for item in self._members.values()):
            raise UnreadableError("a member of the archive is packed in a way that no weights are")
        if len(self._members) < len(self._zip.infolist()):
            raise UnreadableError("two members of the archive have one name")
        packed = sum(item.compress_size for item in self._members.values())
        if packed > held:
            raise UnreadableError(f"its members lie in each other: {counted(packed, 'byte')} in a file of {held:,}")
        unpacked = sum(item.file_size for item in self._members.values())
        if unpacked > max(SMALL, RATIO * held):
            raise UnreadableError(f"it would unpack to {counted(unpacked, 'byte')}, and has {held:,}")


def _check_directory(path: str | os.PathLike[str]) -> None:
    """Refuse a list of members that takes long to read, by what the end of the archive says of it."""
    with open_file(path) as file:
        file.seek(-min(os.path.getsize(path), 66_000), os.SEEK_END)
        tail = file.read()
    sizes = [struct.unpack_from("<I", tail, at + 12)[0] for at in [tail.rfind(_END)] if 0 <= at <= len(tail) - 16]
    if sizes == [0xFFFFFFFF]:
        at = tail.rfind(_END_64)
        sizes = [struct.unpack_from("<Q", tail, at + 40)[0]] if 0 <= at <= len(tail) - 48 else []
    if sizes and sizes[0] > DIRECTORY:
        raise UnreadableError(f"its list of members has {counted(sizes[0], 'byte')}")
