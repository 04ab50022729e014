"""The figures of docs/lint.md: they are those of the examples as they stand, and no rule cries wolf."""

from __future__ import annotations

import json

import pytest

import netc.cli as cli
from netc.compiler.lint import all_rules
from netc.compiler.lint.files import net_files
from netc.compiler.lint.measure import EXAMPLES, RATE, WRITTEN, ZOO, measure, measured, to_text

COMMAND = "run `python -m netc.compiler.lint.measure`, then `python -m netc.compiler.lint.reference > docs/lint.md`"


def test_every_rule_and_every_example_is_measured() -> None:
    files, spoken = measured()
    assert list(spoken) == list(all_rules()), COMMAND
    assert files == [path.removeprefix(f"{EXAMPLES}/") for path in net_files(EXAMPLES)], COMMAND


def test_no_rule_cries_wolf() -> None:
    table = json.loads(WRITTEN.read_text("utf-8"))
    published = [file for file in table["files"] if file.startswith(f"{ZOO}/")]
    assert len(published) >= 40
    found = sum(sum(table["found"].get(file, {}).values()) for file in published)
    assert found <= RATE * len(published), table["found"]


def test_the_figures_of_a_few_are_true() -> None:
    table = json.loads(WRITTEN.read_text("utf-8"))
    chosen = [*net_files(EXAMPLES / "lecture"), *(str(EXAMPLES / ZOO / f"{name}.net") for name in ("alexnet", "vae"))]
    for one in measure(chosen, processes=1):
        assert one.found == table["found"].get(one.file, {}), COMMAND
        assert one.allowed == table["allowed"].get(one.file, {}), COMMAND


@pytest.mark.slow
def test_the_figures_are_true() -> None:
    assert WRITTEN.read_text("utf-8") == to_text(measure(processes=1)), COMMAND


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["rules", "--format", "json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [row["code"] for row in table["rules"]] == list(all_rules())
    assert table["measured_on"] == len(measured()[0])
    (biased,) = [row for row in table["rules"] if row["code"] == "L002"]
    assert (biased["fix"], biased["name"], biased["allowed"] > 0) == ("unsafe", "bias-before-norm", True)
    assert cli.run(["rules"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {rule.code}  {rule.name}" in text for rule in all_rules().values())
    assert cli.run(["rules", "--format", "md"]) == 0
    assert capsys.readouterr().out.count("\n| [L") == len(all_rules())


@pytest.mark.parametrize("code", all_rules())
def test_every_rule_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", code]) == 0
    assert capsys.readouterr().out.startswith(f"# {code} {all_rules()[code].name}\n")
