"""`netc budget`: the table, and that `--update` only ever lowers, only what it should, and keeps the rest as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netc.cli as cli
from netc.compiler.lint import lint
from netc.compiler.lint.config import forget


def net(width: int, expect: str = "") -> str:
    return f"net A {{\n  input x: 10\n  dense({width}, bias=false)  # as wide as can be\n{expect}}}\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/small.net").write_text(net(3))
    (tmp_path / "nets/large.net").write_text(net(7))
    (tmp_path / "own.net").write_text(net(5, "  expect params <= 0.3k and layers == 1  # ours\n"))
    settings = '# what we may cost\n[budget]\n"nets/**" = "params <= 1k and flops < 1M"   # for the sensor\n'
    (tmp_path / "netc.toml").write_text(settings + '"**" = "layers <= 1"\n')
    forget()
    return tmp_path


def run(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    forget()
    code = cli.run(["budget", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_table(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("--format", "json", capsys=capsys)
    told = json.loads(out)
    rows = {(row["file"], row["measure"]): (row["figure"], row["source"], row["status"]) for row in told["budgets"]}
    assert code == 0
    assert rows == {
        ("nets/large.net", "layers"): (1, "**", "held"), ("nets/large.net", "params"): (70, "nets/**", "held"),
        ("nets/large.net", "flops"): (70, "nets/**", "held"), ("nets/small.net", "layers"): (1, "**", "held"),
        ("nets/small.net", "params"): (30, "nets/**", "held"), ("nets/small.net", "flops"): (30, "nets/**", "held"),
        ("own.net", "params"): (50, "expect", "held"), ("own.net", "layers"): (1, "expect", "held"),
    }  # fmt: skip
    assert told["without"] == []
    (tree / "nets/large.net").write_text(net(700))
    code, out, _ = run(capsys=capsys)
    assert code == 1
    assert "missed" in out


def test_update_lowers(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--update", capsys=capsys)[0] == 0
    text = (tree / "netc.toml").read_text()
    assert '# what we may cost\n[budget]\n"nets/**" = "params <= 70 and flops < 71"   # for the sensor\n' in text
    assert "expect params <= 50 and layers == 1  # ours" in (tree / "own.net").read_text()
    forget()
    assert lint(["."], select=("L008",)).diagnostics == []
    code, _, err = run("--update", capsys=capsys)
    assert (code, err) == (0, "every budget is as low as it can be, or missed\n")


def test_update_never_raises(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "nets/large.net").write_text(net(7000))
    assert run("--update", capsys=capsys)[0] == 1
    assert '"params <= 1k and flops < 70_001"' in (tree / "netc.toml").read_text()


@pytest.mark.parametrize("path", ["nets/small.net", "own.net", "."])
def test_a_pattern_is_about_nets_that_were_not_asked_for(
    tree: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(path, "--update", capsys=capsys)
    forget()
    assert lint(["."], select=("L008",)).diagnostics == []


def test_nothing_is_lowered_beside_a_file_that_does_not_compile(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "nets/wrong.net").write_text("net A { input x: 3\n dens(3) }\n")
    before = (tree / "netc.toml").read_text()
    code, out, err = run("--update", capsys=capsys)
    assert code == 1
    assert "E202" in err
    assert "nets/small.net" in out
    assert (tree / "netc.toml").read_text() == before


def test_what_is_not_measured(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "own.net").write_text(net(5, "  expect latency(batch=1) <= 5ms\n"))
    code, out, _ = run("own.net", capsys=capsys)
    assert code == 0
    assert "latency(batch=1) <= 5ms" in out
    assert "not measured" in out
    run("own.net", "--update", capsys=capsys)
    assert "<= 5ms" in (tree / "own.net").read_text()


def test_a_missed_expectation_is_shown(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "own.net").write_text(net(5, "  expect params <= 3\n"))
    code, out, err = run("own.net", capsys=capsys)
    assert (code, err) == (1, "")
    assert "missed" in out


def test_settings_of_pyproject(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = '[project]\nname = "nets/**"\n[tool.netc.budget]\n"nets/**" = "params <= 1k"\nother = "params <= 1k"\n'
    (tree / "netc.toml").unlink()
    (tree / "pyproject.toml").write_text(text)
    assert run("--update", capsys=capsys)[0] == 0
    assert (tree / "pyproject.toml").read_text() == text.replace('"params <= 1k"\nother', '"params <= 70"\nother')


def test_expects_in_an_if(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that the net's arguments pick are its budgets; of a missed one the figure is told all the same."""
    (tree / "netc.toml").unlink()
    text = (
        "net A(n = 5) {\n  input x: 10\n  dense(n, bias=false)\n"
        "  if n == 5 { expect params <= 60 } else if n == 6 { expect params <= 61 } else { expect layers == 1 }\n}\n"
    )
    (tree / "own.net").write_text(text)
    code, out, _ = run("own.net", "--format", "json", capsys=capsys)
    told = json.loads(out)
    assert code == 0
    assert [(row["condition"], row["figure"]) for row in told["budgets"]] == [("params <= 60", 50)]
    assert told["without"] == []
    (tree / "own.net").write_text(text.replace("params <= 60", "(params\n  <= 40) and flops < 900"))
    code, out, err = run("own.net", "--format", "json", capsys=capsys)
    assert (code, err) == (1, "")
    rows = [(row["condition"], row["status"]) for row in json.loads(out)["budgets"]]
    assert rows == [("params <= 40", "missed"), ("flops < 900", "held")]
    (tree / "own.net").write_text(text)
    assert run("own.net", "--update", capsys=capsys)[0] == 0
    assert (tree / "own.net").read_text() == text.replace("<= 60", "<= 50")


def test_a_missed_expect_in_an_if_says_what_is_enough(tree: Path) -> None:
    (tree / "netc.toml").unlink()
    text = "net A(n = 5) {\n  input x: 10\n  dense(8)\n  dense(n)\n  if n == 5 { expect params <= 100 }\n}\n"
    (tree / "own.net").write_text(text)
    (finding,) = lint(["own.net"], select=("L008",)).diagnostics
    assert finding.code == "E310"
    assert finding.help is not None
    assert "line 3: `dense(5)` for `dense(8)`" in finding.help
