"""Every finding is written with a way out: searched for in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_trees import trees

ROOT = Path(__file__).parents[2]

CODE = re.compile(r"[A-Z]\d{3}")
FOLDERS = ("grammar", "compiler", "runtime", "netc")
REPORTERS = ("error", "warning", "finding", "Diagnostic")
WITH_A_WAY_OUT_OF_ITS_OWN = {
    "runtime/data/errors.py": "of the operating system, whose words say it: no such file, no permission",
    "compiler/weights/state.py": "given by the function that makes all findings about an optimizer's state",
}
PLAIN = ("paper.name", "REGISTRIES[kind].plural")
"""Words of netc's own that a command may hold as they are."""


def test_findings_have_ways_out() -> None:
    missing = [
        f"{name}:{line}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) not in WITH_A_WAY_OUT_OF_ITS_OWN
        for line in _without_a_way_out(path.read_text("utf-8"))
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "help=None",
        "help=did_you_mean(name, known)",
        "help='remove it' if name else None",
        "help=near or did_you_mean(name, known)",
        "help=help",
    ],
)
def test_what_may_be_none_is_no_way_out(given: str) -> None:
    text = f"def check(near, name, known):\n  help = did_you_mean(name, known)\n  report.error('E220', 'no', {given})"
    assert _without_a_way_out(text) == [3]
    mended = text.replace("None", "'leave it out'").replace("(name, known)", "(name, known) or 'leave it out'")
    assert _without_a_way_out(mended) == ([] if given else [3])


def test_nobody_is_told_to_install_netc_by_its_name() -> None:
    """It is not published: what is published under the name, `netc[plot]` too, would be a stranger's program."""
    told = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("grammar", "compiler", "runtime", "netc", "docs", "editors", "examples")
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in (".py", ".md", ".lua", ".js", ".json")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"pip install (-\S+ )*['\"]?netc\b(?!\.git)", line)
    ]
    assert not told, "\n".join(told)


def test_commands_can_be_pasted() -> None:
    """What is put into a command that is offered is a word as `grammar/shell.py` makes one, but for plain words."""
    found = [
        f"{path}:{node.lineno}: {value}"
        for path, tree in trees(*FOLDERS, saying=r"`(?:netc|mkdir) [^`]*\{")
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for value in _unquoted(node)
    ]
    assert not found, "\n".join(found)


def test_an_unquoted_one_is_seen() -> None:
    text = 'f"{a}: run `netc check {file}`, or `netc fmt {shell_word(file)}` of {b}, or `mkdir {c}`"'
    (string,) = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.JoinedStr)]
    assert list(_unquoted(string)) == ["file", "c"]


def _unquoted(string: ast.JoinedStr) -> Iterator[str]:
    """What stands in the string's commands as it is."""
    before = ""
    for part in string.values:
        if isinstance(part, ast.Constant):
            before += str(part.value)
            continue
        value = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
        command = before.rpartition("`")[2] if before.count("`") % 2 else ""
        if command.startswith(("netc ", "mkdir ")) and not value.startswith("shell_word(") and value not in PLAIN:
            yield value
        before += "x"


def _without_a_way_out(text: str) -> list[int]:
    """The lines of a module that make a finding whose way out is missing or may be None."""
    if not any(f"{word}(" in text for word in REPORTERS):
        return []
    nodes = list(ast.walk(ast.parse(text)))
    calls = {node: set[str]() for node in nodes if isinstance(node, ast.Call) and _reports(node)}
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)] if calls and _maybe_none(nodes) else []
    for function in functions:
        inside = list(ast.walk(function))
        names = _maybe_none(inside)
        calls |= {node: names for node in inside if isinstance(node, ast.Call) and node in calls}
    return sorted(call.lineno for call, names in calls.items() if not _has_a_way_out(call, names))


def _reports(call: ast.Call) -> bool:
    """`frame.error("E205", …)`, `report.warning(CODE, …)`, `finding("E504", …)` and `Diagnostic("E604", …)`."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return called in REPORTERS and bool(call.args) and _is_code(call.args[0])


def _is_code(value: ast.expr) -> bool:
    """A code as it is, or by a name in capitals."""
    if isinstance(value, ast.Name):
        return value.id.isupper()
    return isinstance(value, ast.Constant) and bool(CODE.fullmatch(str(value.value)))


def _maybe_none(nodes: list[ast.AST]) -> set[str]:
    """The names that are bound to what may be None."""
    return {
        name.id
        for bind in nodes
        if isinstance(bind, ast.Assign) and _may_be_none(bind.value, set())
        for target in bind.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }


def _has_a_way_out(call: ast.Call, names: set[str]) -> bool:
    """Whether `help` is given, by its name or as the grammar's third, and is never None; `**` may hold it."""
    given = [word.value for word in call.keywords if word.arg in ("help", None)]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "finding":
        given += call.args[2:3]
    return bool(given) and not any(_may_be_none(help, names) for help in given)


def _may_be_none(help: ast.expr, names: set[str]) -> bool:
    match help:
        case ast.IfExp(body=body, orelse=orelse):
            return _may_be_none(body, names) or _may_be_none(orelse, names)
        case ast.BoolOp(values=values):
            return _may_be_none(values[-1], names)
        case ast.Call(func=ast.Name(id=called)):
            return called == "did_you_mean"
        case ast.Name(id=name):
            return name in names
        case ast.Constant(value=value):
            return not value
    return False
