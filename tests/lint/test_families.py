"""Rules of several families side by side, and what rules share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import netc.cli as cli
from netc.compiler.lint import base, lint, selected
from netc.compiler.lint.base import SECTIONS, Subject, all_rules, rule, warning
from netc.compiler.lint.wiring import Wiring
from netc.compiler.net import Net
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

DOCUMENTATION = "Finds every net.\n" + "".join(f"\n## {name}\nText.\n" for name in SECTIONS)
CUT = "net Cut {\n  input image: 1x7x7\n  conv(8, 5x5, stride=3) -> batchnorm   #\n}\n"


def every_net(name: str) -> base.Check:
    def check(subject: Subject) -> Iterator[Diagnostic]:
        for net in subject.nets:
            yield warning(f"{name}: {net.name}", net.layers[0].span)

    check.__name__, check.__doc__ = name, DOCUMENTATION
    return check


@pytest.fixture
def families(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`S002`, `S010` and `SH1` beside three of the rules that there are."""
    monkeypatch.setattr(base, "_known", {code: all_rules()[code] for code in ("L001", "L002", "L009")})
    all_rules.cache_clear()
    for code in ("SH1", "S010", "S002"):
        rule(code)(every_net(f"every_{code.lower()}"))
    yield
    all_rules.cache_clear()


def found(folder: Path, text: str = CUT, **given: tuple[str, ...]) -> list[str]:
    (folder / "model.net").write_text(text, "utf-8")
    return [finding.code for finding in lint([folder / "model.net"], **given).diagnostics]


@pytest.mark.usefixtures("families")
def test_a_family_is_selected_by_its_letters(tmp_path: Path) -> None:
    assert found(tmp_path) == ["L001", "L002", "S002", "S010", "SH1"]
    assert found(tmp_path, select=("S",)) == ["S002", "S010"]
    assert found(tmp_path, select=("SH",)) == ["SH1"]
    assert found(tmp_path, select=("S0", "L001")) == ["L001", "S002", "S010"]
    assert found(tmp_path, select=("S00",)) == ["S002"]
    assert found(tmp_path, ignore=("S", "L002")) == ["L001", "SH1"]
    with pytest.raises(DiagnosticError, match="T"):
        selected(("T",), ())


@pytest.mark.usefixtures("families")
def test_a_rule_of_another_family_is_allowed_in_the_text(tmp_path: Path) -> None:
    allowed = CUT.replace("#", "# netc: allow S002, SH1 because it is a test")
    assert found(tmp_path, allowed) == ["L001", "L002", "S010"]
    assert found(tmp_path, CUT.replace("#", "# netc: allow S003"), select=("S", "L009")) == ["S002", "S010", "L009"]


@pytest.mark.usefixtures("families")
def test_families_are_listed_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    codes = list(all_rules())
    assert codes[-3:] == ["S002", "S010", "SH1"]
    assert cli.run(["explain"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.split() and line.split()[0] in codes]
    assert [line.split()[0] for line in lines[-3:]] == codes[-3:]
    assert len({line.index("every-") for line in lines[-3:]}) == 1
    assert cli.run(["explain", "s010"]) == 0
    assert capsys.readouterr().out.startswith("# S010 every-s010\n")
    assert cli.run(["explain", "S01"]) == 2
    assert "use `S010`" in capsys.readouterr().err


def test_the_wiring_is_worked_out_once_for_each_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Counted(Wiring):
        def __init__(self, net: Net) -> None:
            made.append(net.name)
            super().__init__(net)

    monkeypatch.setattr(base, "Wiring", Counted)
    chosen = found(tmp_path, CUT + CUT.replace("Cut", "Again"), select=("L001", "L002", "L005"))
    assert chosen == ["L001", "L002", "L001", "L002"]
    assert made == ["Cut", "Again"]
