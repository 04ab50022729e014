"""What the zoo has: `examples/zoo/resnet.net` is the text of a family, `resnet.toml` beside it lists its nets."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from netc.compiler.plan.maps import NameMap, maps_of

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "zoo"
"""Two folders up from here both in a checkout and where netc is installed (`setup.py`)."""

KEYS = {
    "name": str, "net": str, "set": dict, "variant": str, "source": str, "torchvision": str, "arguments": dict,
    "map": str, "training": bool,
}  # fmt: skip
KINDS = {str: "string", dict: "table", bool: "truth value"}
REQUIRED = ("name", "net", "variant")


@dataclass(frozen=True, slots=True)
class Entry:
    """One net of the zoo.

    name         what `netc zoo` and `netc new --from` call it
    file, net    the net's text and its name there;  set: its arguments, as `--set` gives them
    source       where it was published;  variant: whose description of it this is, where there are several
    torchvision  the function of `torchvision.models` that makes the same net, or None;  arguments: of that function
    maps         name -> what tensors of that library's files are called here
    map          the map that fits torchvision's files, where nets of one family need several
    training     whether the parts inside `train only` belong to it: auxiliary heads, for example
    """

    name: str
    file: Path
    net: str
    variant: str
    source: str
    set: Mapping[str, Any] = field(default_factory=dict)
    torchvision: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    maps: Mapping[str, NameMap] = field(default_factory=dict)
    map: str = "torchvision"
    training: bool = True

    @property
    def family(self) -> str:
        """The name of its file."""
        return self.file.stem

    @property
    def lines(self) -> int:
        """Lines of its text that hold code: neither blank nor a comment."""
        lines = map(str.strip, self.file.read_text(encoding="utf-8").splitlines())
        return sum(bool(line) and not line.startswith("#") for line in lines)


@cache
def catalogue(folder: Path = FOLDER) -> tuple[Entry, ...]:
    """Every net of the zoo, by family and in the order of their files; raises ValueError for a file that is wrong."""
    entries = [entry for path in sorted(folder.glob("*.toml")) for entry in read(path)]
    first: dict[str, Entry] = {}
    for entry in entries:
        if first.setdefault(entry.name, entry) is not entry:
            raise ValueError(f"{entry.file.name} and {first[entry.name].file.name} both have a net `{entry.name}`")
    return tuple(entries)


def named(name: str) -> Entry | None:
    """The net of this name; that of a family is its first, with the defaults of the text."""
    for entry in catalogue():
        if entry.name == name:
            return entry
    family = [entry for entry in catalogue() if entry.family == name]
    return replace(family[0], set={}) if family else None


def read(path: Path) -> list[Entry]:
    """The nets that one file lists."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from None
    _refuse_others(table, ("source", "net", "maps"), path.name)
    file = path.with_suffix(".net")
    if not file.is_file():
        raise ValueError(f"{path.name} has no {file.name} beside it")
    maps = maps_of(table.get("maps", {}), path.name)
    nets = table.get("net", [])
    if not isinstance(nets, list) or not all(isinstance(net, dict) for net in nets):
        raise ValueError(f"{path.name}: nets are tables, `[[net]]`")
    source = {"source": table["source"]} if "source" in table else {}
    return [_entry(file, source | net, maps, path.name) for net in nets]


def _entry(file: Path, table: dict[str, Any], maps: dict[str, NameMap], place: str) -> Entry:
    place = f"{place}: net `{table.get('name', '?')}`"
    _refuse_others(table, KEYS, place)
    for key in (*REQUIRED, "source"):
        if key not in table:
            raise ValueError(f"{place} has no `{key}`")
    for key, value in table.items():
        if not isinstance(value, KEYS[key]):
            raise ValueError(f"{place}: `{key}` is a {KINDS[KEYS[key]]}, found {value!r}")
    if "arguments" in table and "torchvision" not in table:
        raise ValueError(f"{place} has `arguments` without `torchvision`, whose they are")
    name = table.get("map", "torchvision")
    if "torchvision" in table and name not in maps:
        raise ValueError(f"{place} is one of torchvision's, and its file has no map `{name}`")
    return Entry(file=file, maps=maps, **table)


def _refuse_others(table: Mapping[str, Any], known: Any, place: str) -> None:
    others = [key for key in table if key not in known]
    if others:
        raise ValueError(f"{place} has an unknown key `{others[0]}`; known are {', '.join(known)}")
