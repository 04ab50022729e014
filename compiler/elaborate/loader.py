"""Files and what `use` brings in, each read once, within the project and within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from netc.compiler.elaborate.module import Module, Written
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static_binds import compute
from netc.compiler.elaborate.values import POISON
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, did_you_mean
from netc.grammar.limits import FILE, USE_BYTES, USE_DEPTH, USE_FILES
from netc.grammar.opening import clipped, is_file, read_file, resolved
from netc.grammar.parse import parse
from netc.grammar.project import may_use, root_of
from netc.grammar.reading import parse_bytes, parse_file

STANDARD = Path(__file__).resolve().parent.parent / "std"


class Loader:
    """Reads files and everything they use, each once; `given` are texts of files that aren't there to be read."""

    def __init__(self, report: Report, given: Mapping[Path, str] | None = None) -> None:
        self.report = report
        self.given = given or {}
        self.modules: dict[Path, Module] = {}
        self.sources: dict[str, str] = {}
        self._open: list[Path] = []
        self._root = Path()
        self._bytes = 0

    @classmethod
    def beside(cls, path: str, texts: Mapping[str, str], report: Report) -> Loader:
        """One that has texts at hand of what lies beside a file, by their names relative to it."""
        return cls(report, {resolved(Path(path).parent / name): text for name, text in texts.items()})

    def load(self, path: str, source: str | bytes | None = None) -> Module:
        """A file's module; findings go to the report. `source` is its content, where that is not to be read."""
        self._root = root_of(path)
        file, findings = parse_file(path, self.parsed) if source is None else self.parsed(source, path)
        return self._module(file, path, resolved(path), findings)

    def parsed(self, source: str | bytes, path: str) -> tuple[ast.File, list[Diagnostic]]:
        """The tree of a file's content; findings call the file `path`."""
        return parse(source, path) if isinstance(source, str) else parse_bytes(source, path)

    def parsed_again(self, source: bytes, path: str) -> tuple[ast.File, list[Diagnostic]]:
        """The same of a file that others use too: many of a folder's files use the same few."""
        file, findings = _parsed(source, path)
        return file, list(findings)

    def take_apart(self) -> None:
        """Let go of the modules, which nobody asks any more: each knows its blocks, and they their module."""
        for module in self.modules.values():
            module.layers.clear()
            module.values.clear()

    def module(self, file: ast.File, path: str) -> Module:
        """The module of a file, before it defines anything."""
        return Module(file, path, self.report, compute)

    def define(self, module: Module, findings: Sequence[Diagnostic]) -> None:
        """Enter what a file defines."""
        module.define(findings)

    def _module(self, file: ast.File, path: str, key: Path, findings: Sequence[Diagnostic]) -> Module:
        for finding in findings:
            self.report.add(finding)
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
            target = Path(module.path).parent / use.path.replace("\0", "\ufffd")
        elif use.module is not None and use.module[0] == "std" and len(use.module) > 1:
            target = STANDARD.joinpath(*use.module[1:]).with_suffix(".net")
        else:
            self.report.error("E210", f"no library is called `{_shown(use)}`", use.span,
                              help='write `use std.resnet (…)` or a path: `use "file.net" (…)`')  # fmt: skip
            return None
        key = resolved(target)
        if key in self._open:
            self.report.error("E212", f"`{_shown(use)}` uses this file in turn", use.span,
                              help="move what both need into a third file")  # fmt: skip
            return None
        if key in self.modules:
            return self.modules[key]
        text = self.given.get(key)
        if text is None and use.path is not None and not self._may_read(use, key):
            return None
        if text is None and not is_file(target):
            self._missing(use)
            return None
        self._count(use)
        shown = str(target) if use.path is not None else f"std/{target.name}"
        file, findings = self._read(target, shown, use) if text is None else self.parsed(text, shown)
        self._bytes += len(file.source)
        if self._bytes > USE_BYTES.value:
            message = f"with `{_shown(use)}` this text uses more than {USE_BYTES.shown(USE_BYTES.value)}"
            raise USE_BYTES.error(message, Label(use.span))
        return self._module(file, shown, key, findings)

    def _read(self, target: Path, shown: str, use: ast.Use) -> tuple[ast.File, list[Diagnostic]]:
        """A used file, whose own findings are told in it, and those about opening it at the `use`."""
        try:
            return self.parsed_again(read_file(target, FILE), shown)
        except DiagnosticError as error:
            findings = [replace(found, primary=found.primary or Label(use.span)) for found in error.diagnostics]
        except OSError as error:
            message = f"cannot read `{_shown(use)}`: {(error.strerror or str(error)).lower()}"
            findings = [Diagnostic("E100", message, Label(use.span), help="check the path and its permissions")]
        return parse("", shown)[0], findings

    def _may_read(self, use: ast.Use, key: Path) -> bool:
        """Whether a path leads to a text of the project; otherwise it is reported, and nothing of the file is read."""
        if key.suffix != ".net":
            self.report.error("E138", f"`{_shown(use)}` is no .net file", use.span,
                              help="`use` reads blocks and nets from files that end in `.net`")  # fmt: skip
            return False
        if may_use(key, self._root):
            return True
        self.report.error(
            "E138",
            f"`{_shown(use)}` is outside of the project",
            use.span,
            notes=[f"the project is {self._root}: the nearest folder with a pyproject.toml, netc.toml or .git, "
                   "else that of the text"],
            help="copy the file into the project, or give `--allow-outside` where you trust the text",
        )  # fmt: skip
        return False

    def _missing(self, use: ast.Use) -> None:
        names = [path.stem for path in STANDARD.glob("*.net")] if use.module else []
        near = did_you_mean(use.module[-1], names) if use.module else None
        library = f"the standard library has {', '.join(sorted(names))}"
        help = near or (library if use.module else "paths are relative to the file that uses them")
        self.report.error("E210", f"there is no file `{_shown(use)}`", use.span, help=help)

    def _count(self, use: ast.Use) -> None:
        """Refuse one file more than the limits allow, before it is read."""
        if len(self._open) > USE_DEPTH.value:
            raise USE_DEPTH.error(
                f"`{_shown(use)}` is used through {counted(len(self._open), 'file')}", Label(use.span)
            )
        if len(self.modules) > USE_FILES.value:
            raise USE_FILES.error(
                f"with `{_shown(use)}` this text uses {counted(len(self.modules), 'file')}", Label(use.span)
            )


@lru_cache(maxsize=32)
def _parsed(source: bytes, path: str) -> tuple[ast.File, tuple[Diagnostic, ...]]:
    file, findings = parse_bytes(source, path)
    return file, tuple(findings)


def _shown(use: ast.Use) -> str:
    return clipped(use.path) if use.path is not None else ".".join(use.module or ())
