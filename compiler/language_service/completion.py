"""What may stand at a place: layers, arguments and their words, names in sight, settings, files, paths."""

from __future__ import annotations

from collections.abc import Callable as Function
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from netc.compiler.elaborate.expects import CALLS, COUNTS
from netc.compiler.elaborate.loader import STANDARD
from netc.compiler.elaborate.scope import Scope
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.language_service.applied import items, net_layers, outputs_of, shape_of
from netc.compiler.language_service.around import Around, Open, around
from netc.compiler.language_service.callables import (
    Callable,
    Parameter,
    documented,
    layer_called,
    of_declaration,
    of_written,
)
from netc.compiler.language_service.hover import called
from netc.compiler.language_service.settings import (
    callables_of,
    form_of,
    is_setting,
    setting_of,
    takes_patterns,
)
from netc.compiler.language_service.symbols import resolve
from netc.compiler.language_service.workspace import Analysis, Work
from netc.compiler.layers.base import layer as layers
from netc.compiler.layers.of_weights import SPECS
from netc.compiler.plan.settings import Losses, Metrics, Some
from netc.compiler.plan.train_plan import SETTINGS
from netc.grammar import ast
from netc.grammar.lexer import Token
from netc.grammar.parse import parse_file
from netc.grammar.words import meaning

ATTRIBUTES = {
    "shape": "sizes of an example, a list", "channels": "size of axis 0", "height": "size of axis 1",
    "width": "size of axis 2", "length": "size of axis 0", "features": "size of the last axis",
}  # fmt: skip
STATEMENTS = ("if", "for", "repeat", "frozen", "train only", "shared", "expect", "output", "scan")
ITEMS = ("net", "block", "train", "use")
SNIPPETS = {
    "net": "net ${1:Name}(${2:classes = 10}) {\n  input ${3:image}: ${4:1x28x28}\n\n  $0\n}",
    "block": "block ${1:name}(${2:filters}) {\n  $0\n}",
    "use": "use ${1:std.resnet} (${2:ResNet})",
    "if": "if ${1:condition} {\n  $0\n}",
    "for": "for ${1:width} in ${2:[32, 64]} {\n  $0\n}",
    "repeat": "repeat ${1:2} { $0 }",
    "frozen": "frozen {\n  $0\n}",
    "train only": "train only {\n  $0\n}",
    "scan": "scan(${1:h} = ${2:zeros([32])}) { $0 }",
    "expect": "expect ${1:params} ${2:<=} ${3:1M}",
}
TRAIN = """train ${1:%s} {
  loss      = cross_entropy(${2:%s}, label)
  optimizer = adam(lr=${3:2e-3})
  metrics   = [accuracy]
  epochs    = ${4:10}
}"""

Fields = Function[[str], Sequence[str]]
"""What the data are called that a `data` setting names."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that may stand at a place.

    kind     keyword, layer, block, net, value, static, argument, word, setting, declaration, attribute, module, path,
             field, function
    insert   the text, with `${1:…}` for what is filled in, where it isn't the label
    rank     small ones come first
    replace  how many characters in front of the place it replaces
    """

    label: str
    kind: str
    detail: str = ""
    documentation: str = ""
    insert: str = ""
    rank: int = 5
    replace: int = 0


def completion(analysis: Analysis, line: int, column: int, fields: Fields = lambda data: ()) -> list[Item]:
    """Everything that may stand at a place, the likeliest first."""
    place = around(analysis, line, column)
    if place is None or place.comment:
        return []
    found = list(_at(analysis, place, fields))
    width = len(place.word)
    seen: dict[str, Item] = {}
    for item in found:
        seen.setdefault(item.label, item)
    made = [item if item.replace else replace(item, replace=width) for item in seen.values()]
    return sorted(made, key=lambda item: (item.rank, item.label))


