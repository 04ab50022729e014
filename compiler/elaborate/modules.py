"""Files and what they define: blocks, nets, static binds, and what `use` brings in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from netc.compiler.elaborate.frame import Elaboration, Frame
from netc.compiler.elaborate.layer_values import LayerValue, Written
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Env, Ref, Scope
from netc.compiler.elaborate.values import POISON
from netc.compiler.ir import Graph
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label, Severity, Span, did_you_mean
from netc.grammar.parse import parse, parse_file

STANDARD = Path(__file__).resolve().parent.parent / "std"


class Module:
    """One file: its definitions by name. Static binds are computed when they are first used, in any order."""

    def __init__(self, file: ast.File, path: str, report: Report) -> None:
        self.file = file
        self.path = path
        self.report = report
        self.layers: dict[str, Written] = {}
        self.binds: dict[str, ast.Bind] = {}
        self.values: dict[str, Ref] = {}
        self.spans: dict[str, Span] = {}
        self.nets: list[ast.Net] = []
        self.trains: list[ast.Train] = []
        self.broken: set[str] = set()
        self.applied: set[str] = set()
        self.words = set(_keys(file.items))
        self._running: set[str] = set()

    def define(self, findings: Sequence[Diagnostic] = ()) -> None:
        """Enter what the file itself defines; a second definition of a name is an error.

        findings  about the syntax: what they are about is incomplete, and stands for nothing, silently
        """
        wrong = [(found.primary.span.line, found.primary.span.end_line) for found in findings
                 if found.primary is not None and found.severity is Severity.ERROR]  # fmt: skip
        outside = any(not any(_within(line, item) for item in self.file.items) for line, _ in wrong)
        for item in self.file.items:
            broken = outside or any(_within(first, item) or _within(last, item) for first, last in wrong)
            if broken and not isinstance(item, ast.Use):
                self._set_aside(item)
            elif isinstance(item, (ast.Block, ast.Net)):
                if self.claim(item.name, item.name_span):
                    self.layers[item.name] = Written(item.name, None, item, self)
                if isinstance(item, ast.Net):
                    self.nets.append(item)
            elif isinstance(item, ast.Bind):
                for target in item.targets:
                    if self.claim(target.id, target.span):
                        self.binds[target.id] = item
            elif isinstance(item, ast.Train):
                self.trains.append(item)

    def bound_near(self, node: ast.Name) -> ast.Name | None:
        """A bind of a name in the block or net around a place, which isn't in sight there."""
        for item in self.file.items:
            if isinstance(item, (ast.Block, ast.Net)) and item.span <= node.span and _within(node.span.line, item):
                return next((target for target in _targets(item.body) if target.id == node.id), None)
        return None

    def _set_aside(self, item: ast.Item) -> None:
        names = [target.id for target in item.targets] if isinstance(item, ast.Bind) else []
        if isinstance(item, (ast.Block, ast.Net)):
            names = [item.name]
        for name in names:
            self.broken.add(name)
            self.values[name] = Ref(POISON, item.span)

    def claim(self, name: str, span: Span) -> bool:
        """Whether a name is free in the file; otherwise it is reported."""
        known = self.spans.setdefault(name, span)
        if known is span:
            return True
        self.report.error(
            "E205",
            f"`{name}` is defined already",
            span,
            secondary=[Label(known, "first defined here")],
            help="give one of them another name",
        )
        return False

    def layer(self, name: str) -> LayerValue | None:
        """A block or net of the file, or one that it uses."""
        return self.layers.get(name)

    def layer_names(self) -> Iterator[str]:
        """The blocks and nets in sight."""
        yield from self.layers

    def static_names(self) -> Iterator[str]:
        """The file's static binds."""
        yield from self.binds
        yield from self.values

    def static(self, name: str) -> Ref | None:
        """The value of a static bind, or None where there is none of this name."""
        if name in self.values:
            return self.values[name]
        bind = self.binds.get(name)
        if bind is None:
            return None
        if name in self._running:
            self.report.error("E215", f"`{name}` is computed from itself", bind.span)
            return Ref(POISON, bind.span)
        self._running.add(name)
        self._evaluate(bind)
        self._running.discard(name)
        return self.values[name]

    def _evaluate(self, bind: ast.Bind) -> None:
        from netc.compiler.elaborate import expressions
        from netc.compiler.elaborate.values import is_flowing, kind

        frame = self.frame()
        value: Any = POISON
        if bind.shared or not isinstance(bind.value, ast.Flow):
            what = "`shared`" if bind.shared else "control"
            self.report.error("E213", f"{what} stands in a net or block", bind.span, help="move it into a net")
        else:
            element = bind.value.elements[0] if len(bind.value.elements) == 1 else bind.value
            if isinstance(element, ast.Braced):
                self.report.error("E213", "a file binds static values, found a flow", bind.span,
                                  help="write a block for layers")  # fmt: skip
            else:
                value = expressions.evaluate(frame, element)
        if is_flowing(value) and value is not POISON:
            self.report.error("E213", f"a file binds static values, found {kind(value)}", bind.span)
            value = POISON
        names = bind.targets
        if len(names) > 1 and value is not POISON and (not isinstance(value, tuple) or len(value) != len(names)):
            self.report.error("E208", f"{len(names)} names for {kind(value)}", bind.span)
            value = POISON
        for number, target in enumerate(names):
            part = value if len(names) == 1 or value is POISON else value[number]
            self.values[target.id] = Ref(part, target.span)

    def frame(self) -> Frame:
        """A frame in which the file's own static expressions are computed."""
        return Frame(Elaboration(self.report, Graph(self.path)), self, Env(None), Scope())


