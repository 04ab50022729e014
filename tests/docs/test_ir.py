"""docs/ir.md shows what `netc ir` prints, graphs that can be read, and Python that runs."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from shutil import which

import pytest

from netc.cli import run
from netc.compiler.ir.graph import DType
from netc.compiler.ir.text import to_text
from netc.compiler.ir.text_reader import from_text
from netc.compiler.ir.verify import verify

PAGE = (Path(__file__).parents[2] / "docs" / "ir.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.S | re.M)


@pytest.fixture(autouse=True)
def _tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = blocks("net")
    (tmp_path / "tiny.net").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)


def printed(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a line of a console prints: netc here, other commands in processes of their own."""
    first, pipe, rest = command.partition(" | ")
    first, _, target = first.partition(" > ")
    words = shlex.split(first)
    if words[0] != "netc":
        if which(words[0]) is None:
            pytest.skip(f"no {words[0]} here")
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout
    assert run(words[1:]) == 0
    text = capsys.readouterr().out
    if target:
        Path(target).write_text(text, "utf-8")
        return ""
    return subprocess.run(shlex.split(rest), input=text, capture_output=True, text=True).stdout if pipe else text


@pytest.mark.parametrize("block", blocks("console"))
def test_what_is_shown_is_what_is_printed(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = "".join(f"$ {command}\n{printed(command, capsys)}" for command in re.findall(r"^\$ (.*)$", block, re.M))
    assert found == block


@pytest.mark.parametrize("block", blocks("ir"))
def test_graphs_can_be_read(block: str) -> None:
    graph = from_text(block)
    verify(graph)
    assert to_text(graph) == block


@pytest.mark.parametrize("block", blocks("python"))
def test_python_runs(block: str) -> None:
    exec(compile(block, "docs/ir.md", "exec"), {})


def test_every_element_type_is_named() -> None:
    assert all(f"`{element}`" in PAGE for element in DType)
