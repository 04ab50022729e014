"""A missed budget in words: the figures, the layers that make them, and what would be enough."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.ir import Size
from netc.compiler.lint.budget import Figure, Miss, shares
from netc.compiler.lint.variants import Variant
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label, Span

LISTED = 5


def figures_of(missed: Miss) -> str:
    """`params = 402,202, memory(batch=8) = 1,234 bytes`."""
    return ", ".join(f"{figure.name} = {figure_text(figure)}" for figure in missed.figures)


def figure_text(figure: Figure) -> str:
    """A figure with its unit, where it has one."""
    return with_unit(figure.measure, figure.value)


def with_unit(measure: str, value: Size) -> str:
    """A value of a measure: bytes are said."""
    return counted(value, "byte") if measure == "memory" else f"{value:,}"


def shares_of(missed: Miss) -> tuple[list[Label], str | None]:
    """The layers that make the first figure, largest first by place, and the path of the largest."""
    largest = shares(missed.figures[0]) if missed.figures else []
    total = sum(value for _, value in largest) or 1
    places: dict[Span, list[str]] = {}
    for layer, value in largest[:LISTED]:
        if 100 * value < total:
            break
        places.setdefault(layer.span, []).append(f"{layer.path}: {value:,} ({100 * value // total} %)")
    labels = [Label(span, "; ".join(words[:3])) for span, words in places.items()]
    return labels, largest[0][0].path if largest else None


def help_for(variants: Sequence[Variant], largest: str | None) -> str:
    """The changes that are enough, or where to begin."""
    if variants:
        return "any of these is enough:\n" + "\n".join(map(str, variants)) if len(variants) > 1 else str(variants[0])
    return f"make `{largest}` smaller, or raise the budget" if largest else "raise the budget"