def _keys(node: Any) -> Iterator[str]:
    """The words that are keys of tables: they may stand for themselves where a table is asked."""
    if isinstance(node, tuple):
        for item in node:
            yield from _keys(item)
    elif isinstance(node, ast.Syntax):
        if isinstance(node, ast.Table):
            yield from (key.id for key, _ in node.entries if isinstance(key, ast.Name))
        for field in fields(node):
            yield from _keys(getattr(node, field.name))


def _targets(node: Any) -> Iterator[ast.Name]:
    """Every name that a bind gives somewhere inside."""
    if isinstance(node, tuple):
        for item in node:
            yield from _targets(item)
    elif isinstance(node, ast.Syntax):
        if isinstance(node, ast.Bind):
            yield from node.targets
        for field in fields(node):
            yield from _targets(getattr(node, field.name))


class Loader:
    """Reads files and everything they use, each once."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.modules: dict[Path, Module] = {}
        self.sources: dict[str, str] = {}
        self._open: list[Path] = []

    def load(self, path: str, source: str | None = None) -> Module:
        """A file's module; findings go to the report."""
        file, findings = parse_file(path) if source is None else parse(source, path)
        for finding in findings:
            self.report.add(finding)
        return self._module(file, path, Path(path).resolve(), findings)

    def _module(self, file: ast.File, path: str, key: Path, findings: Sequence[Diagnostic]) -> Module:
        self.sources[path] = file.source
        module = Module(file, path, self.report)
        self.modules[key] = module
        self._open.append(key)
        module.define(findings)
        for item in file.items:
            if isinstance(item, ast.Use):
                self._use(module, item)
        self._open.pop()
        return module

    def _use(self, module: Module, use: ast.Use) -> None:
        found = self._find(module, use)
        for wanted in use.names:
            if found is None:
                module.values.setdefault(wanted.alias, Ref(POISON, use.span))
                continue
            layer, bound = found.layers.get(wanted.name), found.static(wanted.name)
            if layer is None and bound is None:
                known = [*found.layers, *found.binds]
                self.report.error(
                    "E211",
                    f"`{_shown(use)}` defines no `{wanted.name}`",
                    wanted.span,
                    help=did_you_mean(wanted.name, known) or f"it defines {', '.join(known) or 'nothing'}",
                )
                module.values.setdefault(wanted.alias, Ref(POISON, wanted.span))
            elif module.claim(wanted.alias, wanted.span):
                if layer is not None:
                    module.layers[wanted.alias] = Written(wanted.alias, None, layer.definition, layer.module)
                else:
                    assert bound is not None
                    module.values[wanted.alias] = Ref(bound.value, wanted.span)

    def _find(self, module: Module, use: ast.Use) -> Module | None:
        if use.path is not None:
            target = Path(module.path).parent / use.path
        elif use.module is not None and use.module[0] == "std" and len(use.module) > 1:
            target = STANDARD.joinpath(*use.module[1:]).with_suffix(".net")
        else:
            self.report.error("E210", f"no library is called `{_shown(use)}`", use.span,
                              help='write `use std.resnet (…)` or a path: `use "file.net" (…)`')  # fmt: skip
            return None
        key = target.resolve()
        if key in self._open:
            self.report.error("E212", f"`{_shown(use)}` uses this file in turn", use.span,
                              help="move what both need into a third file")  # fmt: skip
            return None
        if key in self.modules:
            return self.modules[key]
        if not target.is_file():
            names = [path.stem for path in STANDARD.glob("*.net")] if use.module else []
            near = did_you_mean(use.module[-1], names) if use.module else None
            library = f"the standard library has {', '.join(sorted(names))}"
            help = near or (library if use.module else "paths are relative to the file that uses them")
            self.report.error("E210", f"there is no file `{_shown(use)}`", use.span, help=help)
            return None
        shown = str(target) if use.path is not None else f"std/{target.name}"
        file, findings = parse_file(target)
        if use.path is None:
            file, findings = parse(file.source, shown)
        for finding in findings:
            self.report.add(finding)
        return self._module(file, shown, key, findings)


def _within(line: int, item: ast.Item) -> bool:
    return item.span.line <= line <= item.span.end_line


def _shown(use: ast.Use) -> str:
    return use.path if use.path is not None else ".".join(use.module or ())
