"""The pictures of docs/drawings.md are what the commands beside them write, to the byte; its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netc.cli import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/drawings.md").read_text("utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^\$ netc (.*)$", PAGE, re.M)]


@pytest.mark.quick(1)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: Path(words[-1]).stem)
def test_a_picture_is_that_of_its_command(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changes drawings runs the commands of the page, and looks at the pictures before they are kept."""
    monkeypatch.chdir(ROOT)
    *before, shown = words
    assert run([*before, str(tmp_path / "a.svg")]) == 0
    assert (tmp_path / "a.svg").read_bytes() == (ROOT / shown).read_bytes()


def test_every_picture_is_on_the_page() -> None:
    shown = set(re.findall(r"\]\((pictures/[\w-]+\.svg)\)", PAGE))
    assert shown == {f"pictures/{Path(words[-1]).name}" for words in COMMANDS}
    assert shown == {f"pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()}


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(compile(block, "docs/drawings.md", "exec"), {})
    assert (tmp_path / "lenet.html").is_file()
