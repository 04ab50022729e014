"""Every rule finds its own example, and nothing in what it says to use instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from rule_examples import example
from tiers import but_for

from netc.compiler.lint import all_rules, lint
from netc.compiler.lint.base import SECTIONS, rule

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("code", all_rules())
def test_example_is_found(code: str, tmp_path: Path) -> None:
    example(code, "Example", tmp_path)
    found = {finding.code for finding in lint([tmp_path]).diagnostics}
    assert code in found
    assert found <= set(all_rules())


@pytest.mark.parametrize("code", all_rules())
def test_use_instead_is_clean(code: str, tmp_path: Path) -> None:
    example(code, "Use instead", tmp_path)
    result = lint([tmp_path])
    assert result.files
    assert result.diagnostics == []


def test_a_rule_is_a_file() -> None:
    files = [rule.check.__module__ for rule in all_rules().values()]
    assert len(set(files)) == len(files)
    assert {name.rpartition(".")[0] for name in files} == {"netc.compiler.lint.rules"}


@pytest.mark.parametrize("code", ["E001", "L", "001", "l001", "L001x"])
def test_what_is_no_code_of_a_rule(code: str) -> None:
    with pytest.raises(AssertionError, match=f"{code} is"):
        rule(code)(all_rules()["L001"].check)
    assert code not in all_rules()


@pytest.mark.parametrize("missing", SECTIONS)
def test_a_rule_without_a_section_is_refused(missing: str) -> None:
    def silent_rule(subject: object) -> tuple[()]:
        return ()

    silent_rule.__doc__ = "Does nothing.\n" + "".join(f"\n## {name}\nText.\n" for name in SECTIONS if name != missing)
    with pytest.raises(AssertionError, match=missing):
        rule("L998")(silent_rule)
    assert "L998" not in all_rules()


@pytest.mark.parametrize("folder", but_for(["examples/lecture", "examples/tasks", "examples/zoo"], ["examples/zoo"]))
def test_examples_are_clean(folder: str) -> None:
    result = lint([REPOSITORY / folder])
    assert len(result.files) >= 5
    assert [(finding.code, finding.primary) for finding in result.diagnostics] == []


def test_reference_is_current() -> None:
    from netc.compiler.lint.reference import reference

    written = (REPOSITORY / "docs" / "lint.md").read_text("utf-8")
    assert written == reference(), "run `python -m netc.compiler.lint.reference > docs/lint.md`"
