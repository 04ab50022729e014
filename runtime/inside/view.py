"""What a look inside gives: arrays, and how people see them."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.writing import ELSEWHERE
from netc.runtime.folder.archive import npz
from netc.runtime.folder.files import make_folder, write_atomic
from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.colours import PAPER
from netc.runtime.show.draw.grid import MARGIN, grid, png
from netc.runtime.show.draw.panel import Line, below, beside, font, titled, with_lines
from netc.runtime.show.plot import can_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class View(ABC):
    """What was found.

    title   what it is, of which layer and shape;  arrays: what was found, by name
    """

    title: str
    arrays: Mapping[str, Array]

    def __repr__(self) -> str:
        found = ", ".join(f"{name} {list(array.shape)}" for name, array in self.arrays.items())
        return f"<{self.title}: {found}>"

    def save(self, path: str | Path) -> None:
        """Write the picture as .png (a plot also as .svg), or the arrays as .npz.

        Raises DiagnosticError E501 for another ending, E562 where nothing can be written.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending == ".npz":
            written = npz(self.arrays, packed=True)
        elif ending in self.endings:
            written = self.drawn(ending.removeprefix("."))
        else:
            help = f"end it with {', '.join(self.endings)} for a picture, or .npz for the numbers"
            raise DiagnosticError(Diagnostic("E501", f"{path} is of no format that this is written in", help=help))
        make_folder(path.parent, ELSEWHERE)
        write_atomic(path, written, ELSEWHERE)

    @property
    @abstractmethod
    def endings(self) -> tuple[str, ...]:
        """Of the files that show it."""

    @abstractmethod
    def drawn(self, format: str) -> bytes:
        """The content of a file that shows it."""

    def _repr_png_(self) -> bytes:
        return self.drawn("png")


@dataclass(frozen=True, repr=False)
class Sheet(View):
    """Pictures side by side.

    panels  images of Pillow's, each with what stands above it;  below: lines under all of them
    """

    panels: Sequence[tuple[str, Image.Image]] = ()
    below: Sequence[str] = ()
    endings = (".png",)

    def image(self) -> Image.Image:
        """All on one sheet, an image of Pillow's."""
        sheet = grid([_headed(panel, title) for title, panel in self.panels])
        margin = Image.new("RGB", (MARGIN, MARGIN), PAPER)
        parts = [margin, beside([margin, _headed(margin, self.title)], gap=0), sheet]
        if self.below:
            widest = max(ceil(font().getlength(line)) + 4 for line in self.below)
            lines = with_lines(Image.new("RGB", (widest, 1), PAPER), [Line(line) for line in self.below])
            parts += [beside([margin, lines], gap=0), margin]
        return below(parts, gap=0)

    def drawn(self, format: str) -> bytes:
        """The content of a PNG."""
        return png(self.image())


def _headed(image: Image.Image, title: str) -> Image.Image:
    """A picture under its title, with as much room as the title needs."""
    return titled(_widened(image, ceil(font().getlength(title)) + 2), title)


def _widened(image: Image.Image, width: int) -> Image.Image:
    """A picture with white to its right."""
    if image.width >= width:
        return image
    sheet = Image.new("RGB", (width, image.height), PAPER)
    sheet.paste(image, (0, 0))
    return sheet


def need_matplotlib() -> None:
    """Raise DiagnosticError E594 where it is not installed."""
    if not can_plot():
        help = "pip install matplotlib, or write the numbers: a name that ends with .npz"
        raise DiagnosticError(Diagnostic("E594", "plots need matplotlib, which is not installed", help=help))


@dataclass(frozen=True, repr=False)
class Plot(View):
    """A plot; matplotlib draws it: `pip install matplotlib`."""

    draw: Callable[[Figure], None] = lambda figure: None
    size: tuple[float, float] = (7.0, 5.0)
    endings = (".png", ".svg")

    def figure(self) -> Figure:
        """matplotlib's figure; raises DiagnosticError E594 where matplotlib is not installed."""
        need_matplotlib()
        from netc.runtime.show.picture import Picture

        figure = Picture(figsize=self.size, layout="constrained")
        self.draw(figure)
        figure.suptitle(self.title)
        return figure

    def drawn(self, format: str) -> bytes:
        """The content of a PNG or SVG."""
        content = io.BytesIO()
        self.figure().savefig(content, format=format, metadata={"Date": None} if format == "svg" else None)
        return content.getvalue()
