"""Every finding is written with a way out: searched for in the source."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

CODE = re.compile(r"E\d{3}")
WITH_A_WAY_OUT_OF_ITS_OWN = {
    "errors.py": "of the operating system, whose words say it: no such file, no permission",
    "state.py": "given by the function that makes all findings about an optimizer's state",
}


def test_findings_have_ways_out() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {ast.unparse(call)[:90]}"
        for folder in ("compiler", "runtime")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.name not in WITH_A_WAY_OUT_OF_ITS_OWN
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and _reports(call)
        and not any(word.arg in ("help", None) for word in call.keywords)
    ]
    assert not missing, "\n".join(missing)


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


def _reports(call: ast.Call) -> bool:
    """`frame.error("E205", …)`, `error("E504", …)` and `Diagnostic("E604", …)`."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0] if call.args else None
    return (
        called in ("error", "Diagnostic") and isinstance(first, ast.Constant) and bool(CODE.fullmatch(str(first.value)))
    )
