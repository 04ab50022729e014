"""Everything that a file says, checked: each net, each train section, each block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netc.compiler import collector
from netc.compiler.elaborate.groups import groups_of, known_net
from netc.compiler.elaborate.loader import Loader
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.names import check_names, conditional, unapplied
from netc.compiler.elaborate.net import elaborate
from netc.compiler.elaborate.outside import as_static, check_given
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.unused import warn_unused
from netc.compiler.load import is_model
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.deep import deep
from netc.grammar.diagnostics import Diagnostic, Severity
from netc.grammar.limits import LimitError


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check of one file gave.

    nets         the nets that are right and whose parameters all have values
    diagnostics  all findings, errors and warnings, in the order of the text
    sources      file -> text, of the file and everything it uses
    file         the syntax tree
    given        arguments of nets from outside of the text
    """

    nets: list[Net]
    diagnostics: list[Diagnostic]
    sources: dict[str, str]
    file: ast.File
    given: Mapping[str, Any] = field(default_factory=dict)


def check(
    path: str,
    source: str | bytes | None = None,
    beside: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> CheckResult:
    """Everything there is to say about a file: each net, each train section, each block. Raises what importing does.

    path    a `.net` file, or an `.onnx` model, whose text is looked at
    source  the text, where it is not to be read from the file (an editor's, a pipe's)
    beside  texts of files that it may use, by their names relative to it, where those are not to be read either
    given   arguments of every net that has a parameter of that name, in place of its defaults and of what train
            sections give; a name that no net has is E220
    """
    with deep(), collector.waiting():
        return _check(str(path), source, beside or {}, given or {})


def _check(path: str, source: str | bytes | None, beside: Mapping[str, str], given: Mapping[str, Any]) -> CheckResult:
    report = Report()
    if source is None and is_model(path):
        from netc.compiler.importing.importer import import_text

        imported = import_text(path)
        path, source = str(Path(path).with_suffix(".net")), imported.text
        beside = {} if imported.own is None else imported.own.used
    loader = Loader.beside(path, beside, report)
    nets: list[Net] = []
    try:
        _check_module(loader.load(path, source), given, nets, report, loader.sources)
    except LimitError as error:  # all else would follow from it
        for finding in error.diagnostics:
            report.add(finding)
    file = next(iter(loader.modules.values())).file
    loader.take_apart()
    return CheckResult(nets, report.all(), loader.sources, file, given)


def _check_module(
    module: Module, given: Mapping[str, Any], nets: list[Net], report: Report, sources: dict[str, str]
) -> None:
    """Put everything that there is to say about a file into the report, and its nets that are right into `nets`."""
    tried: set[str] = set()
    arguments = {name: as_static(module, value) for name, value in given.items()}
    check_given(module, given, report)
    for definition in module.nets:
        for values, trains in groups_of(module, definition, report, arguments):
            tried.add(definition.name)
            made = elaborate(module, definition, values, trains, report, sources).net
            if made is not None:
                nets.append(made)
    for train in module.trains:
        known_net(module, train, report)
    for name in module.binds:
        module.static(name)
    for written in unapplied(module, tried):
        check_names(module, written, report)
    if not report.errors:
        for written in conditional(module):
            check_names(module, written, report)
    if not (module.nets or module.trains or module.binds or module.layers or report.errors):
        help = "write a net: `net Name { input x: 10 … }`"
        report.add(Diagnostic("E228", f"{module.path} defines nothing", severity=Severity.WARNING, help=help))
    if not report.errors:
        warn_unused(module, report)
