"""Numbers as people write them: with a decimal point, or with a decimal comma, or with marks for thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_DECIMAL_COMMA = re.compile(r"^\s*[-+]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]*),[0-9]+([eE][-+]?[0-9]+)?\s*$")
_THOUSANDS = re.compile(r"^\s*[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?\s*$")
_EITHER = re.compile(r"^\s*[-+]?[1-9][0-9]{0,2},[0-9]{3}\s*$")


def number(text: str) -> float:
    """What a text is as a number, as every table is read; raises ValueError.

    What else Python takes, `1_1` for 11 and digits of other scripts, are names: two of them would be one number.
    """
    if "_" in text or not (text.isascii() or text.strip().isascii()):
        raise ValueError(text)
    return float(text)


def numbers_of(texts: Sequence[str]) -> np.ndarray | None:
    """Texts as float64, None unless each is a number."""
    try:
        return np.fromiter(map(number, texts), np.float64, len(texts))
    except ValueError:
        return None


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
    """A column as float64 where every value is a number, else its texts, each of its own length.

    commas  as `has_decimal_commas` says; with None a comma makes a text, which an input then refuses by its line
    """
    found = numbers_of(values)
    if found is None and commas is not None and any("," in text for text in values):
        mark = _DECIMAL_COMMA if commas else _THOUSANDS
        found = numbers_of([_plain(text, commas) if mark.match(text) else text for text in values])
    return np.array([text.strip() for text in values], object) if found is None else found


def _plain(text: str, commas: bool) -> str:
    return text.replace(".", "").replace(",", ".") if commas else text.replace(",", "")
