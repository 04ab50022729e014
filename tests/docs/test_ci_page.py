"""docs/ci.md: forty files are kept with the six lines that it shows, and say what it says they say."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from netc.cli import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
HOOKS = dict(
    re.findall(r"^- id: (\S+)\n(?:  .*\n)*?  entry: (.+)$", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.M)
)
CONSOLE = re.findall(r"```console\n\$ (netc [^\n]*)\n(.*?)```", PAGE, re.S)
EDITS = {
    "gpt2.net": ("depth = 12", "depth = 24"),
    "resnet_cifar.net": (", bias=false", ""),
    "digits.net": ("conv(width, 3x3, pad=same, act=relu)", "conv(width,3x3,pad = same,act = relu)"),
}


def block(name: str) -> str:
    """The block of the page under a file's name."""
    found = re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)```", PAGE, re.S)
    assert found is not None, name
    return found.group(1)


def forty(folder: Path) -> Path:
    """A repository of forty files of netc's examples, with the page's configuration."""
    names: set[str] = set()
    (folder / "nets").mkdir()
    for path in sorted((ROOT / "examples").rglob("*.net"), key=lambda path: path.name):
        text = path.read_text(encoding="utf-8")
        if len(names) < 40 and path.name not in names and 'use "' not in text:
            names.add(path.name)
            (folder / "nets" / path.name).write_text(text, encoding="utf-8")
    assert len(names) == 40
    for name in ("pyproject.toml", ".pre-commit-config.yaml"):
        (folder / name).write_text(block(name), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return forty(tmp_path_factory.mktemp("forty"))


def test_six_lines() -> None:
    lines = (block("pyproject.toml") + block(".pre-commit-config.yaml")).strip().splitlines()
    assert len(lines) == 6
    assert tomllib.loads(block("pyproject.toml"))["tool"]["netc"]["budget"]
    used = re.findall(r"id: ([\w-]+)", block(".pre-commit-config.yaml"))
    assert used
    assert set(used) <= set(HOOKS) == {"netc-check", "netc-lint", "netc-fmt"}


@pytest.mark.slow
def test_forty_files_pass_and_three_edits_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entries of the hooks, called as pre-commit does; then what the page shows."""
    monkeypatch.chdir(folder)
    files = [f"nets/{path.name}" for path in sorted((folder / "nets").iterdir())]
    for hook in ("netc-fmt", "netc-lint"):
        assert run([*shlex.split(HOOKS[hook])[1:], *files]) == 0, capsys.readouterr()
    for name, (before, after) in EDITS.items():
        text = (folder / "nets" / name).read_text()
        assert before in text
        (folder / "nets" / name).write_text(text.replace(before, after, 1))
    edited = [f"nets/{name}" for name in EDITS]
    assert run([*shlex.split(HOOKS["netc-check"])[1:], *edited]) == 1
    capsys.readouterr()
    assert [command for command, _ in CONSOLE] == ["netc fmt --diff nets", "netc lint --format concise nets"]
    for command, shown in CONSOLE:
        assert run(shlex.split(command)[1:]) == 1
        assert capsys.readouterr().out == shown
    assert run([*shlex.split(HOOKS["netc-fmt"])[1:], *edited]) == 0
    assert run(["fmt", "--check", *edited]) == 0
