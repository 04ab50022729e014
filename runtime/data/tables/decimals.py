"""Numbers as people write them: with a decimal point, or with a decimal comma, or with marks for thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_DECIMAL_COMMA = re.compile(r"^\s*[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][-+]?\d+)?\s*$")
_THOUSANDS = re.compile(r"^\s*[-+]?\d{1,3}(,\d{3})+(\.\d*)?\s*$")
_EITHER = re.compile(r"^\s*[-+]?[1-9]\d{0,2},\d{3}\s*$")


def has_decimal_commas(columns: Sequence[Sequence[str]], certain: bool) -> bool | None:
    """Whether `1,5` is one and a half in these columns, or `1,500` fifteen hundred; None where nothing tells.

    certain  a comma parts no values, and so is a decimal comma unless a value says otherwise
    """
    thousands = False
    for values in columns:
        for text in values:
            if "," not in text or _EITHER.match(text):
                continue
            if _THOUSANDS.match(text):
                thousands = True
            elif _DECIMAL_COMMA.match(text):
                return True
    return False if thousands else True if certain else None


def as_numbers(values: Sequence[str], commas: bool | None) -> np.ndarray:
    """A column as float64 where every value is a number, else as it stands.

    commas  as `has_decimal_commas` says; with None a comma makes a text, which an input then refuses by its line
    """
    try:
        return np.fromiter(map(float, values), np.float64, len(values))
    except ValueError:
        pass
    if commas is not None and any("," in text for text in values):
        mark = _DECIMAL_COMMA if commas else _THOUSANDS
        plain = [_plain(text, commas) if mark.match(text) else text for text in values]
        try:
            return np.fromiter(map(float, plain), np.float64, len(plain))
        except ValueError:
            pass
    return np.array([text.strip() for text in values])


def _plain(text: str, commas: bool) -> str:
    return text.replace(".", "").replace(",", ".") if commas else text.replace(",", "")
