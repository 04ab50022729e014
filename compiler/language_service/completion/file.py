"""What may stand outside of nets and blocks: nets, blocks, train sections, what is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from netc.compiler.elaborate.loader import STANDARD
from netc.compiler.language_service.applied import outputs_of
from netc.compiler.language_service.around import Around
from netc.compiler.language_service.completion.arguments import arguments
from netc.compiler.language_service.completion.item import Item
from netc.compiler.language_service.completion.names import layers_in_sight, statics, values
from netc.compiler.language_service.completion.snippets import SNIPPETS, TRAIN
from netc.compiler.language_service.workspace import Analysis
from netc.grammar import ast
from netc.grammar.lexer import Token
from netc.grammar.reading import parse_file
from netc.grammar.words import meaning

ITEMS = ("net", "block", "train", "use")


def in_file(analysis: Analysis, place: Around) -> Iterator[Item]:
    """Items of a file, and what stands in the heads of those."""
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
        yield from arguments(analysis, place, first)
        yield from statics(analysis)
    elif words[:1] in (["net"], ["block"]) and first is not None:
        yield from values(analysis, place)
    elif not line:
        for word in ITEMS:
            yield Item(word, "keyword", "", meaning(word) or "", _item_snippet(analysis, word), 1)
    elif "BINDS" in [token.kind for token in line]:
        yield from statics(analysis)
        yield from layers_in_sight(analysis, rank=4)


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