def _at(analysis: Analysis, place: Around, fields: Fields) -> Iterator[Item]:
    if place.text is not None:
        yield from _in_string(analysis, place)
    elif place.last == "DOT":
        yield from _members(analysis, place)
    elif place.item is None:
        yield from _top(analysis, place)
    elif place.item.head == "TRAIN":
        yield from _in_train(analysis, place, fields)
    else:
        yield from _in_body(analysis, place)


# ---------------------------------------------------------------- the file
def _top(analysis: Analysis, place: Around) -> Iterator[Item]:
    first = place.open[0] if place.open else None
    line = first.statement if first is not None else place.line
    words = [token.text for token in line]
    if words[:1] == ["use"] and first is not None:
        yield from _exported(analysis, [token.text for token in line if token.kind == "NAME"], line)
    elif words[:1] == ["use"]:
        yield Item("std", "module", "the standard library", insert="std.", rank=1)
    elif words == ["train"]:
        yield from (Item(net.name, "net", "net", rank=1) for net in analysis.file.items if isinstance(net, ast.Net))
    elif words[:1] == ["train"] and first is not None and first.kind == "LPAR":
        yield from _arguments(analysis, place, first)
        yield from _statics(analysis)
    elif words[:1] in (["net"], ["block"]) and first is not None:
        yield from _values(analysis, place)
    elif not line:
        for word in ITEMS:
            yield Item(word, "keyword", "", meaning(word) or "", _item_snippet(analysis, word), 1)
    elif "BINDS" in [token.kind for token in line]:
        yield from _statics(analysis)
        yield from _layers(analysis, rank=4)


def _item_snippet(analysis: Analysis, word: str) -> str:
    if word != "train":
        return SNIPPETS[word]
    trained = {item.net for item in analysis.file.items if isinstance(item, ast.Train)}
    nets = [item for item in analysis.file.items if isinstance(item, ast.Net)]
    waiting = [net.name for net in nets if net.name not in trained] or [net.name for net in nets] or ["Net"]
    outputs = [name for work in analysis.known if work.definition.name == waiting[0] for name in outputs_of(work)]
    return TRAIN % (waiting[0], next(iter(outputs), "logits"))


def _exported(analysis: Analysis, module: Sequence[str], line: Sequence[Token]) -> Iterator[Item]:
    """What a file offers that `use` names."""
    path = next((token.text.strip('"') for token in line if token.kind == "STRING"), None)
    target = Path(analysis.path).parent / path if path else STANDARD.joinpath(*module[1:]).with_suffix(".net")
    if not target.is_file():
        return
    for item in parse_file(target)[0].items:
        if isinstance(item, (ast.Block, ast.Net)):
            kind = "net" if isinstance(item, ast.Net) else "block"
            yield Item(item.name, kind, f"{kind} of {target.stem}", rank=1)
        elif isinstance(item, ast.Bind):
            yield from (Item(name.id, "static", f"value of {target.stem}", rank=2) for name in item.targets)


def _statics(analysis: Analysis) -> Iterator[Item]:
    for name in dict.fromkeys(analysis.module.binds):
        yield Item(name, "static", "static value", rank=2)


# ---------------------------------------------------------------- nets and blocks
def _in_body(analysis: Analysis, place: Around) -> Iterator[Item]:
    call = place.open[-1] if place.open and place.open[-1].kind == "LPAR" else None
    if call is not None and call.callee:
        yield from _arguments(analysis, place, call)
    if place.last == "ARROW":
        yield from _layers(analysis, rank=2)
        yield from _bound_layers(analysis, place)
        return
    yield from _values(analysis, place)
    if not place.line and place.open[-1].kind == "LBRACE":
        yield from (
            Item(word, "keyword", "", meaning(word.split()[0]) or "", SNIPPETS.get(word, word), 4)
            for word in STATEMENTS
        )
        if (
            place.item is place.open[-1]
            and place.item.head == "NET"
            and not any("input" in each.given for each in place.open)
        ):
            yield Item("input", "keyword", "", meaning("input") or "", "input ${1:image}: ${2:3x32x32}", 1)
    elif place.line and place.line[0].kind == "EXPECT":
        for word in (*COUNTS, *CALLS):
            yield Item(word, "function", "counted over the net or block", meaning(word) or "", rank=2)


