"""Bytes a little other than they were: flipped, cut, doubled, spliced, and numbers in them made extreme."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

NUMBERS = (
    0, 1, 2, 3, 4, 7, 8, 16, 17, 64, 100, 127, 128, 255, 256, 1000, 32767, 32768, 65535, 65536, 10**6, 1 << 24,
    (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 53, 1 << 61, (1 << 63) - 1, 1 << 63, (1 << 64) - 1,
)  # fmt: skip
WRITTEN = (
    *map(str, NUMBERS), "-1", "-0", "1e3", "1e308", "1e999", "-1e999", "nan", "NaN", "Infinity", "-Infinity", "0.5",
    "1.", "00", "0x10", "1_0", "9" * 30, "9" * 5000, "null", "true", "[]", "{}", '""', "",
)  # fmt: skip
DIGITS = re.compile(rb"-?\d+")


def mutated(random: Random, content: bytes, words: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> bytes:
    """The bytes after one to six changes; `words` are put in, and parts of `others`."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        content = _changed(random, content, words, others)
    return content


def _changed(random: Random, content: bytes, words: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    if not content:
        return random.choice(words) if words else random.randbytes(random.randint(1, 9))
    at = random.randrange(len(content))
    far = min(len(content), at + int(random.expovariate(0.1)) + 1)
    match random.randrange(12):
        case 0 | 1:
            return content[:at] + bytes([content[at] ^ 1 << random.randrange(8)]) + content[at + 1 :]
        case 2:
            return content[:at] + random.randbytes(far - at) + content[far:]
        case 3:
            return content[:at]
        case 4:
            return content[:at] + content[far:]
        case 5:
            return content[:far] + content[at:] if random.random() < 0.9 else content[:far] + content[at:far] * 1000
        case 6 | 7:
            return _other_number(random, content, at)
        case 8:
            return _other_digits(random, content)
        case 9 if words:
            word = random.choice(words)
            return content[:at] + word + content[at + random.choice((0, len(word))) :]
        case 10 if others:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            return content[:at] + other[start : start + random.choice((8, 64, len(other)))] + content[far:]
        case _:
            return (
                content[:at] + random.choice((b"\0", b"\xff", b"\n", b'"', b"\x80", b" ")) * (far - at) + content[far:]
            )


def _other_number(random: Random, content: bytes, at: int) -> bytes:
    """Another number of 1 to 8 bytes at a place: an extreme one, or one beside the one that was there."""
    width, order = random.choice((1, 2, 4, 4, 8, 8)), random.choice(("little", "big"))
    if random.random() < 0.3:
        number = int.from_bytes(content[at : at + width], order) + random.choice((-1, 1))
    else:
        number = random.choice((1, 1, -1)) * random.choice(NUMBERS)
    return content[:at] + (number % (1 << 8 * width)).to_bytes(width, order) + content[at + width :]


def _other_digits(random: Random, content: bytes) -> bytes:
    """Another number where one is written in digits."""
    found = list(DIGITS.finditer(content[:100_000]))
    if not found:
        return content[::-1] if len(content) < 100 else content[len(content) // 2 :]
    place = random.choice(found)
    return content[: place.start()] + random.choice(WRITTEN).encode() + content[place.end() :]
