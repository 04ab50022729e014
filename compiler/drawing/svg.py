"""A drawing as SVG, without Graphviz: it needs no other file, and a browser's dark mode gives it other colours."""

from __future__ import annotations

from html import escape

from netc.compiler.drawing import palette
from netc.compiler.drawing.model import Drawing
from netc.compiler.drawing.scene import About, Path, Rect, Scene, Text, scene

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
ROOT = "netc-graph"


def svg(drawing: Drawing, theme: str = "auto", columns: int | None = None) -> str:
    """The drawing as a text of SVG.

    theme  `light`, `dark`, or `auto` for both: what shows it chooses
    """
    return of_scene(scene(drawing, columns), theme)


def of_scene(painted: Scene, theme: str = "auto") -> str:
    """A scene as a text of SVG."""
    wide, high = _n(painted.width), _n(painted.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{ROOT}" role="img" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}">',
        f"<title>{escape(painted.title)}</title>",
        f"<style>\n{style(theme)}</style>",
        f'<rect class="paper" width="{wide}" height="{high}"/>',
    ]
    opened = False
    for shape in painted.shapes:
        if isinstance(shape, About):
            lines += ["</g>"] if opened else []
            lines.append(f'<g id="{shape.key}">')
            if shape.facts:
                lines.append(f"<title>{escape(chr(10).join(shape.facts))}</title>")
            opened = True
        elif isinstance(shape, Path):
            if opened:
                lines.append("</g>")
                opened = False
            lines.append(_path(shape))
        elif isinstance(shape, Rect):
            lines.append(_rect(shape))
        else:
            lines.append(_text(shape))
    return "\n".join([*lines, *(["</g>"] if opened else []), "</svg>", ""])


def style(theme: str) -> str:
    """The style sheet, for this class of SVG alone: pages have other elements."""
    light, dark = _colours(0), _colours(1)
    fixed = [
        f".{ROOT} text{{font-family:{FONT};stroke:none}}",
        f".{ROOT} .head{{font-weight:bold}}",
        f".{ROOT} path{{fill:none;stroke-width:1.4}}",
        f".{ROOT} path.tip{{stroke:none}}",
        *(f".{ROOT} .{name}{{stroke-dasharray:{' '.join(map(_n, dash))}}}" for name, dash in palette.DASHES.items()),
    ]
    chosen = dark if theme == "dark" else light
    shown = [*fixed, *chosen]
    if theme == "auto":
        shown += ["@media (prefers-color-scheme: dark){", *dark, "}"]
    return "\n".join(shown) + "\n"


def _colours(which: int) -> list[str]:
    fills = palette.DARK if which else palette.LIGHT
    return [
        *(f".{ROOT} .{name}{{fill:{fill};stroke:{line}}}" for name, (fill, line) in fills.items()),
        *(f".{ROOT} .{name}{{fill:{colours[which]}}}" for name, colours in palette.TEXT.items()),
        *(f".{ROOT} .{name}{{stroke:{colours[which]}}}" for name, colours in palette.LINE.items()),
        *(f".{ROOT} .{name}.tip{{fill:{colours[which]}}}" for name, colours in palette.LINE.items()),
    ]


def _rect(shape: Rect) -> str:
    return (
        f'<rect class="{shape.style}" x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" '
        f'height="{_n(shape.height)}" rx="{_n(shape.radius)}"/>'
    )


def _text(shape: Text) -> str:
    anchor = ' text-anchor="end"' if shape.right else ""
    return (
        f'<text class="{shape.style}" x="{_n(shape.x)}" y="{_n(shape.y)}" font-size="{_n(shape.size)}"{anchor}>'
        f"{escape(shape.text)}</text>"
    )


def _path(shape: Path) -> str:
    drawn = f'<path class="{shape.style}" d="{trace(shape)}"/>'
    if not shape.arrow:
        return drawn
    tip = " ".join(f"{_n(x)},{_n(y)}" for x, y in tip_of(shape))
    return f'{drawn}<path class="{shape.style} tip" d="M{tip.replace(" ", "L")}Z"/>'


def tip_of(shape: Path) -> tuple[tuple[float, float], ...]:
    """The three corners of the arrow at the end."""
    x, y = shape.points[-1]
    up = -6.0 if shape.points[-2][1] <= y else 6.0
    return ((x, y), (x - 3.5, y + up), (x + 3.5, y + up))


def trace(shape: Path) -> str:
    """The line as SVG writes paths: straight where it goes down, else an S; corners where it is square."""
    (x, y), *rest = shape.points
    parts = [f"M{_n(x)},{_n(y)}"]
    for to_x, to_y in rest:
        if shape.square or abs(to_x - x) < 0.05:
            parts.append(f"L{_n(to_x)},{_n(to_y)}")
        else:
            middle = (y + to_y) / 2
            parts.append(f"C{_n(x)},{_n(middle)} {_n(to_x)},{_n(middle)} {_n(to_x)},{_n(to_y)}")
        x, y = to_x, to_y
    return "".join(parts)


def _n(number: float) -> str:
    """A number with no more than one decimal."""
    return f"{number:.1f}".removesuffix(".0")
