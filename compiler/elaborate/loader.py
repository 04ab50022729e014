"""Files and what `use` brings in, each read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from netc.compiler.elaborate.module import Module, Written
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static_binds import compute
from netc.compiler.elaborate.values import POISON
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, did_you_mean
from netc.grammar.parse import parse, parse_bytes, parse_file

STANDARD = Path(__file__).resolve().parent.parent / "std"


class Loader:
    """Reads files and everything they use, each once; `given` are texts of files that aren't there to be read."""

    def __init__(self, report: Report, given: Mapping[Path, str] | None = None) -> None:
        self.report = report
        self.given = given or {}
        self.modules: dict[Path, Module] = {}
        self.sources: dict[str, str] = {}
        self._open: list[Path] = []

    def load(self, path: str, source: str | bytes | None = None) -> Module:
        """A file's module; findings go to the report. `source` is its content, where that is not to be read."""
        file, findings = self.parsed(Path(path), path, source)
        for finding in findings:
            self.report.add(finding)
        return self._module(file, path, Path(path).resolve(), findings)

    def parsed(self, path: Path, shown: str, source: str | bytes | None) -> tuple[ast.File, list[Diagnostic]]:
        """The tree of a file, which findings call `shown`; `source` is its content, where that is not to be read."""
        if source is None:
            try:
                source = path.read_bytes()
            except OSError:
                return parse_file(shown)
        return parse(source, shown) if isinstance(source, str) else parse_bytes(source, shown)

    def module(self, file: ast.File, path: str) -> Module:
        """The module of a file, before it defines anything."""
        return Module(file, path, self.report, compute)

    def define(self, module: Module, findings: Sequence[Diagnostic]) -> None:
        """Enter what a file defines."""
        module.define(findings)

    def _module(self, file: ast.File, path: str, key: Path, findings: Sequence[Diagnostic]) -> Module:
        self.sources[path] = file.source
        module = self.module(file, path)
        self.modules[key] = module
        self._open.append(key)
        self.define(module, findings)
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
        text = self.given.get(key)
        if text is None and not target.is_file():
            names = [path.stem for path in STANDARD.glob("*.net")] if use.module else []
            near = did_you_mean(use.module[-1], names) if use.module else None
            library = f"the standard library has {', '.join(sorted(names))}"
            help = near or (library if use.module else "paths are relative to the file that uses them")
            self.report.error("E210", f"there is no file `{_shown(use)}`", use.span, help=help)
            return None
        shown = str(target) if use.path is not None else f"std/{target.name}"
        file, findings = self.parsed(target, shown, text)
        for finding in findings:
            self.report.add(finding)
        return self._module(file, shown, key, findings)


def _shown(use: ast.Use) -> str:
    return use.path if use.path is not None else ".".join(use.module or ())
