"""A drawing as a text for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.drawing import palette
from netc.compiler.drawing.flat import Link, links
from netc.compiler.drawing.model import Box, Drawing, Frame, Item, State
from netc.compiler.drawing.words import title, words

STYLES = {State.FROZEN: "filled,dashed", State.MIXED: "filled,dashed", State.TRAINING: "filled,dotted"}


def dot(drawing: Drawing) -> str:
    """Boxes as nodes, open frames as clusters; a closed frame is a node."""
    lines = [
        f"digraph {_quoted(drawing.root.title)} {{",
        f"  label={_quoted(drawing.title)}; labelloc=t; compound=true",
        '  node [shape=box, style=filled, fontname="Helvetica", fontsize=11]',
        '  edge [fontname="Helvetica", fontsize=9]',
        *_inside(drawing.root, palette.Fills(drawing), "  "),
        *(f"  {_link(link)}" for link in links(drawing)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _inside(frame: Frame, fills: palette.Fills, indent: str) -> Iterator[str]:
    for item in frame.items:
        if isinstance(item, Frame) and not item.closed:
            said = title(item)
            yield f"{indent}subgraph cluster_{item.key} {{"
            yield f"{indent}  label={_quoted(_joined(said.head, said.tail))}"
            yield from _inside(item, fills, indent + "  ")
            yield f"{indent}}}"
        else:
            yield f"{indent}{item.key} [{_node(item, fills)}]"


def _node(item: Item, fills: palette.Fills) -> str:
    said = words(item)
    fill, line = palette.LIGHT[fills.of(item)]
    shown = {"label": _quoted("\\n".join(filter(None, [_joined(said.head, said.tail), said.below]))),
             "fillcolor": f'"{fill}"', "color": f'"{line}"'}  # fmt: skip
    if isinstance(item, Box) and palette.group_of(item) == "port":
        shown["shape"] = "ellipse"
    if item.state in STYLES:
        shown["style"] = f'"{STYLES[item.state]}"'
    return ", ".join(f"{name}={value}" for name, value in shown.items())


def _link(link: Link) -> str:
    back = ", style=dashed, constraint=false" if link.back else ""
    return f"{link.source.key} -> {link.target.key} [label={_quoted(link.shape)}{back}]"


def _joined(*parts: str) -> str:
    return "  ".join(filter(None, parts))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"').replace("\n", " ") + '"'
