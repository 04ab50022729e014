"""A drawing as a text for Mermaid, which GitHub and many wikis show."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.drawing import palette
from netc.compiler.drawing.flat import links
from netc.compiler.drawing.model import Box, Drawing, Frame, Item
from netc.compiler.drawing.words import title, words


def mermaid(drawing: Drawing) -> str:
    """Boxes as nodes, open frames as subgraphs; a closed frame is a node with two lines at its sides."""
    fills = palette.Fills(drawing)
    shown = list(drawing.shown())
    groups: dict[str, list[str]] = {}
    for item in shown:
        if isinstance(item, Box) or item.closed:
            groups.setdefault(fills.of(item), []).append(item.key)
    lines = [
        "flowchart TB",
        *_inside(drawing.root, "  "),
        *(
            f"  {link.source.key} {'-.->' if link.back else '-->'}|{_quoted(link.shape)}| {link.target.key}"
            for link in links(drawing)
        ),
        *(
            f"  classDef {name} fill:{palette.LIGHT[name][0]},stroke:{palette.LIGHT[name][1]},color:#15191e"
            for name in groups
        ),
        *(f"  class {','.join(keys)} {name}" for name, keys in groups.items()),
    ]
    return "\n".join(lines) + "\n"


def _inside(frame: Frame, indent: str) -> Iterator[str]:
    for item in frame.items:
        if isinstance(item, Frame) and not item.closed:
            said = title(item)
            yield f"{indent}subgraph {item.key} [{_quoted('  '.join(filter(None, [said.head, said.tail])))}]"
            yield from _inside(item, indent + "  ")
            yield f"{indent}end"
        else:
            left, right = _shape(item)
            yield f"{indent}{item.key}{left}{_quoted(_label(item))}{right}"


def _shape(item: Item) -> tuple[str, str]:
    if isinstance(item, Frame):
        return "[[", "]]"
    return ("([", "])") if palette.group_of(item) == "port" else ("[", "]")


def _label(item: Item) -> str:
    said = words(item)
    return "<br>".join(filter(None, ["  ".join(filter(None, [said.head, said.tail])), said.below]))


def _quoted(text: str) -> str:
    """A label; signs that end one, or begin another tag than `<br>`, are written as Mermaid's codes."""
    safe = text.replace("#", "#35;").replace('"', "#quot;").replace("<br>", "\0").replace("<", "#lt;")
    return '"' + safe.replace("\0", "<br>") + '"'
