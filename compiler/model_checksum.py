"""The checksums of a model that netc writes into a file: entries of its metadata.

One is over every byte of the others. Where weights lie in a file beside the model, there is one of that file too.

It stands near the beginning, so that a file that lost its end still has it; where another program wrote the model anew
in the same words, it may stand elsewhere. A model without it is another program's, and taken as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from pathlib import Path

from netc.compiler.wire import DamagedError, Field, every_field, field_of, fields
from netc.grammar.opening import open_file
from netc.grammar.writing import encoded

CHECKSUM_KEY = "netc.checksum"
BESIDE_KEY = "netc.checksum.external"
KIND = "sha256:"
VERSION_FIELD, METADATA_FIELD = 1, 14
"""Of ModelProto: the version of the format, which programs look for at the beginning, and an entry of the metadata."""
KEY, VALUE = 1, 2
PIECE = 1 << 20
"""Bytes of a file that are read at once."""


class ChangedError(ValueError):
    """The bytes of a model are not those that netc wrote."""


def metadata_entry(key: str, value: str) -> bytes:
    """An entry of a model's metadata, to be appended to its bytes."""
    return field_of(METADATA_FIELD, field_of(KEY, encoded(key)) + field_of(VALUE, encoded(value)))


def sealed_model(model: bytes) -> bytes:
    """A model with the checksum of its bytes, in the place of one that it has."""
    found = list(every_field(memoryview(model)))
    rest = b"".join(model[field.begin : field.end] for field in found if not _is_checksum(field))
    first = found[0].end if found and found[0].number == VERSION_FIELD else 0
    seal = metadata_entry(CHECKSUM_KEY, KIND + sha256(rest).hexdigest())
    return b"".join((rest[:first], seal, rest[first:]))


def check_checksum(model: bytes) -> None:
    """Raise ChangedError where a model has a checksum and other bytes; DamagedError for what is no model."""
    whole = memoryview(model)
    found = [field for field in every_field(whole) if _is_checksum(field)]
    if not found:
        return
    digest, at = sha256(), 0
    for field in found:
        digest.update(whole[at : field.begin])
        at = field.end
    digest.update(whole[at:])
    if len(found) > 1 or _entry(found[0])[1] != KIND + digest.hexdigest():
        raise ChangedError("its bytes do not match its checksum")


def beside_entry(pieces: Iterable[bytes | memoryview]) -> bytes:
    """The entry for a file with a model's weights, to be appended to the model before it is sealed."""
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return metadata_entry(BESIDE_KEY, KIND + digest.hexdigest())


def check_beside(model: bytes, files: Collection[Path]) -> None:
    """Raise ChangedError where a model says what its external data must be, and these files are something else.

    Every byte of them is read. Raises OSError where they cannot be.
    """
    entries = (_entry(field) for field in every_field(memoryview(model)) if field.number == METADATA_FIELD)
    said = {text for key, text in entries if key == BESIDE_KEY}
    if not said:
        return
    if len(files) != 1:
        raise ChangedError(f"its weights are in one file beside it, and it asks for {len(files)}")
    (file,) = files
    digest = sha256()
    with open_file(file) as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    found = KIND + digest.hexdigest()
    if said != {found}:
        raise ChangedError(f"the bytes of {file.name}, which has its weights, do not match their checksum")


def _is_checksum(field: Field) -> bool:
    return field.number == METADATA_FIELD and _entry(field)[0] == CHECKSUM_KEY


def _entry(field: Field) -> tuple[str, str]:
    """The key and the value of an entry, the last of each; empty where it is none."""
    try:
        texts = {
            number: bytes(content).decode("utf-8", "replace")
            for number, content in fields(field.content or memoryview(b""))
        }
    except DamagedError:
        return "", ""
    return texts.get(KEY, ""), texts.get(VALUE, "")
