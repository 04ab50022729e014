"""Settings of a `train` section that are tables, and calls in them."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import ArgumentError
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import how_to_list
from netc.compiler.elaborate.arguments import convert, declared_instance
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import elsewhere
from netc.compiler.elaborate.translate import unknown_word
from netc.compiler.elaborate.values import POISON
from netc.compiler.plan.maps import Renames
from netc.compiler.plan.moving import matches
from netc.compiler.plan.settings import ByPattern, Factors, Setting, Table, call_as_json
from netc.compiler.plan.start import Start
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import did_you_mean

Values = dict[str, Any]


def read_patterns(frame: Frame, word: str, node: ast.Expression) -> tuple[str, ...]:
    """A name or a list of names."""
    found = []
    for item in node.items if isinstance(node, ast.List) and node.items else (node,):
        name = path_of(item)
        if name is None:
            help = 'write names as in `["stem", "stage1.*"]`'
            frame.error("E406", f"`{word}` is a list of names", item.span, help=help)
        else:
            found.append(name)
    return tuple(found)


def path_of(node: ast.Expression) -> str | None:
    """A string, or a dotted name as it stands."""
    match node:
        case ast.String():
            return node.value
        case ast.Name():
            return node.id
        case ast.Attribute():
            inner = path_of(node.value)
            return None if inner is None else f"{inner}.{node.name}"
    return None


def _entries(
    frame: Frame, setting: Setting, node: ast.Expression, example: str
) -> list[tuple[str, ast.Syntax, ast.Expression]]:
    """The entries of a table by name, each name once."""
    found: dict[str, tuple[str, ast.Syntax, ast.Expression]] = {}
    help = f"write `{setting.word} = {example}`"
    if not isinstance(node, ast.Table):
        frame.error("E406", f"`{setting.word}` is a table", node.span, help=help)
        return []
    for key, value in node.entries:
        name = path_of(key)
        if name is None:
            frame.error("E406", f"`{setting.word}` is a table from names", key.span, help=help)
        elif name in found:
            frame.error("E405", f"`{name}` stands in `{setting.word}` twice", key.span, help="remove one of them")
        else:
            found[name] = (name, key, value)
    return list(found.values())


def factors(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[tuple[str, float], ...]:
    """A table from patterns to numbers."""
    assert isinstance(setting.form, Factors)
    found = []
    for name, _key, item in _entries(frame, setting, node, '["cnn": 0.1]'):
        value = frame.evaluate(item)
        if value is POISON:
            continue
        try:
            found.append((name, setting.form.type.convert(value)))
        except ArgumentError as error:
            message = f"`{setting.word}` of `{name}` is {error.expected}, found {error.found}"
            frame.error("E406", message, item.span, help=error.help)
    return tuple(found)


def epochs(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """A table from epochs to patterns, in the order of epochs."""
    help = f'write `{setting.word} = [5: ["stage3"]]`: from the fifth epoch on it moves'
    if not isinstance(node, ast.Table):
        frame.error("E406", f"`{setting.word}` is a table from epochs to names", node.span, help=help)
        return ()
    found: dict[int, tuple[str, ...]] = {}
    for key, value in node.entries:
        epoch = frame.evaluate(key)
        if epoch is POISON:
            continue
        if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 2:
            frame.error("E406", "an epoch to unfreeze in is a whole number from 2", key.span, help=help)
        elif epoch in found:
            frame.error("E405", f"epoch {epoch} stands in `{setting.word}` twice", key.span, help="put both together")
        else:
            found[epoch] = read_patterns(frame, setting.word, value)
    return tuple(sorted(found.items()))


def starts(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[Start, ...]:
    """A table from parts to weight files; a file alone is that of the whole net."""
    if not isinstance(node, ast.Table):
        start = _start(frame, "", node)
        return () if start is None else (start,)
    entries = _entries(frame, setting, node, '["cnn": weights("cnn.safetensors")]')
    starts = [_start(frame, name, item) for name, _key, item in entries]
    return tuple(start for start in starts if start is not None)


def _start(frame: Frame, part: str, node: ast.Expression) -> Start | None:
    """`weights("r.safetensors", map = ["fc": none])`."""
    help = 'write `weights("cnn.safetensors")`, or `weights("cnn.safetensors", map = ["fc": none])`'
    match node:
        case ast.Call(function=ast.Name(id="weights"), arguments=[file, *rest]) if not file.name:
            names = [argument.name for argument in rest]
            if isinstance(file.value, ast.String) and names in ([], ["map"]):
                maps = _maps(frame, rest[0].value, help) if rest else ()
                return None if maps is None else Start(part, file.value.value, maps)
    frame.error("E406", "a part starts from `weights` of a file", node.span, help=help)
    return None


def _maps(frame: Frame, node: ast.Expression, help: str) -> tuple[Renames | str, ...] | None:
    """A map, or a list of them that are applied in turn; a string names one that lies beside the net."""
    found: list[Renames | str] = []
    for item in node.items if isinstance(node, ast.List) else (node,):
        if isinstance(item, ast.String):
            found.append(item.value)
        elif (table := _renames(frame, item, help)) is not None:
            found.append(table)
        else:
            return None
    return tuple(found)


def _renames(frame: Frame, node: ast.Expression, help: str) -> Renames | None:
    found: dict[str, str | None] = {}
    for key, value in node.entries if isinstance(node, ast.Table) else ():
        old = path_of(key)
        nothing = isinstance(value, ast.Constant) and value.value is None
        new = None if nothing else path_of(value)
        if old is not None and (nothing or new is not None):
            found[old] = new
            continue
        frame.error("E406", "`map` goes from names in the file to names here, or to none", key.span, help=help)
        return None
    if found:
        return Renames(tuple(found.items()))
    frame.error("E406", "`map` is a table from names in the file to names here, or to none", node.span, help=help)
    return None


def table(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[tuple[str, Declared], ...]:
    """A table from names to calls of what is declared."""
    assert isinstance(setting.form, Table)
    known = setting.form.registry.all()
    found = []
    for name, _key, item in _entries(frame, setting, node, setting.form.example):
        function, arguments = (item.function, item.arguments) if isinstance(item, ast.Call) else (item, ())
        word = function.id if isinstance(function, ast.Name) else elsewhere(frame, function)
        what = setting.form.registry.kind
        if word is None:
            frame.error("E407", f"a {what} is a word", item.span, help=how_to_list(what))
            continue
        if word not in known:
            unknown_word(frame, what, word, function, item if isinstance(item, ast.Call) else None)
            continue
        made = declared_instance(frame, known[word], arguments, item)
        if made is not None:
            found.append((name, made))
    return tuple(found)


def by_pattern(frame: Frame, setting: Setting, node: ast.Expression, _: Values) -> tuple[tuple[str, Any], ...]:
    """A table of values by patterns, each of which fits a weight."""
    assert isinstance(setting.form, ByPattern)
    word, found = setting.word, []
    names = [item.name for item in frame.run.parameters.values() if not item.buffer]
    for pattern, key, entry in _entries(frame, setting, node, '["*.weight": …]'):
        known = any(matches(name, (pattern,)) for name in names)
        if not known and frame.run.incomplete:
            continue  # the weight may be that of a layer with a mistake
        if not known:
            help = did_you_mean(pattern, names) or f"there are {', '.join(names[:6])}{' …' if len(names) > 6 else ''}"
            frame.error("E415", f"`{word}` names `{pattern}`, and no weight is called so", key.span, help=help)
            continue
        value = convert(frame, setting.form.type, entry, f"what `{word}` says of `{pattern}`")
        if value is not POISON:
            found.append((pattern, value))
    return tuple(found)


def start_by_pattern(frame: Frame, plan: TrainPlan, node: ast.Expression | None) -> None:
    """Let weights start as a section says; two sections of a net cannot say different things of a weight."""
    if node is None:
        return
    for item in frame.run.parameters.values():
        fitting = [made for pattern, made in plan.initializers if matches(item.name, (pattern,))]
        if item.buffer or not fitting:
            continue
        if item.started_by not in (None, call_as_json(fitting[-1])):
            frame.error("E406", f"another train section lets `{item.name}` start otherwise", node.span,
                        help="weights start before any training: say it in one section, or at the layer")  # fmt: skip
            return
        item.initial, item.started_by = fitting[-1], call_as_json(fitting[-1])