def _values(analysis: Analysis, place: Around) -> Iterator[Item]:
    """Names in sight, static functions, and layers."""
    shapes = _shapes(analysis)
    for name in place.names:
        yield Item(name, "value", shapes.get(name, ""), rank=1)
    if place.item is not None and place.item.head in ("NET", "BLOCK"):
        yield Item("in", "keyword", "what entered the nearest braces", meaning("in") or "", rank=3)
    yield from _statics(analysis)
    yield from _layers(analysis, rank=3)
    if place.line or place.open[-1].kind != "LBRACE":
        yield from (
            Item(name, "function", "function of static values", meaning(name) or "", rank=6) for name in FUNCTIONS
        )


def _shapes(analysis: Analysis) -> dict[str, str]:
    """Shapes of names, where a net knows them."""
    found: dict[str, str] = {}
    for work in analysis.known:
        if work.frame is not None:
            for name, ref in work.frame.env.names.items():
                found.setdefault(name, shape_of(ref.value))
    return found


def _layers(analysis: Analysis, rank: int) -> Iterator[Item]:
    for written in analysis.module.layers.values():
        made = of_written(written)
        if made is not None:
            yield _callable(made, rank - 1)
    for definition in layers.all().values():
        yield _callable(of_declaration(definition, "layer"), rank)


def _bound_layers(analysis: Analysis, place: Around) -> Iterator[Item]:
    kinds = {symbol.name for symbol in resolve(analysis).symbols if symbol.kind in ("parameter", "shared")}
    yield from (Item(name, "value", "a layer in sight", rank=1) for name in place.names if name in kinds)


def _callable(item: Callable, rank: int) -> Item:
    required = [each.name for each in item.parameters if each.default is None and each.name != "…"]
    given = ", ".join(f"${{{at}:{name}}}" for at, name in enumerate(required, 1))
    if item.spread:
        given = given or "${1:skip}"
    insert = f"{item.word}({given})" if given else item.word
    return Item(item.word, item.kind, item.signature, documented(item), insert, rank)


# ---------------------------------------------------------------- arguments
def _arguments(analysis: Analysis, place: Around, call: Open) -> Iterator[Item]:
    """In parentheses: the arguments that are not given yet, or the words of the one that the place is in."""
    item = called(analysis, place)
    if call.head == "TRAIN" and call.kind == "LPAR" and len(call.callee) == 1:
        item = layer_called(analysis.module, call.callee[0].text)
    if item is None:
        return
    argument = call.argument
    if argument is None and not place.line:
        at = [each for each in item.parameters if each.place]
        positional = at[call.commas] if call.commas < len(at) else None
        if positional is not None:
            yield from _words(positional, 1)
        for parameter in item.parameters:
            if parameter.name not in call.given and not parameter.values:
                rank = 2 if parameter.name not in SPECS else 7
                yield Item(f"{parameter.name}=", "argument", parameter.default or "required", parameter.says, rank=rank)
    else:
        found = next((each for each in item.parameters if each.name == argument), None)
        if found is not None:
            yield from _words(found, 0)


def _words(parameter: Parameter, rank: int) -> Iterator[Item]:
    for word in parameter.words:
        yield Item(word, "word", f"`{parameter.name}` of its own", rank=rank)


# ---------------------------------------------------------------- train sections
def _in_train(analysis: Analysis, place: Around, fields: Fields) -> Iterator[Item]:
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
        yield from _arguments(analysis, place, call)
        if isinstance(form, (Losses, Metrics)):
            yield from _compared(analysis, place, call, fields)
        return
    brackets = isinstance(form, (Some, Metrics)) and place.open[-1].kind == "LBRACE"
    for item in callables_of(setting_word):
        made = _callable(item, 1)
        if isinstance(form, (Losses, Metrics)) and item.kind in ("loss", "metric"):
            made = _measure(analysis, place, item, bare=isinstance(form, Metrics))
        insert = f"[{made.insert}]" if brackets else made.insert
        yield Item(made.label, "declaration", made.detail, made.documentation, insert, 1)
    yield from (Item(each, "word", setting_word or "", rank=1) for each in getattr(form, "words", ()))
    yield from _statics(analysis)


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
    return [name for work in _works(analysis, place) for name in outputs_of(work)]


