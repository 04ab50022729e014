"""What an editor shows at the end of a line: the shape of its value, and how many parameters it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.language_service.applied import Use, items, shapes, written
from netc.compiler.language_service.workspace import Analysis
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.walk import walk


@dataclass(frozen=True, slots=True)
class Hint:
    """Text behind the end of a line, at the place where its last statement ends."""

    line: int
    column: int
    text: str
    tooltip: str = ""


def hints(analysis: Analysis, first: int, last: int, *, with_shapes: bool = True, counts: bool = True) -> list[Hint]:
    """The hints of the lines from `first` to `last`; of lines in blocks those of all applications that agree."""
    found: dict[int, list[Use]] = {}
    ends: dict[int, Span] = {}
    for span in _statements(analysis):
        outer = analysis.out(span)
        if first <= outer.end_line <= last and outer.file == analysis.path:
            ends[outer.end_line] = span
    for work in analysis.works:
        for item in items(work):
            if isinstance(item, Application) and item.kind in (Kind.NET, Kind.PASS, Kind.IF, Kind.BRANCH, Kind.TRAIN):
                continue
            at = analysis.out(item.span)
            statement = ends.get(at.end_line)
            if at.file == analysis.path and statement is not None and statement.covers(item.span):
                found.setdefault(at.end_line, []).append(Use(work, item))
    made = (_hint(analysis, ends[line], uses, with_shapes, counts) for line, uses in sorted(found.items()))
    return [hint for hint in made if hint is not None]


def kept(old: str, hints: list[Hint], new: str) -> list[Hint]:
    """The hints of an earlier text at the lines of a later one that are still there."""
    where = unchanged(old, new)
    return [replace(hint, line=hint.line + by) for hint in hints if (by := where(hint.line)) is not None]


def unchanged(old: str, new: str) -> Callable[[int], int | None]:
    """By how much a line of a text has moved that is above or below all that was changed; None for another one."""
    before, after = old.split("\n"), new.split("\n")
    shorter = min(len(before), len(after))
    above = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    below = next((at for at in range(shorter - above) if before[-1 - at] != after[-1 - at]), shorter - above)
    moved = len(after) - len(before)

    def by(line: int) -> int | None:
        return 0 if line <= above else moved if line > len(before) - below else None

    return by


def _statements(analysis: Analysis) -> Iterator[Span]:
    for item in analysis.file.items:
        if isinstance(item, (ast.Block, ast.Net)):
            for node in walk(item.body):
                if isinstance(node, (ast.Flow, ast.Bind)):
                    yield node.span


def _hint(analysis: Analysis, statement: Span, uses: list[Use], with_shapes: bool, counts: bool) -> Hint | None:
    """The value of a line is that of its last layer; its parameters are those of all layers on it."""
    last = max((use.item.span.end_line, use.item.span.end_column) for use in uses)
    final = [use for use in uses if (use.item.span.end_line, use.item.span.end_column) == last and use.outputs]
    outer = [use for use in final if isinstance(use.item, Application)] or final
    texts = []
    if with_shapes and (given := list(dict.fromkeys(shapes(use.outputs) for use in outer))):
        texts.append(given[0] if len(given) == 1 else f"{given[0]} … {given[-1]}")
    if counts and (sizes := _parameters(uses)):
        texts.append(f"{written(sizes[0])}" + (f" … {written(sizes[-1])}" if len(set(sizes)) > 1 else ""))
    if not texts:
        return None
    at = analysis.out(statement)
    times = len({id(use.item) for use in final})
    tooltip = f"applied {times} times" if times > 1 else ""
    return Hint(at.end_line, at.end_column, "  ".join(texts), tooltip)


def _parameters(uses: list[Use]) -> list[int]:
    """The parameters of a line each time that it is applied: of its outermost applications."""
    sizes: dict[tuple[int, str], dict[int, int]] = {}
    for use in uses:
        for layer in use.layers:
            if isinstance(layer, LayerInstance):
                scope = use.item.path.rpartition(".")[0]
                held = sizes.setdefault((id(use.work), scope), {})
                held.update((id(item), item.count) for item in layer.parameters if not item.buffer)
    return [sum(held.values()) for held in sizes.values() if held]
