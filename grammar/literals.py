"""What number, shape and string tokens mean."""

from __future__ import annotations

import re
from fractions import Fraction

LARGEST = 2**63 - 1
NUMBER = re.compile(r"([0-9_.]+)(?:[eE]([+-]?[0-9]+))?([A-Za-z]*)")
SHAPE = re.compile(r"[0-9]{1,9}(x[0-9]{1,9})+")
UNITS: dict[str, int | Fraction] = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
UNITS |= {f"{prefix}B": 10**power for prefix, power in (("k", 3), ("K", 3), ("M", 6), ("G", 9), ("T", 12))}
UNITS |= {f"{prefix}iB": 2**power for prefix, power in (("K", 10), ("M", 20), ("G", 30), ("T", 40))}
UNITS |= {"s": 1, "ms": Fraction(1, 10**3), "us": Fraction(1, 10**6)}
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class LiteralError(Exception):
    """A token that has the form of a literal and no meaning."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def number(text: str) -> int | float:
    """`1_000` -> 1000, `1e-3` -> 0.001, `0.3M` -> 300000, `4GiB` -> 4294967296, `5ms` -> 0.005.

    Whole results with a unit are int.
    """
    found = NUMBER.fullmatch(text)
    assert found is not None
    digits, exponent, unit = found.groups()
    if digits.endswith("_") or "__" in digits or "_." in digits or "._" in digits:
        raise LiteralError(f"`{clipped(text)}` has a stray `_`", "put `_` between digits, as in `1_000`")
    if unit not in UNITS:
        raise LiteralError(
            f"`{unit}` is no unit",
            "use k M G T for numbers, kB MB GB TB or KiB MiB GiB TiB for bytes, us ms s for times",
        )
    digits = digits.replace("_", "")
    if len(digits) > 400 or len(exponent or "") > 6:
        raise too_large(text)
    if "." not in digits and exponent is None and isinstance(UNITS[unit], int):
        return whole(int(digits) * int(UNITS[unit]), text)
    if not unit:
        value = float(f"{digits}e{exponent or 0}")
        if value == float("inf"):
            raise too_large(text)
        return value
    if abs(int(exponent or 0)) > 400:
        raise too_large(text)
    exact = Fraction(digits) * Fraction(10) ** int(exponent or 0) * UNITS[unit]
    if exact.denominator == 1:
        return whole(exact.numerator, text)
    if exact > LARGEST:
        raise too_large(text)
    return float(exact)


def shape(text: str) -> tuple[int, ...]:
    """`3x224x224` -> (3, 224, 224)."""
    return tuple(whole(int(size) if len(size) < 400 else LARGEST + 1, size) for size in text.split("x"))


def string(text: str) -> str:
    """The content of a quoted string; the escapes are `\\n \\t \\" \\\\`."""
    if "\\" not in text:
        return text[1:-1]

    def escaped(found: re.Match[str]) -> str:
        letter = found.group(1)
        if letter not in ESCAPES:
            raise LiteralError(
                f"`\\{letter}` means nothing in a string", "write `\\\\` for a backslash, and `/` in paths"
            )
        return ESCAPES[letter]

    return re.sub(r"\\(.)", escaped, text[1:-1])


def whole(value: int, text: str) -> int:
    """A whole number that fits ONNX's int64."""
    if value > LARGEST:
        raise too_large(text)
    return value


def too_large(text: str) -> LiteralError:
    """The error about a literal past the limits."""
    return LiteralError(
        f"the number {clipped(text)} is too large", "use at most 9_223_372_036_854_775_807, or 1e308 for a float"
    )


def clipped(text: str) -> str:
    """A literal short enough for a message."""
    return text if len(text) <= 24 else f"{text[:20]}…"
