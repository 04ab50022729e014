"""Lines above definitions: parameters and cost of a net, what a block has and how often it is applied, budgets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from netc.compiler.applications import Application, Kind
from netc.compiler.facts.count import totals
from netc.compiler.language_service.applied import Use, items, written
from netc.compiler.language_service.workspace import Analysis
from netc.compiler.lint.config import config_for
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError, Span


@dataclass(frozen=True, slots=True)
class Lens:
    """Text above a line."""

    span: Span
    text: str


def lenses(analysis: Analysis) -> list[Lens]:
    """One above each net, block and loop that was elaborated."""
    found: list[Lens] = []
    blocks: dict[Span, list[Use]] = {}
    loops: dict[Span, list[Use]] = {}
    for work in analysis.works:
        for item in items(work):
            if not isinstance(item, Application):
                continue
            if item.kind in (Kind.BLOCK, Kind.NET) and item.path:
                blocks.setdefault(item.definition, []).append(Use(work, item))
            elif item.kind in (Kind.REPEAT, Kind.FOR):
                loops.setdefault(item.span, []).append(Use(work, item))
    budget = _budget(analysis)
    told: set[str] = set()
    for work in analysis.works:
        if work.net is not None and work.definition.name not in told:
            told.add(work.definition.name)
            total = totals(work.net)
            text = " · ".join(
                [
                    counted(total.params, "parameter"),
                    f"{written(total.flops)} multiply-accumulates",
                    counted(total.layers, "layer"),
                ]
            )
            found.append(Lens(analysis.out(work.definition.name_span), f"{text}{budget}"))
    found += [
        Lens(analysis.out(block.name_span), _block(blocks.get(block.span, [])))
        for block in analysis.file.items
        if isinstance(block, ast.Block)
    ]
    for span, uses in loops.items():
        at = analysis.out(span)
        if at.file == analysis.path:
            found.append(Lens(Span(at.file, at.line, at.column, at.line, at.column), _loop(uses)))
    return sorted((lens for lens in found if lens.text), key=lambda lens: lens.span)


def _block(uses: list[Use]) -> str:
    if not uses:
        return "not applied in this file"
    sizes = sorted({use.totals().params for use in uses})
    params = counted(sizes[-1], "parameter")
    least = f"{written(sizes[0])} to " if len(sizes) > 1 else ""
    return f"{least}{params} · ×{len(uses)}"


def _loop(uses: list[Use]) -> str:
    first = uses[0].item
    passes = (
        len([child for child in first.children if isinstance(child, Application) and child.kind is Kind.PASS])
        if isinstance(first, Application)
        else 0
    )
    params = sorted({use.totals().params for use in uses})
    return f"×{passes} · {counted(params[-1], 'parameter')}" if passes else ""


def _budget(analysis: Analysis) -> str:
    """The budget that a project's settings have for the file."""
    try:
        budgets = config_for(Path(analysis.path)).budgets_for(Path(analysis.path))
    except DiagnosticError:
        return ""
    return "".join(f" · budget {condition}" for condition in budgets.values())
