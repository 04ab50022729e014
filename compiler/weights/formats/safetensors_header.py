"""How a safetensors file begins: the length of its header, the header as JSON; and the checksum that netc's own carry.

Two texts in the metadata say what netc wrote: `netc.version`, and `netc.checksum`, SHA-256 of the numbers and SHA-256
of the rest of the header with that. So whoever reads the texts alone knows that they are whole, without a look at the
numbers. Files of other programs have neither, and are taken as they are.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from netc.compiler.weights.formats.base import TEXTS, UnreadableError
from netc.grammar.counted import counted
from netc.grammar.documents import DAMAGED, DocumentError, of_another_version, parsed
from netc.grammar.schema import Count, FormError, conform

CHECKSUM_KEY, VERSION_KEY = "netc.checksum", "netc.version"
VERSION = 1
KIND = "sha256"
ALIGNED = 8
AGAIN = "take it from a copy; if a program of yours changed it on purpose, save it without the text `netc.checksum`"
TORN = "take it from a copy, or make it again"


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says before its numbers.

    start    where the numbers begin;  tensors: name -> dtype, shape and where it lies;  texts: the metadata
    """

    start: int
    tensors: Mapping[str, Any]
    texts: Mapping[str, str]

    def checksum(self, numbers: str) -> str:
        """What the text `netc.checksum` has to be where the numbers have that digest."""
        texts = {name: text for name, text in self.texts.items() if name != CHECKSUM_KEY}
        said = json.dumps([numbers, texts, self.tensors], sort_keys=True, separators=(",", ":"))
        return f"{KIND}:{numbers}:{sha256(said.encode()).hexdigest()}"

    def check(self) -> None:
        """Raise UnreadableError where the header is of a newer netc, or isn't as netc wrote it."""
        version, said = self.texts.get(VERSION_KEY), self.texts.get(CHECKSUM_KEY)
        whole = said is None or self.checksum(said.split(":")[1] if said.count(":") == 2 else "") == said
        if version is not None and version != str(VERSION):
            newer = of_another_version(int(version) if version.isdecimal() and len(version) < 20 else None, VERSION)
            also = "" if whole else ", and it is damaged: its header does not match its checksum"
            raise UnreadableError(f"it {newer}{also}", newer.help or AGAIN, newer.code or DAMAGED)
        if not whole:
            raise UnreadableError("it is damaged: its header does not match its checksum", AGAIN, DAMAGED)

    def check_numbers(self, file: BinaryIO) -> None:
        """Raise UnreadableError where the numbers of the file aren't those that netc wrote; `check` comes before."""
        said = self.texts.get(CHECKSUM_KEY)
        if said is not None and numbers_in(file, self.start) != said.split(":")[1]:
            raise UnreadableError("it is damaged: its numbers do not match their checksum", AGAIN, DAMAGED)


def read_header(file: BinaryIO) -> Header:
    """The header of an open file, which is then as long as it says; raises UnreadableError."""
    size = file.seek(0, 2)
    file.seek(0)
    begins = file.read(8)
    if not size:
        raise UnreadableError("it is empty", TORN)
    length = int.from_bytes(begins, "little")
    if size < 8 or (length > size - 8 and file.read(1) in (b"", b"{")):
        raise UnreadableError(f"it is cut off: {counted(size, 'byte')} of it are there", TORN)
    if length > size - 8:
        raise UnreadableError("it is no safetensors file")
    file.seek(8)
    return header_of(file.read(length), size)


def header_of(content: bytes, size: int) -> Header:
    """The header in these bytes, of a file of that size; raises UnreadableError."""
    try:
        found = parsed(content.decode("utf-8"))
        texts = conform(found.pop(TEXTS, {}) if isinstance(found, dict) else None, dict[str, str], TEXTS)
        ends = [conform(item["data_offsets"], tuple[Count, Count])[1] for item in found.values()]
    except (UnicodeDecodeError, DocumentError, FormError, KeyError, TypeError):
        if content[:1] == b"{":
            raise UnreadableError("its header is damaged", TORN) from None
        raise UnreadableError("it is no safetensors file") from None
    start = 8 + len(content)
    expected = start + max(ends, default=0)
    if size < expected:
        raise UnreadableError(f"it is cut off: {size:,} of {counted(expected, 'byte')} are there", TORN)
    if size > expected:
        raise UnreadableError(f"it is damaged: after its end there is more, {counted(size - expected, 'byte')}", TORN)
    return Header(start, found, texts)


def numbers_in(file: BinaryIO, start: int) -> str:
    """SHA-256 of what follows the header."""
    if file.seek(0, 2) == start:
        return sha256().hexdigest()
    with (
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole,
        memoryview(whole) as content,
        content[start:] as numbers,
    ):
        return sha256(numbers).hexdigest()


def as_bytes(header: Header) -> bytes:
    """The header as a file begins with it, the numbers at a multiple of 8."""
    said = json.dumps({TEXTS: header.texts, **header.tensors}, separators=(",", ":")).encode()
    said += b" " * (-len(said) % ALIGNED)
    return len(said).to_bytes(8, "little") + said
