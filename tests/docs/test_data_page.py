"""The ten minutes of docs/data.md are what happens: its program is run, and its commands print what it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from processes import surroundings
from warm import netc_in

from netc.runtime.data.spec import Options

PAGE = (Path(__file__).parents[2] / "docs/data.md").read_text(encoding="utf-8")
TOUR = PAGE[PAGE.index("## The card in ten minutes") : PAGE.index("### What is in it")]


def shell(line: str, folder: Path) -> str:
    """What a line prints, on both streams; `netc` is this one."""
    words = line.split()
    if words[0] == "netc":
        done = netc_in(folder, *words[1:])
    else:
        done = subprocess.run(
            line,
            cwd=folder,
            env=surroundings(),
            shell=True,
            text=True,
            encoding="utf-8",
            capture_output=True,
            timeout=120,
        )
    return done.stdout + done.stderr


def rough(line: str) -> str:
    """A line without the last digits of what was learned: those are of one machine."""
    return re.sub(r"(?<=\d\.)\d+", "#", line) if "%" in line or line.startswith("loss") else line


@pytest.mark.slow
def test_the_tour_is_real(tmp_path: Path) -> None:
    (net,), (program,) = (re.findall(rf"```{kind}\n(.*?)```", TOUR, re.DOTALL) for kind in ("net", "python"))
    (tmp_path / "flowers.net").write_text(net, encoding="utf-8")
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=60)
    blocks = re.findall(r"```console\n(.*?)```", TOUR, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        for told in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *shown = told.rstrip("\n").split("\n")
            printed = list(map(rough, shell(line, tmp_path).splitlines()))
            wanted = [rough(part) for part in shown if part != "…"]
            missing = [part for part in wanted if part not in printed]
            assert not missing, (line, printed)
            assert "…" in shown or sorted(wanted) == sorted(printed), (line, printed)


OF_CARDS = "top"
"""What no text says, but what a model says of the data that it was trained on."""


@pytest.mark.parametrize("option", [field.name for field in fields(Options) if field.name != OF_CARDS])
def test_every_option_is_on_the_page(option: str) -> None:
    assert f"| `{option}=" in PAGE
