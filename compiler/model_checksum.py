"""The checksum of a model that netc writes into a file: an entry of its metadata, over every byte of the others.

It stands near the beginning, so that a file that lost its end still has it; where another program wrote the model anew
in the same words, it may stand elsewhere. A model without it is another program's, and taken as it is.
"""

from __future__ import annotations

from hashlib import sha256

from netc.compiler.wire import DamagedError, Field, every_field, field_of, fields

CHECKSUM_KEY = "netc.checksum"
KIND = "sha256:"
VERSION_FIELD, METADATA_FIELD = 1, 14
"""Of ModelProto: the version of the format, which programs look for at the beginning, and an entry of the metadata."""
KEY, VALUE = 1, 2


class ChangedError(ValueError):
    """The bytes of a model are not those that netc wrote."""


def metadata_entry(key: str, value: str) -> bytes:
    """An entry of a model's metadata, to be appended to its bytes."""
    return field_of(METADATA_FIELD, field_of(KEY, key.encode()) + field_of(VALUE, value.encode()))


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
