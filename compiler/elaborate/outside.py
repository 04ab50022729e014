"""Arguments of nets that come from outside of the text: from the command line, or from a caller of Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.elaborate.elements import key_of, said_key
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.resolve import built_in
from netc.compiler.elaborate.static_binds import compute
from netc.compiler.elaborate.values import POISON
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.parse import parse


def parse_setting(text: str) -> tuple[str, Any]:
    """`"depth=50"` -> ("depth", 50): a setting as the command line gives it. Raises DiagnosticError E227."""
    name, _, expression = text.partition("=")
    file, findings = parse(f"setting = {expression}\n", "--set")
    item = file.items[0] if len(file.items) == 1 else None
    wrong = Diagnostic("E227", f"`{text}` is no setting", help="write a name and a value, as in `depth=50`")
    if findings or not name.strip().isidentifier() or not isinstance(item, ast.Bind):
        raise DiagnosticError(wrong)
    report = Report()
    module = Module(file, "--set", report, compute)
    module.define()
    flow = item.value
    if isinstance(flow, ast.Flow) and len(flow.elements) == 1 and isinstance(flow.elements[0], ast.Name):
        return name.strip(), flow.elements[0].id
    ref = module.static("setting")
    if ref is None or ref.value is POISON or report.errors:
        raise DiagnosticError(wrong)
    return name.strip(), _outside(ref.value)


def _outside(value: Any) -> Any:
    """A value of the language for callers of Python: the keys of tables are plain."""
    if isinstance(value, tuple):
        return tuple(map(_outside, value))
    return {said_key(key): _outside(item) for key, item in value.items()} if isinstance(value, dict) else value


def as_static(module: Module, value: Any) -> Any:
    """A Python value as elaboration holds it: lists are tuples, the word of a layer is the layer, tables have keys."""
    if isinstance(value, (list, tuple)):
        return tuple(as_static(module, item) for item in value)
    if isinstance(value, dict):
        return {key_of(key): as_static(module, item) for key, item in value.items()}
    if isinstance(value, str):
        return module.layer(value) or built_in(value) or value
    return value


def check_given(module: Module, given: Mapping[str, Any], report: Report) -> None:
    """Report arguments that no net of the file takes."""
    known = [parameter.name for definition in module.nets for parameter in definition.parameters]
    for name in given:
        if module.nets and name not in known:
            subject = "it takes" if len(module.nets) == 1 else "they take"
            takes = f"{subject} {', '.join(dict.fromkeys(known)) or 'none'}"
            message = f"no net of this file has an argument `{name}`"
            report.error("E220", message, module.nets[0].name_span, help=did_you_mean(name, known) or takes)
