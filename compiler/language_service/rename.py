"""Another name for something, everywhere it is read; and what weights are called then, for runs that exist already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netc.compiler.language_service.navigation import file_of, reads_of
from netc.compiler.language_service.symbols import Symbol, is_name, symbol_at
from netc.compiler.language_service.workspace import Analysis, Workspace
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Edit, Label, Severity, Span
from netc.grammar.source import Source

FIXED = frozenset(("field",))
"""Names that the text does not give."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """The edits, at places of files, and how weights are called: old -> new, by net."""

    edits: Sequence[Edit]
    weights: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def maps(self) -> list[str]:
        """A `map` for each net whose weights are called otherwise now, as a train section has it."""
        entries = {
            net: ", ".join(f'"{old}": "{new}"' for old, new in table.items()) for net, table in self.weights.items()
        }
        return [f"{net}: map = [{shown}]" for net, shown in entries.items()]


def renamed_span(analysis: Analysis, line: int, column: int) -> Span | None:
    """The name at a place, if it can be given another."""
    place = analysis.within(line, column)
    symbol = symbol_at(analysis, place)
    if symbol is None or symbol.kind in FIXED:
        return None
    return next((analysis.out(span) for span in symbol.spans() if span.covers(place)), None)


def rename(
    space: Workspace, analysis: Analysis, line: int, column: int, name: str, users: Iterable[Analysis] = ()
) -> Renaming:
    """Give the name at a place another one. What `use` brought in gets an alias.

    Raises DiagnosticError E276 where there is nothing to rename, the new name is none, or the text would mean
    something else then: the edited texts are checked before they are given.
    """
    symbol = symbol_at(analysis, analysis.within(line, column))
    if symbol is None or symbol.kind in FIXED:
        what = "a field is called as the data call it" if symbol is not None else "there is no name here"
        raise DiagnosticError(Diagnostic("E276", what, help="put the cursor on a name that the text gives"))
    if not is_name(name):
        raise DiagnosticError(
            Diagnostic(
                "E276", f"`{name}` is no name", help="write letters a-z, digits and `_`; reserved words are no names"
            )
        )
    users = [user for user in users if user.path != analysis.path]
    edits = _edits(analysis, symbol, name)
    for user in users:
        edits += [Edit(user.out(span), name) for span, in_use in reads_of(user, analysis.path, symbol)]
    edits = list(dict.fromkeys(edits))
    return Renaming(edits, _checked(space, [analysis, *users], edits, symbol, name))


def _edits(analysis: Analysis, symbol: Symbol, name: str) -> list[Edit]:
    made = [Edit(analysis.out(span), name) for span in symbol.references]
    if symbol.kind == "used" and isinstance(symbol.whole, ast.UseName):
        used = symbol.whole
        text = f"{used.name} as {name}" if name != used.name else name
        return [Edit(analysis.out(used.span), text), *made]
    return [*(Edit(analysis.out(span), name) for span in symbol.definitions), *made]


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text after edits at places of it."""
    source = Source("", text)
    places = sorted(
        (
            (source.offset(e.span.line, e.span.column), source.offset(e.span.end_line, e.span.end_column), e.text)
            for e in edits
        ),
        reverse=True,
    )
    for start, end, new in places:
        text = text[:start] + new + text[end:]
    return text


def _checked(
    space: Workspace, analyses: Sequence[Analysis], edits: Sequence[Edit], symbol: Symbol, name: str
) -> dict[str, dict[str, str]]:
    """How weights are called after the edits; raises DiagnosticError where the texts mean something else then."""
    by_file: dict[Path, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(file_of(edit.span.file).resolve(), []).append(edit)
    open_ = dict(space.open)
    for analysis in analyses:
        path = file_of(analysis.path).resolve()
        if path in by_file:
            open_[path] = edited(analysis.text.text, by_file[path])
    other = Workspace(open_)
    weights: dict[str, dict[str, str]] = {}
    for before in analyses:
        after = other.check(before.path)
        _same_errors(before, after, symbol, name)
        for old, new in zip(before.works, after.works, strict=True):
            table = _names(old, new)
            if table is None:
                raise DiagnosticError(_taken(before, symbol, name))
            if table:
                weights[new.definition.name] = {**weights.get(new.definition.name, {}), **table}
    return weights


def _same_errors(before: Analysis, after: Analysis, symbol: Symbol, name: str) -> None:
    errors = [
        sorted(found.code for found in one.findings if found.severity is Severity.ERROR) for one in (before, after)
    ]
    if errors[0] != errors[1] or len(before.works) != len(after.works):
        raise DiagnosticError(_taken(before, symbol, name))


def _taken(analysis: Analysis, symbol: Symbol, name: str) -> Diagnostic:
    place = Label(analysis.out(symbol.definitions[0]))
    return Diagnostic("E276", f"with `{name}` for `{symbol.name}` the text would mean something else", place,
                      help="choose a name that nothing in sight has")  # fmt: skip


def _names(old: object, new: object) -> dict[str, str] | None:
    """Parts whose weights are called otherwise: outermost paths that differ; None where the nets differ."""
    before, after = getattr(old, "net", None), getattr(new, "net", None)
    if before is None or after is None:
        return {} if before is after else None
    if [item.value.shape for item in before.parameters] != [item.value.shape for item in after.parameters]:
        return None
    found: dict[str, str] = {}
    for one, two in zip(before.parameters, after.parameters, strict=True):
        if one.name != two.name:
            path = _shortest(one.name.split("."), two.name.split("."))
            found[path[0]] = path[1]
    return found


def _shortest(old: list[str], new: list[str]) -> tuple[str, str]:
    """The beginnings of two paths up to the last word in which they differ."""
    if len(old) != len(new):
        return ".".join(old), ".".join(new)
    last = max(at for at, (one, two) in enumerate(zip(old, new, strict=True)) if one != two)
    return ".".join(old[: last + 1]), ".".join(new[: last + 1])
