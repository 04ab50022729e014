"""Words that are spelt wrongly, and names that cannot be names."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.layers.base import layer
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.optimizers.base import optimizer
from netc.compiler.schedules.base import schedule
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

MERGES = ("add", "concat", "mul", "sub", "maximum")
KEYWORDS = ("input", "output", "repeat", "block", "train", "in", "for", "use")


def misspelt(word: str, known: frozenset[str]) -> str | None:
    """A word with two neighbouring letters swapped, the last that differ; None where it is short or a word again."""
    for at in range(len(word) - 2, 0, -1):
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if swapped != word and swapped.lower() not in {other.lower() for other in known} and swapped.isidentifier():
            return swapped
    return None


def layers(original: Original) -> Iterator[Mutation]:
    """`conv` becomes `cnov` where it is applied."""
    heads = [element.function if isinstance(element, ast.Call) else element.head if isinstance(element, ast.Braced) else
             element for flow in original.nodes(ast.Flow) for element in flow.elements]  # fmt: skip
    names = [head.function if isinstance(head, ast.Call) else head for head in heads]
    blocks = {item.name for item in original.tree.items if isinstance(item, (ast.Block, ast.Net))}
    known = {*layer.all(), *blocks}
    found = [name for name in names if isinstance(name, ast.Name) and name.id in known]
    yield from _misspelt(original, "misspelt layer", [(name.span, name.id) for name in found], "E201 E202")


def arguments(original: Original) -> Iterator[Mutation]:
    """`stride=2` becomes `strdie=2`."""
    words = {*layer.all(), *loss.all(), *metric.all(), *optimizer.all(), *schedule.all()}
    calls = [call for call in original.nodes(ast.Call) if isinstance(call.function, ast.Name)]
    found = [
        (_start(argument.span, argument.name), argument.name)
        for call in calls
        if isinstance(call.function, ast.Name) and call.function.id in words
        for argument in call.arguments
        if argument.name
    ]
    yield from _misspelt(original, "misspelt argument", found, "E220")


def enum_words(original: Original) -> Iterator[Mutation]:
    """`pad=same` becomes `pad=smae`."""
    found = []
    for call in original.nodes(ast.Call):
        definition = layer.all().get(call.function.id) if isinstance(call.function, ast.Name) else None
        for argument in call.arguments if definition is not None else ():
            spec = definition.arguments.get(argument.name or "") if definition is not None else None
            if spec is not None and isinstance(argument.value, ast.Name) and argument.value.id in spec.type.words:
                found.append((argument.value.span, argument.value.id))
    yield from _misspelt(original, "misspelt enum word", found, "E201 E224")


def skips(original: Original) -> Iterator[Mutation]:
    """`add(skip)` becomes `add(sikp)`."""
    bound = {target.id for bind in original.nodes(ast.Bind) for target in bind.targets}
    found = [
        (argument.value.span, argument.value.id)
        for call in original.nodes(ast.Call)
        if isinstance(call.function, ast.Name) and call.function.id in MERGES
        for argument in call.arguments
        if isinstance(argument.value, ast.Name) and argument.value.id in bound
    ]
    yield from _misspelt(original, "wrong skip name", found, "E201")


def keywords(original: Original) -> Iterator[Mutation]:
    """A value is called `input`, where it is bound and wherever it is read."""
    sites = [(owner, bind.targets[0]) for owner, bind in _binds(original) if len(bind.targets) == 1]
    for number, (owner, target) in enumerate(original.some(sites)):
        keyword = KEYWORDS[number % len(KEYWORDS)]
        reads = [node.span for node in original.nodes(ast.Name)
                 if node.id == target.id and node is not target and owner.span.covers(node.span)]  # fmt: skip
        edits = [(span, keyword) for span in (target.span, *reads)]
        yield original.changed("keyword as name", edits, "E106", "another name", f"`{keyword}_`")


def twice(original: Original) -> Iterator[Mutation]:
    """A line below a bound layer gives its name once more."""
    applied = {instance.path for instances in original.layers.values() for instance in instances}
    sites = [bind for _, bind in _binds(original) if len(bind.targets) == 1 and bind.targets[0].id in applied]
    for bind in original.some(sites):
        name, end = bind.targets[0].id, original.source.offsets(bind.span)[1]
        line = original.source.place(end)[0] + 1
        new = f"\n{' ' * original.source.indentation(end)}{name} = identity"
        yield original.changed("two layers of one name", [((end, end), new)], "E205 E206", "another name", lines=[line])


def _binds(original: Original) -> Iterator[tuple[ast.Block | ast.Net, ast.Bind]]:
    """The binds of nets and blocks that stand on lines of their own."""
    for item in original.tree.items:
        if isinstance(item, (ast.Block, ast.Net)):
            for statement in item.body.statements:
                if isinstance(statement, ast.Bind) and original.source.starts_line(
                    original.source.offsets(statement.span)[0]
                ):
                    yield item, statement


def _misspelt(original: Original, kind: str, sites: list[tuple[Span, str]], codes: str) -> Iterator[Mutation]:
    wrong = [(span, word, new) for span, word in sites if (new := misspelt(word, original.words)) is not None]
    for span, word, new in original.some(wrong):
        yield original.changed(kind, [(span, new)], codes, f"`{word}`")


def _start(span: Span, name: str) -> Span:
    return Span(span.file, span.line, span.column, span.line, span.column + len(name))
