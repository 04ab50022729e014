"""`--data` on the command line: a name or path, and options after a colon: `photos:size=64,channels=1`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from netc.grammar.diagnostics import did_you_mean
from netc.runtime.data.errors import error

_OPTIONS = re.compile(r"^(?P<path>.+?):(?P<options>[A-Za-z_]+=.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options:
    """What may stand after the colon.

    size        [height, width] that images are brought to: scaled to cover it, then the middle is cut out
    channels    1 for greyscale, 3 for colour; without it colour if any image has colour
    scale       float inputs are divided by this; bytes by 255 unless it is given
    validation  the share of rows held out where the data brings no split, between 0 and 1
    test        the part to hold out where the data brings several: `test=val`
    inputs      the columns of a table that make the input, in this order
    drop        columns of a table that are left out
    target      the column of a table, or the array, that the loss's target is taken from
    damaged     "skip" leaves images out that cannot be decoded, and counts them; an error without it
    background  what stands behind transparent pixels of images, as `#rrggbb`; white unless it is given
    top         what 255 of 8 bits becomes among images of more; a card alone says it

    Each is for data of some kinds alone, and what reads data says which of them it used: others are refused
    (`check_used`).
    """

    size: tuple[int, int] | None = None
    channels: int | None = None
    scale: float | None = None
    validation: float | None = None
    test: str | None = None
    inputs: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    target: str | None = None
    background: str | None = None
    damaged: str | None = None
    top: int | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """The names of those that were given."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name) != item.default)


def check_used(name: str, options: Options, used: Iterable[str]) -> None:
    """Raise E510 for options that nothing about this data depends on.

    used  what the reader of the data says that it looked at
    """
    used = sorted(used)
    for option in options.given:
        if option not in used:
            has = f"its options are {', '.join(used)}" if used else "it has no options"
            raise error("E510", f"{name} has no use for the option `{option}`", has, help=f"leave `{option}` out")


def parse_spec(spec: str) -> tuple[str, Options]:
    """The path and the options of a spec; E510 for an unknown option or a value out of range."""
    match = _OPTIONS.match(spec)
    if match is None or _exists(spec):
        return spec, Options()
    found: dict[str, Any] = {}
    for item in _items(match["options"]):
        name, _, value = item.partition("=")
        name = name.strip()
        if name not in _READERS:
            known = ", ".join(sorted(_READERS))
            help = did_you_mean(name, _READERS) or "use one of them, or leave it out"
            raise error("E510", f"data has no option `{name}`", f"the options are {known}", help=help)
        found[name] = _READERS[name](name, value.strip())
    return match["path"], Options(**found)


def split_spec(spec: str) -> tuple[str, str]:
    """The path, and the options as they stand, with their colon."""
    path = parse_spec(spec)[0]
    return path, spec[len(path) :]


def _items(text: str) -> list[str]:
    """The options one by one; what follows a list of columns without a name and `=` belongs to that list."""
    items: list[str] = []
    for item in text.split(","):
        if items and "=" not in item and items[-1].partition("=")[0].strip() in LISTS:
            items[-1] += f",{item}"
        else:
            items.append(item)
    return items


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def with_option(spec: str | None, option: str) -> str | None:
    """The same data with one more option, where it has a spec."""
    if spec is None:
        return None
    return f"{spec}{':' if parse_spec(spec)[1] == Options() else ','}{option}"


def _size(name: str, text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,5})(?:x([0-9]{1,5}))?", text)
    height, width = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (0 < height <= 16_384 and 0 < width <= 16_384):
        raise _wrong(name, text, "a size in pixels such as 64, or a height and a width such as 48x64")
    return height, width


def _channels(name: str, text: str) -> int:
    if text not in ("1", "3"):
        raise _wrong(name, text, "1 or 3")
    return int(text)


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?|\.[0-9]{1,20}", text) else 0.0


def _scale(name: str, text: str) -> float:
    if (value := _number(text)) <= 0:
        raise _wrong(name, text, "a number above 0, such as 255")
    return value


def _share(name: str, text: str) -> float:
    if not 0 < (value := _number(text)) < 1:
        raise _wrong(name, text, "a share between 0 and 1, such as 0.2")
    return value


def _part(name: str, text: str) -> str:
    if text not in ("test", "val"):
        raise _wrong(name, text, "`test` or `val`")
    return text


def _columns(name: str, text: str) -> tuple[str, ...]:
    columns = tuple(item.strip() for item in text.split(","))
    if not all(columns) or len(set(columns)) < len(columns):
        raise _wrong(name, text, "names of columns with commas between them, each once")
    return columns


def _column(name: str, text: str) -> str:
    if not text:
        raise _wrong(name, text, "the name of a column")
    return text


def _damaged(name: str, text: str) -> str:
    if text != "skip":
        raise _wrong(name, text, "`skip`")
    return text


def _background(name: str, text: str) -> str:
    found = COLOURS.get(text.lower(), text.lower())
    if not re.fullmatch(r"#[0-9a-f]{6}", found):
        raise _wrong(name, text, "black, white, or a colour such as #ff8000")
    return found


def _wrong(name: str, text: str, expected: str) -> Exception:
    return error(
        "E510", f"option {name}={text} of the data", f"expected {expected}", help="write it so, or leave it out"
    )


COLOURS = {"white": "#ffffff", "black": "#000000"}
LISTS = ("inputs", "drop")
FIELDS = frozenset({"inputs", "drop", "target", "scale"})
"""The options about any data's fields: what binds data to a net uses them, or refuses them."""

PICTURES = frozenset({"size", "channels", "background", "damaged"})
"""The options that image files are read by."""

_READERS = {
    "size": _size,
    "channels": _channels,
    "scale": _scale,
    "validation": _share,
    "test": _part,
    "inputs": _columns,
    "drop": _columns,
    "target": _column,
    "background": _background,
    "damaged": _damaged,
}
