"""A drawing as a page of HTML that needs no other file: frames fold and unfold by a click, and what is sought is found.

The page lays out the same grid as SVG (`grid.py`), by the browser's own grids; `page.js` draws the wires over them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files

from netc.compiler.drawing import palette
from netc.compiler.drawing.grid import Cell, grid
from netc.compiler.drawing.model import Drawing, Frame, Item, Port
from netc.compiler.drawing.scene import STATES, meanings
from netc.compiler.drawing.words import Words, title, words

STATE = {state: name for state, name, _ in STATES}


def html(drawing: Drawing, theme: str = "auto") -> str:
    """The drawing as a page; what is deeper than the drawing's depth is folded at first.

    theme  `light`, `dark`, or `auto` for what the browser prefers
    """
    return _Page(drawing, theme).text()


class _Page:
    def __init__(self, drawing: Drawing, theme: str) -> None:
        self.drawing, self.theme = drawing, theme
        self.fills = palette.Fills(drawing)
        self.wires: dict[str, list[list[object]]] = {}
        self.bends = 0

    def text(self) -> str:
        """All of the page."""
        drawing = self.drawing
        body = "\n".join(self._frame(drawing.root))
        below = "".join(f"<p>{escape(line)}</p>" for line in drawing.below)
        known = meanings(drawing, drawing.root.walk())
        legend = "".join(f'<span><i class="{style}"></i>{escape(said)}</span>' for style, said in known)
        data = json.dumps(self.wires, separators=(",", ":")).replace("<", "\\u003c")
        return f"""<!DOCTYPE html>
<html lang="en" data-theme="{self.theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(drawing.title)}</title>
<style>
{_file("page.css")}{_colours(self.theme)}</style>
</head>
<body>
<header class="bar">
<div><h1>{escape(drawing.title)}</h1>{below}</div>
<div class="tools">
<input id="search" type="search" placeholder="search: conv, stage.2, 3x3" aria-label="search">
<output id="hits"></output>
<button id="fold">fold all</button><button id="unfold">unfold all</button>
<button id="smaller" aria-label="smaller">−</button><button id="larger" aria-label="larger">+</button>
</div>
<div class="legend">{legend}</div>
</header>
<main><div id="net">
{body}
<svg id="wires" aria-hidden="true"></svg>
</div></main>
<aside id="facts" hidden></aside>
<script>
const WIRES = {data};
{_file("page.js")}</script>
</body>
</html>
"""

    def _frame(self, frame: Frame) -> Iterator[str]:
        """A frame with its title and all that is in it."""
        places = grid(frame)
        names: dict[int, str] = {}
        root = frame is self.drawing.root
        closed = " closed" if frame.closed and not root else ""
        state = f" {STATE[frame.state]}" if frame.state in STATE else ""
        said = title(frame)
        if not root:
            yield f'<section class="frame{closed}{state}" id="{frame.key}"{_about(frame)}>'
            yield f'<button class="title" aria-expanded="{"false" if closed else "true"}">{_words(said)}</button>'
        yield f'<div class="grid" data-frame="{frame.key}">'
        for cell in places.cells():
            yield from self._cell(cell, names)
        yield "</div>" if root else "</div></section>"
        self.wires[frame.key] = [
            [
                wire.source.key,
                [names[id(bend)] for bend in route[1:-1]],
                wire.target.key,
                wire.shape,
                int(wire.back and not isinstance(wire.target, Port)),
            ]
            for wire, route in places.routes.items()
        ]

    def _cell(self, cell: Cell, names: dict[int, str]) -> Iterator[str]:
        where = f' style="grid-area:{cell.row + 1}/{cell.first + 1}/{cell.row + 2}/{cell.last + 2}"'
        what = cell.what
        if isinstance(what, Frame):
            yield f'<div class="cell"{where}>'
            yield from self._frame(what)
            yield "</div>"
        elif isinstance(what, Port):
            yield f'<i class="port{" out" if what.out else ""}" id="{what.key}"{where}></i>'
        elif isinstance(what, tuple):
            names[id(cell)] = f"b{self.bends}"
            self.bends += 1
            yield f'<i class="bend" id="{names[id(cell)]}"{where}></i>'
        else:
            yield f'<div class="cell"{where}>'
            yield f'<div class="{self._classes(what)}" id="{what.key}"{_about(what)} tabindex="0">'
            said = words(what)
            below = f"<small>{escape(said.below)}</small>" if said.below else ""
            yield f"<p>{_words(said)}</p>{below}</div></div>"

    def _classes(self, item: Item) -> str:
        return " ".join(
            filter(None, ["box", self.fills.of(item), STATE.get(item.state, ""), "times" if item.times > 1 else ""])
        )


def _about(item: Item) -> str:
    """What is said of it, and what is searched in."""
    facts = "\n".join(item.facts)
    place = f"\nline {item.line}" if item.line else ""
    return f' data-facts="{escape(facts + place)}"'


def _words(said: Words) -> str:
    tail = f"<span>{escape(said.tail)}</span>" if said.tail else ""
    return f"<b>{escape(said.head)}</b>{tail}"


def _colours(theme: str) -> str:
    """The palette as variables of the style sheet."""

    def sheet(which: int) -> str:
        fills = palette.DARK if which else palette.LIGHT
        single = {**palette.TEXT, **palette.LINE}
        return "".join(
            [
                *(f"--{name}:{fill};--{name}-line:{line};" for name, (fill, line) in fills.items()),
                *(f"--{name}:{colours[which]};" for name, colours in single.items()),
            ]
        )

    chosen = f":root{{{sheet(int(theme == 'dark'))}}}\n"
    if theme == "auto":
        chosen += f"@media (prefers-color-scheme: dark){{:root{{{sheet(1)}}}}}\n"
    groups = [name for name in palette.LIGHT if name not in ("paper", "frame")]
    return chosen + "".join(f".{name}{{background:var(--{name});border-color:var(--{name}-line)}}\n" for name in groups)


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
