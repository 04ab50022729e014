"""docs/cli.md says what the program does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import netc.cli as cli
from netc.cli import failures

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")


def test_every_verb_is_a_file_and_on_the_page() -> None:
    files = {path.stem.rstrip("_") for path in (REPOSITORY / "netc" / "cli").iterdir()}  # a folder for one with ways
    assert set(cli.VERBS) <= files
    for verb in cli.VERBS:
        assert f"| `netc {verb}" in PAGE, f"docs/cli.md has no row for `netc {verb}`"
        assert cli.netc.get_command(cli.netc.make_context("netc", ["explain"]), verb) is not None


def test_every_exit_code_is_on_the_page() -> None:
    names = ("FINDINGS", "USAGE", "COMPILE", "DEVICE", "DATA", "DIVERGED", "BUG", "INTERRUPTED", "PIPE_CLOSED")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.M)}
    assert listed == {0, *(getattr(failures, name) for name in names)}


def test_the_summary_is_real(capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.S) if '"totals"' in block)
    assert cli.run(["summary", str(REPOSITORY / "examples/lecture/residual_cnn.net"), "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert shown["totals"] == found["totals"]
    assert list(shown) == list(found)
    assert shown["inputs"] == found["inputs"]
    assert {**shown["layers"][0], "span": None} == {**found["layers"][0], "span": None}


def test_the_rows_are_real(capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.S) if '"rows"' in block)
    file = str(REPOSITORY / "examples/zoo/resnet_cifar.net")
    assert cli.run(["summary", file, "--format", "json", "--depth", "1"]) == 0
    found = json.loads(capsys.readouterr().out)["rows"]
    (row,) = ({**row, "span": {**row["span"], "file": "resnet_cifar.net"}} for row in found if row["name"] == "stage1")
    assert shown == {"rows": [row]}


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help_of_every_verb(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: netc {verb}")
    assert "--color" in text
