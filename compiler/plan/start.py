"""Weights that a training starts from, of a part of the net."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Start:
    """`"cnn": weights("r.safetensors", map = ["fc": none])`.

    part  the dotted path of what starts so; "" is the whole net
    file  relative to the text's own
    map   names in the file, and what is below them: what they are called in the part, or None for what is left out
    """

    part: str
    file: str
    map: tuple[tuple[str, str | None], ...] = ()

    def renamed(self, names: Iterable[str]) -> dict[str, str]:
        """What tensors of the file are called in the net; those that are left out are missing."""
        found = {}
        for name in names:
            local: str | None = name
            for old, new in self.map:
                if below(name, old):
                    local = None if new is None else joined(new, name[len(old) :].removeprefix("."))
                    break
            if local is not None:
                found[name] = joined(self.part, local)
        return found

    def spares(self, name: str) -> bool:
        """Whether a parameter of the net is drawn although it lies in the part: it is mapped to none."""
        local = name.removeprefix(f"{self.part}.") if self.part else name
        return any(new is None and below(local, old) for old, new in self.map)


def below(name: str, path: str) -> bool:
    """Whether a dotted name is a path, or lies below it."""
    return name == path or name.startswith(f"{path}.")


def joined(*parts: str) -> str:
    """Parts of a dotted name, of which some are empty."""
    return ".".join(part for part in parts if part)
