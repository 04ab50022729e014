"""What the commands say, word for word. The folder is the verb: `lint/L001_cut.net` runs `netc lint L001_cut.net`.

A first line `# args: --format json` adds arguments. A `.args` file holds the arguments of a command without a file
of its own; in the folder `netc` the verb, too. A case of `lint` that is called after a rule, and says no arguments,
selects that rule, so that another rule changes nothing here. Beside each case stands its `.out`: stdout, stderr, exit
code.
`pytest tests/golden --update-golden` rewrites them: read the difference before you keep it.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netc.cli import run

HERE = Path(__file__).parent
CASES = sorted(path for path in HERE.glob("*/*") if path.suffix in (".net", ".args"))
LONGEST = 60


def command(case: Path) -> list[str]:
    verb = [] if case.parent.name == "netc" else [case.parent.name]
    first, *_ = case.read_text("utf-8", errors="replace").splitlines() or [""]
    if case.suffix == ".args":
        return [*verb, *shlex.split(first)]
    if first.startswith("# args:"):
        return [*verb, case.name, *shlex.split(first.removeprefix("# args:"))]
    rule = re.match(r"[A-Z]+\d+(?=_)", case.name)
    return [*verb, case.name, *(("--select", rule[0]) if rule else ())]


def transcript(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    code = run(arguments)
    said = capsys.readouterr()
    parts = [f"$ netc {shlex.join(arguments)}\n", said.out]
    if said.err:
        parts.append(f"--- stderr\n{said.err}")
    text = "".join(part if part.endswith("\n") or not part else part + "\n" for part in parts)
    return f"{text}exit {code}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_golden(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(case.parent)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    found = transcript(command(case), capsys).replace(str(case.parent), "FOLDER")
    expected = case.with_suffix(".out")
    if request.config.getoption("--update-golden", default=False):
        expected.write_text(found, "utf-8")
    assert expected.is_file(), f"run `pytest tests/golden --update-golden` to write {expected.name}:\n{found}"
    assert found == expected.read_text("utf-8")
    assert found.count("\n") <= LONGEST, "a golden file that long is read by nobody"


def test_every_out_has_its_case() -> None:
    orphans = [
        path for path in HERE.glob("*/*.out") if not any(path.with_suffix(s).exists() for s in (".net", ".args"))
    ]
    assert not orphans


def test_there_are_cases() -> None:
    assert CASES
