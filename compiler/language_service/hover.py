"""What there is to say about the word at a place."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.applications import Application
from netc.compiler.elaborate.advice import REGISTRIES
from netc.compiler.facts.count import count
from netc.compiler.language_service.applied import (
    Use,
    field_of,
    made_by,
    neighbours,
    net_layers,
    shape_of,
    shapes,
    uses_at,
    value_of,
    written,
)
from netc.compiler.language_service.around import Around, around
from netc.compiler.language_service.callables import Callable, documented, elsewhere, layer_called, of_declaration
from netc.compiler.language_service.settings import called_in_setting, is_setting
from netc.compiler.language_service.symbols import Symbol, symbol_at
from netc.compiler.language_service.workspace import Analysis
from netc.compiler.plan.train_plan import SETTINGS
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Span
from netc.grammar.lexer import Token
from netc.grammar.words import meaning

MOST = 4
"""Applications of one line that are shown one by one."""


@dataclass(frozen=True, slots=True)
class Hover:
    """Markdown about the text of a span."""

    text: str
    span: Span


def hover(analysis: Analysis, line: int, column: int) -> Hover | None:
    """What stands at a place: figures of what is applied there, what it is, and what is around it in the network."""
    place = around(analysis, line, column)
    if place is None or place.token is None or place.comment or place.token.kind in ("NUMBER", "SHAPE"):
        return None
    token = place.token
    span = place.part.part.source.span(token.start, token.end)
    if place.text is not None or token.kind == "STRING":
        return None
    parts = _argument(analysis, place, token) or _setting(place, token) or _word(analysis, place, token, span)
    if not parts:
        return None
    return Hover("\n\n".join(parts), analysis.out(span))


def _argument(analysis: Analysis, place: Around, token: Token) -> list[str]:
    """The name of an argument."""
    call = place.open[-1] if place.open else None
    text = place.part.part.source.text
    behind = text[token.end :].lstrip(" \t")
    if call is None or call.kind != "LPAR" or not behind.startswith("=") or behind.startswith("=="):
        return []
    if place.line:
        return []
    item = called(analysis, place)
    found = None if item is None else next((each for each in item.parameters if each.name == token.text), None)
    if item is None or found is None:
        return []
    default = "" if found.default is None else f"\n\nUnless given: `{found.default}`"
    return [f"`{found.shown}` of `{item.word}`", (found.says + default).strip()]


def called(analysis: Analysis, place: Around) -> Callable | None:
    """What the innermost parentheses around a place are the arguments of."""
    call = next((each for each in reversed(place.open) if each.kind == "LPAR" and each.callee), None)
    if call is None or len(call.callee) != 1:
        return None
    word = call.callee[0].text
    item = place.item
    if item is not None and item.head == "TRAIN" and len(place.open) > 1:
        found = called_in_setting(place, word)
        if found is not None:
            return found
    return layer_called(analysis.module, word) or _initializer(word)


def _initializer(word: str) -> Callable | None:
    definition = REGISTRIES["initializer"].all().get(word)
    return None if definition is None else of_declaration(definition, "initializer")


def _setting(place: Around, token: Token) -> list[str]:
    if not is_setting(place) or token.text not in SETTINGS:
        return []
    found = SETTINGS[token.text]
    default = f"\n\nUnless given: {found.default}" if found.default else ""
    return [f"`{token.text}`, a setting of a train section", found.shown + default]


def _word(analysis: Analysis, place: Around, token: Token, span: Span) -> list[str]:
    symbol = symbol_at(analysis, span)
    uses = [use for use in uses_at(analysis, span) if _is_head(use, span)]
    if symbol is not None and symbol.kind in (
        "bind",
        "input",
        "parameter",
        "loop",
        "dimension",
        "state",
        "shared",
        "static",
    ):
        about = [_named(analysis, symbol)]
        return [*about, *_figures(uses)] if uses else about
    item = place.item
    if item is not None and item.head == "TRAIN":
        found = called_in_setting(place, token.text)
        if found is not None:
            return [f"{found.kind} `{found.word}`", documented(found)]
    written_ = layer_called(analysis.module, token.text) if token.kind == "NAME" else None
    if written_ is not None:
        other = elsewhere(written_.word) if written_.kind == "layer" else []
        names = [f"Elsewhere: {', '.join(f'`{name}`' for name in other)}"] if other else []
        return [*_figures(uses), documented(written_), *names]
    initial = _initializer(token.text)
    if initial is not None:
        return [documented(initial)]
    own = meaning(token.text) if token.kind != "NAME" or token.text in ("in", "scan", "step") else None
    return [own] if own is not None else []


def _is_head(use: Use, span: Span) -> bool:
    """Whether a span is the word of an application, and not one of its arguments."""
    start = use.item.span
    return (start.line, start.column) == (span.line, span.column) or start == span


def _named(analysis: Analysis, symbol: Symbol) -> str:
    """A name: what it is, and its shape or value where that is known."""
    kinds = {"bind": "value", "loop": "what a loop counts", "static": "static value", "dimension": "open size"}
    text = f"`{symbol.name}`: {kinds.get(symbol.kind, symbol.kind)}"
    known = [shape_of(value) or _plain(value) for span in symbol.definitions for _, value in value_of(analysis, span)]
    ref = analysis.module.static(symbol.name) if symbol.kind == "static" else None
    known += [_plain(ref.value)] if ref is not None else []
    if not any(known) and symbol.value is not None:
        known = [shapes(use.outputs) for use in made_by(analysis, symbol.value.span)]
    shown = [value for value in dict.fromkeys(known) if value]
    return f"{text} `{'`, `'.join(shown[:MOST])}`" if shown else text


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value) if isinstance(value, (int, float)) else f'"{value}"' if isinstance(value, str) else ""


def _figures(uses: list[Use]) -> list[str]:
    """What the applications of a line make and cost: one by one where they are few."""
    if not uses:
        return []
    uses = list({(use.work.definition.name, use.item.path): use for use in reversed(uses)}.values())[::-1]
    shown = [_figure(use) for use in uses[:MOST]]
    if len(uses) > MOST:
        shown.append(f"and {len(uses) - MOST} more applications of this line")
    return shown


def _figure(use: Use) -> str:
    layers = use.layers
    total = use.totals()
    whole = count(layer for layer in net_layers(use.work) if not layer.training_only)
    name = use.item.path or use.item.word
    head = f"**{name}** in `{use.work.definition.name}`: `{shapes(use.inputs) or '–'}` → `{shapes(use.outputs) or '–'}`"
    rows = [f"parameters {total.params:,}{_share(total.params, whole.params)}"]
    if total.flops != 0:
        rows.append(f"multiply-accumulates {written(total.flops)}{_share(total.flops, whole.flops)}")
    if field := field_of(use):
        rows.append(f"receptive field {field}")
    if isinstance(use.item, Application):
        rows.append(counted(len(layers), "layer"))
    before, after = neighbours(use)
    around_ = f"{', '.join(map(_code, before)) or '–'} → **{name}** → {', '.join(map(_code, after)) or '–'}"
    return "\n\n".join([head, " · ".join(rows), around_])


def _code(name: str) -> str:
    return f"`{name}`"


def _share(part: object, whole: object) -> str:
    if not isinstance(part, int) or not isinstance(whole, int) or not part or not whole:
        return ""
    return f" ({100 * part / whole:.3g} % of the net)"
