"""A drawing as Python and notebooks have it: it shows itself, and writes itself into files."""

from __future__ import annotations

from pathlib import Path

from netc.compiler.drawing.formats import Look, save
from netc.compiler.drawing.model import Box, Drawing
from netc.compiler.drawing.svg import svg
from netc.grammar.counted import counted


class Diagram:
    """What `netc.graph(net)` gives: a notebook shows it, `save` writes it.

    drawing  the boxes, frames and wires
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def __repr__(self) -> str:
        boxes = sum(isinstance(item, Box) or item.closed for item in self.drawing.shown())
        return f"<drawing of {self.drawing.root.title}: {counted(boxes, 'box', 'boxes')}>"

    def _repr_svg_(self) -> str:
        return svg(self.drawing, "light")

    def save(self, path: str | Path, theme: str = "auto", columns: int | None = None) -> None:
        """Write it as `.svg`, `.png`, `.html`, `.dot` or `.mmd`.

        theme    `light`, `dark`, or `auto`: what shows an SVG or a page chooses, a PNG is light
        columns  how many a tall net is cut into at most; None as many as make letters largest on a page

        Raises DiagnosticError E278 for another ending, E562 where nothing can be written.
        """
        save(self.drawing, path, Look(theme, columns))
