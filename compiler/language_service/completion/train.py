"""What may stand in a train section: settings, what they call, what is measured."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.language_service.applied import outputs_of
from netc.compiler.language_service.around import Around, Open
from netc.compiler.language_service.callables import (
    Callable,
    documented,
)
from netc.compiler.language_service.completion.arguments import arguments
from netc.compiler.language_service.completion.item import Fields, Item
from netc.compiler.language_service.completion.names import called_item, shapes, statics
from netc.compiler.language_service.settings import (
    callables_of,
    form_of,
    is_setting,
    setting_of,
)
from netc.compiler.language_service.symbols import resolve
from netc.compiler.language_service.workspace import Analysis, Work
from netc.compiler.plan.settings import Losses, Metrics, Some
from netc.compiler.plan.train_plan import SETTINGS
from netc.grammar import ast
from netc.grammar.words import meaning


def in_train(analysis: Analysis, place: Around, fields: Fields) -> Iterator[Item]:
    """Settings where one begins; else what the value of one may be."""
    if is_setting(place):
        given = place.open[-1].given
        for word, setting in SETTINGS.items():
            if word not in given:
                yield Item(word, "setting", setting.default, setting.shown, f"{word} = ", 1)
        if len(place.open) == 1:
            yield Item("step", "keyword", "", meaning("step") or "", "step ${1:name} { ${2:loss} = $0 }", 4)
        return
    setting_word = setting_of(place)
    form = form_of(setting_word)
    call = place.open[-1] if place.open[-1].kind == "LPAR" and place.open[-1].callee else None
    if call is not None:
        yield from arguments(analysis, place, call)
        if isinstance(form, (Losses, Metrics)):
            yield from _compared(analysis, place, call, fields)
        return
    brackets = isinstance(form, (Some, Metrics)) and place.open[-1].kind == "LBRACE"
    for item in callables_of(setting_word):
        made = called_item(item, 1)
        if isinstance(form, (Losses, Metrics)) and item.kind in ("loss", "metric"):
            made = _measure(analysis, place, item, bare=isinstance(form, Metrics))
        insert = f"[{made.insert}]" if brackets else made.insert
        yield Item(made.label, "declaration", made.detail, made.documentation, insert, 1)
    yield from (Item(each, "word", setting_word or "", rank=1) for each in getattr(form, "words", ()))
    yield from statics(analysis)


def _measure(analysis: Analysis, place: Around, item: Callable, *, bare: bool) -> Item:
    """A loss with the net's output and `label` in it; a metric without."""
    if bare:
        required = [each.name for each in item.parameters if each.default is None and not each.values]
        return Item(
            item.word,
            item.kind,
            item.signature,
            documented(item),
            f"{item.word}(${{1:{required[0]}}})" if required else item.word,
        )
    output = next(iter(_outputs(analysis, place)), "logits")
    given = [f"${{{at}:{output if each.values == 'value' else 'label'}}}" for at, each in
             enumerate((each for each in item.parameters if each.values), 1)]  # fmt: skip
    return Item(item.word, item.kind, item.signature, documented(item), f"{item.word}({', '.join(given)})")


def _outputs(analysis: Analysis, place: Around) -> list[str]:
    return [name for work in works_of_section(analysis, place) for name in outputs_of(work)]


def works_of_section(analysis: Analysis, place: Around) -> list[Work]:
    """The elaborations that are known of the net whose section a place is in."""
    name = _net_of(place)
    return [work for work in analysis.known if work.definition.name == name]


def _net_of(place: Around) -> str | None:
    item = place.item
    if item is None or item.head != "TRAIN" or len(item.statement) < 2:
        return None
    return item.statement[1].text


def _compared(analysis: Analysis, place: Around, call: Open, fields: Fields) -> Iterator[Item]:
    """Values of the net first, where a prediction stands; fields of the data, where a target does."""
    outputs = _outputs(analysis, place)
    target = bool(call.before)
    inside = resolve(analysis).bodies.get(_net_of(place) or "")
    known_shapes = shapes(analysis)
    for name, symbol in inside.own.items() if inside is not None else ():
        if symbol.kind in ("bind", "input"):
            yield Item(name, "value", known_shapes.get(name, ""), rank=(4 if target else 1 if name in outputs else 2))
    known = {symbol.name for symbol in resolve(analysis).symbols if symbol.kind == "field"}
    data = _data_of(analysis, _net_of(place))
    for name in dict.fromkeys((*(fields(data) if data is not None else ()), *sorted(known), "label")):
        yield Item(name, "field", "a field of the data", rank=1 if target else 6)


def _data_of(analysis: Analysis, net: str | None) -> str | None:
    for item in analysis.file.items:
        if isinstance(item, ast.Train) and item.net == net:
            for statement in item.body.statements:
                match statement:
                    case ast.Bind(targets=(ast.Name(id="data"),), value=ast.Flow(elements=(ast.String(value=path),))):
                        return path
    return None
