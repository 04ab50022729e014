"""Colours, after Okabe and Ito 2008, which are told apart by the colour-blind; a set for light and one for dark."""

from __future__ import annotations

from netc.compiler.drawing.model import Box, Drawing, Item
from netc.compiler.ir import substitute
from netc.compiler.ir.dims import symbols

GROUPS = {
    "convolution": "convolution",
    "linear": "linear",
    "sequences": "sequence",
    "pooling": "pooling",
    "merging": "merging",
    "normalization": "plain",
    "activations": "plain",
    "regularization": "plain",
    "reshaping": "plain",
    "arithmetic": "plain",
    "sources": "port",
    "input": "port",
    "output": "port",
    "state": "port",
}

KINDS = {
    "convolution": "convolution",
    "linear": "dense, embedding, product",
    "sequence": "attention, recurrence",
    "pooling": "pooling",
    "merging": "merge",
    "plain": "other",
    "port": "input, output, state",
}
"""The groups of layers and what a legend calls them."""

LIGHT = {
    "paper": ("#ffffff", "#ffffff"),
    "frame": ("#f6f7f9", "#9aa3ad"),
    "convolution": ("#d7e8f5", "#0072b2"),
    "linear": ("#fbe3d1", "#d55e00"),
    "sequence": ("#f4e0ec", "#b8578f"),
    "pooling": ("#d2efe4", "#008c66"),
    "merging": ("#fbf3c4", "#a88c00"),
    "plain": ("#e9ebee", "#7b858f"),
    "port": ("#ffffff", "#444b54"),
    "heat0": ("#ffffff", "#7b858f"),
    "heat1": ("#fdeee0", "#b06a2c"),
    "heat2": ("#fbd0a8", "#b06a2c"),
    "heat3": ("#f8b585", "#9c4a12"),
    "heat4": ("#f4a26a", "#7c2f00"),
}
"""Class -> what it is filled with, and its outline."""

DARK = {
    "paper": ("#14171b", "#14171b"),
    "frame": ("#1c2127", "#66707b"),
    "convolution": ("#12364f", "#56b4e9"),
    "linear": ("#4d2a12", "#f0955a"),
    "sequence": ("#472339", "#e39cc6"),
    "pooling": ("#0c3d30", "#3fc79c"),
    "merging": ("#403704", "#e0c63a"),
    "plain": ("#2a3037", "#8d97a2"),
    "port": ("#14171b", "#aeb6bf"),
    "heat0": ("#14171b", "#8d97a2"),
    "heat1": ("#33241a", "#c98a52"),
    "heat2": ("#4a2c14", "#d8955a"),
    "heat3": ("#663310", "#eda468"),
    "heat4": ("#7d3a02", "#ffc490"),
}

TEXT = {"head": ("#15191e", "#eef1f4"), "small": ("#3d454e", "#c0c8d1"), "count": ("#3d454e", "#c0c8d1"),
        "shape": ("#56606b", "#a4aeb9")}  # fmt: skip
LINE = {"wire": ("#5b6570", "#97a2ae"), "back": ("#a3316f", "#e79cc4")}
"""Class -> its colour in light, and in dark."""

DASHES = {"frozen": (5, 3), "mixed": (9, 2), "training": (1.5, 3), "back": (5, 3)}

HEAT = {
    "params": ("no weights", "up to 5 % of the largest box", "up to 20 %", "up to 50 %", "more weights"),
    "flops": ("no products", "up to 5 % of the largest box", "up to 20 %", "up to 50 %", "more products"),
    "memory": ("views alone", "up to 5 % of the largest box", "up to 20 %", "up to 50 %", "larger outputs"),
}
"""What the shades of each measure mean."""


def group_of(item: Item) -> str:
    """The class that a box is filled by."""
    return GROUPS.get(item.kind, "plain") if isinstance(item, Box) else "plain"


OPEN = 64
"""What an open size counts as, where boxes are compared."""


HEATS = ("params", "flops", "memory")
"""What boxes may be coloured by."""


def heat_of(item: Item, heat: str | None) -> float:
    """How much a box has of a measure: `params`, `flops`, or `memory` for the elements of outputs."""
    amount = {"params": item.cost.params, "flops": item.cost.flops, "memory": item.cost.activations}.get(heat or "", 0)
    known = substitute(amount, dict.fromkeys(symbols(amount), OPEN))
    return float(known) if isinstance(known, int) else 0.0


class Fills:
    """What the boxes of a drawing are filled by: their kind, or their share of the largest one."""

    def __init__(self, drawing: Drawing) -> None:
        self._heat = drawing.heat
        self._most = max((heat_of(item, drawing.heat) for item in drawing.root.boxes()), default=0.0)

    def of(self, item: Item) -> str:
        """The class of the palette. Inputs, outputs and states have no share."""
        group = group_of(item)
        if self._heat is None or group == "port":
            return group
        share = heat_of(item, self._heat) / self._most if self._most else 0.0
        return f"heat{1 + sum(share > bound for bound in BOUNDS)}" if share > 0 else "heat0"


BOUNDS = (0.05, 0.2, 0.5)
"""The shares of the largest box at which another shade begins."""