def _works(analysis: Analysis, place: Around) -> list[Work]:
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
    target = call.commas > 0
    inside = resolve(analysis).bodies.get(_net_of(place) or "")
    shapes = _shapes(analysis)
    for name, symbol in inside.own.items() if inside is not None else ():
        if symbol.kind in ("bind", "input"):
            yield Item(name, "value", shapes.get(name, ""), rank=(4 if target else 1 if name in outputs else 2))
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


# ---------------------------------------------------------------- behind a dot, and in strings
def _members(analysis: Analysis, place: Around) -> Iterator[Item]:
    path = _path(place.line)
    if path[:1] == ["std"] or (place.line and place.line[0].kind == "USE"):
        yield from (
            Item(file.stem, "module", "of the standard library", rank=1) for file in sorted(STANDARD.glob("*.net"))
        )
        return
    if not path:
        return
    names = resolve(analysis)
    symbol = None
    for body in [*names.bodies.values(), names.top]:
        symbol = body.own.get(path[0]) or symbol
    for work in analysis.known:
        ref = work.frame.env.names.get(path[0]) if work.frame is not None else None
        members = getattr(getattr(ref.value, "scope", None), "members", {}) if ref is not None else {}
        for step in path[1:]:
            members = getattr(getattr(members.get(step), "scope", members.get(step)), "members", {})
        for name, value in members.items():
            inner = shape_of(value) or ("part" if isinstance(value, Scope) else "")
            yield Item(name, "value", inner, rank=1)
    for name, says in ATTRIBUTES.items():
        yield Item(name, "attribute", says, rank=2)


def _path(tokens: Sequence[Token]) -> list[str]:
    """The dotted path that ends with the last dot."""
    found: list[str] = []
    for token in reversed(tokens):
        if token.kind == "NAME":
            found.insert(0, token.text)
        elif token.kind != "DOT":
            break
    return found


def _in_string(analysis: Analysis, place: Around) -> Iterator[Item]:
    text = place.text or ""
    words = [token.text for token in (place.open[0].statement if place.open else place.line)]
    if words[:1] == ["use"]:
        yield from _files(analysis, text, ".net")
        return
    form = form_of(setting_of(place))
    if not takes_patterns(form):
        return
    call = place.open[-1]
    if call.kind == "LPAR" and [token.text for token in call.callee] == ["weights"]:
        yield from _files(analysis, text, "")
        return
    begun = text.rpartition("..")[2]
    for path, shown in _paths(_works(analysis, place)):
        yield Item(path, "path", shown, replace=len(begun), rank=1 + path.count("."))


def _paths(works: Iterable[Work]) -> Iterator[tuple[str, str]]:
    """The parts of nets by their paths: what a pattern may name."""
    seen: dict[str, str] = {}
    for work in works:
        for item in items(work):
            if item.path:
                seen.setdefault(item.path, item.word)
        for layer in net_layers(work):
            for parameter in layer.parameters:
                seen.setdefault(parameter.name, "weight")
    yield from seen.items()


def _files(analysis: Analysis, text: str, suffix: str) -> Iterator[Item]:
    folder = Path(analysis.path).parent / text.rpartition("/")[0]
    begun = text.rpartition("/")[2]
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.resolve() == Path(analysis.path).resolve():
            continue
        if path.is_dir():
            yield Item(f"{path.name}/", "path", "folder", replace=max(len(begun), 0), rank=2)
        elif path.name.endswith(suffix):
            yield Item(path.name, "path", "file", replace=max(len(begun), 0), rank=1)
