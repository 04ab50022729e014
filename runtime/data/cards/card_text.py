"""A data card in words: a line for each input and target."""

from __future__ import annotations

from netc.grammar.counted import counted, noun_for
from netc.runtime.data.cards.card import RESIZE, InputCard, TargetCard
from netc.runtime.data.errors import shape_text
from netc.runtime.data.images.pictures import called
from netc.runtime.data.match import listed


def input_line(card: InputCard) -> str:
    """`x: columns a, b, c` or `image: array image, 8x8 uint8, divided by 255`."""
    if card.kind == "columns":
        parts = [f"{noun_for(len(card.sources), 'column')} {listed(card.sources)}"]
    else:
        parts = [f"{card.kind} {card.sources[0]}", f"{shape_text(card.shape)} {card.dtype}"]
    parts += [card.colour] if card.colour else []
    if "transparency" in card.treated:
        parts.append(f"transparency on {called(card.treated['transparency'])}")
    parts += [f"resized to {card.treated[RESIZE]}"] if RESIZE in card.treated else []
    divided = card.scale if card.scale is not None else 255.0 if card.dtype == "uint8" else card.levels
    parts += [f"divided by {divided:,g}"] if divided not in (None, 1.0) else []
    return f"{card.name}: {', '.join(parts)}"


def target_line(card: TargetCard) -> str:
    """`label: 3 classes blue, green, red from column species` or `price: numbers`."""
    source = "" if card.source == card.name else f" from {card.source}"
    if card.kind == "numbers":
        return f"{card.name}: numbers{source}"
    if card.classes is None:
        return f"{card.name}: {counted(card.count, 'class', 'classes')} by number{source}"
    return f"{card.name}: {counted(len(card.classes), 'class', 'classes')} {listed(card.classes)}{source}"
