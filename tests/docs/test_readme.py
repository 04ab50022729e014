"""The README shows what the commands really print, and its first network is the one that `make demo` trains."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netc.cli import run
from netc.compiler.check import check

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DIGITS = ROOT / "examples" / "lecture" / "digits.net"
CONSOLE = re.findall(r"```console\n\$ (netc .*)\n(.*?)```", README, re.S)
LINE, EDIT = "  conv(width, 3x3, pad=same)\n", "  conv(2 * width, 3x3, pad=same)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The README's folder after its edit: examples/ and mine.net."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = DIGITS.read_text()
    assert text.count(LINE) == 1
    assert EDIT.strip() in README
    (tmp_path / "mine.net").write_text(text.replace(LINE, EDIT))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), CONSOLE)
@pytest.mark.usefixtures("folder")
def test_what_is_shown_is_what_is_printed(command: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, *arguments = shlex.split(command)
    run(arguments)
    assert capsys.readouterr().out == shown


def test_the_repair_is_one(folder: Path) -> None:
    text = (folder / "mine.net").read_text()
    repaired = text.replace("add(skip) -> relu", "add(skip -> conv(32, 1x1)) -> relu")
    assert repaired != text
    assert "`add(skip -> conv(32, 1x1)) -> relu`" in README
    assert not check("mine.net", repaired).diagnostics


def test_the_first_network_is_the_demo_s() -> None:
    (shown,) = re.findall(r"```net\n(.*?)```", README, re.S)

    def code(text: str) -> list[str]:
        return [line for line in (re.sub(r"\s*#.*", "", line) for line in text.splitlines()) if line]

    assert code(shown) == code(DIGITS.read_text())


def test_every_page_that_is_linked_is_there() -> None:
    pages = re.findall(r"\]\((docs/[\w.]+)\)", README)
    assert pages
    assert [page for page in pages if not (ROOT / page).exists()] == []
