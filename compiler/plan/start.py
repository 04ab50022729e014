"""Weights that a training starts from, of a part of the net."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from netc.compiler.plan.maps import NameMap, Renames, joined


@dataclass(frozen=True, slots=True)
class Start:
    """`"cnn": weights("r.safetensors", map = ["fc": none])`.

    part  the dotted path of what starts so; "" is the whole net
    file  relative to the text's own
    maps  from names in the file to names in the part, one after another; a string is the name of a shipped one
    """

    part: str
    file: str
    maps: tuple[Renames | str, ...] = ()

    def renamed(self, names: Iterable[str], shipped: Callable[[str], NameMap]) -> dict[str, str]:
        """What tensors of the file are called in the net; those that are left out are missing."""
        maps = [shipped(item) if isinstance(item, str) else item for item in self.maps]
        found = {}
        for name in names:
            local: str | None = name
            for item in maps:
                local = None if local is None else item(local)
            if local is not None:
                found[name] = joined(self.part, local)
        return found

    def spares(self, name: str) -> bool:
        """Whether a parameter of the net is drawn although it lies in the part: it is mapped to none."""
        local = name.removeprefix(f"{self.part}.") if self.part else name
        return any(isinstance(item, Renames) and item.leaves_out(local) for item in self.maps)

    def to_json(self) -> dict[str, Any]:
        """As a manifest holds it: one map as it is, several as a list."""
        maps: list[Any] = [item if isinstance(item, str) else dict(item.entries) for item in self.maps]
        return {"file": self.file, "map": maps[0] if len(maps) == 1 else maps or {}}
