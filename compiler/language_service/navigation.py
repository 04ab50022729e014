"""Where a name is given and where it is read, across files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from netc.compiler.elaborate.loader import STANDARD
from netc.compiler.language_service.symbols import Symbol, resolve, symbol_at
from netc.compiler.language_service.workspace import Analysis
from netc.grammar import ast
from netc.grammar.diagnostics import Span


def file_of(path: str) -> Path:
    """The file on the disk that findings call so: `std/resnet.net` is in the standard library."""
    shipped = STANDARD / path.removeprefix("std/")
    return shipped if path.startswith("std/") and not Path(path).exists() and shipped.exists() else Path(path)


def definition(analysis: Analysis, line: int, column: int) -> list[Span]:
    """Where the name at a place is given: of what `use` brought in, in the other file; of `use` itself, the file."""
    place = analysis.within(line, column)
    symbol = symbol_at(analysis, place)
    if symbol is not None and symbol.kind == "used":
        found = _used(analysis, symbol)
        return [found] if found is not None else []
    if symbol is not None:
        return [analysis.out(span) for span in symbol.definitions]
    for item in analysis.file.items:
        if isinstance(item, ast.Use) and item.span.covers(place):
            return _file(analysis, item, place)
    return []


def _used(analysis: Analysis, symbol: Symbol) -> Span | None:
    written = analysis.module.layers.get(symbol.name)
    if written is not None and written.definition is not None:
        return analysis.out(written.definition.name_span)
    for item in analysis.file.items:
        if isinstance(item, ast.Use):
            for used in item.names:
                if used.alias == symbol.name:
                    return _static(analysis, item, used.name)
    return None


def target_of(analysis: Analysis, use: ast.Use) -> str | None:
    """What findings call the file that `use` names."""
    if use.path is not None:
        shown = str(Path(analysis.path).parent / use.path)
    else:
        shown = f"std/{(use.module or ('',))[-1]}.net"
    return shown if shown in analysis.texts else None


def _static(analysis: Analysis, use: ast.Use, name: str) -> Span | None:
    shown = target_of(analysis, use)
    if shown is None:
        return None
    for each in analysis.texts[shown].placed:
        for item in each.part.parsed.items:
            if isinstance(item, ast.Bind):
                for target in item.targets:
                    if target.id == name:
                        return analysis.out(target.span)
    return None


def _file(analysis: Analysis, use: ast.Use, place: Span) -> list[Span]:
    for used in use.names:
        if used.span.covers(place):
            found = analysis.module.layers.get(used.alias)
            if found is not None and found.definition is not None:
                return [analysis.out(found.definition.name_span)]
            static = _static(analysis, use, used.name)
            return [static] if static is not None else []
    shown = target_of(analysis, use)
    return [] if shown is None else [Span(shown, 1, 1, 1, 1)]


def references(analysis: Analysis, line: int, column: int, users: Iterable[Analysis] = ()) -> list[Span]:
    """Every place of the name at a place; `users` are files that use this one."""
    symbol = symbol_at(analysis, analysis.within(line, column))
    if symbol is None:
        return []
    found = [analysis.out(span) for span in symbol.spans()]
    for other in users:
        if other.path != analysis.path:
            found += [other.out(span) for span, _ in reads_of(other, analysis.path, symbol)]
    return list(dict.fromkeys(found))


def reads_of(user: Analysis, path: str, symbol: Symbol) -> Iterator[tuple[Span, bool]]:
    """Where another file has a block, net or static value of a file: in `use`, and, without an alias, wherever it is
    read. The bool says that the place is in `use`."""
    if symbol.kind not in ("block", "net", "static"):
        return
    wanted = file_of(path).resolve()
    for item in user.file.items:
        if not isinstance(item, ast.Use):
            continue
        shown = target_of(user, item)
        if shown is None or file_of(shown).resolve() != wanted:
            continue
        for used in item.names:
            if used.name == symbol.name:
                at = used.span
                yield Span(at.file, at.line, at.column, at.line, at.column + len(used.name)), True
                mine = resolve(user).top.own.get(used.alias)
                if used.alias == used.name and mine is not None:
                    yield from ((span, False) for span in mine.references)


def highlights(analysis: Analysis, line: int, column: int) -> list[tuple[Span, bool]]:
    """The places of a name in its file, and whether the name is given there."""
    symbol = symbol_at(analysis, analysis.within(line, column))
    if symbol is None:
        return []
    return [(analysis.out(span), span in symbol.definitions) for span in symbol.spans()]
