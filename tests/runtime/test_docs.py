"""What docs/training.md shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/training.md").read_text(encoding="utf-8")


@pytest.mark.quick(1)
@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), ids=["steps", "averages"])
def test_the_python_examples_run(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits.net").write_text((ROOT / "examples/lecture/digits.net").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "training.md", "exec"), {})  # the page is ours


def test_the_section_it_shows_is_the_one_in_the_example() -> None:
    text = (ROOT / "examples/lecture/digits.net").read_text(encoding="utf-8")
    shown = re.search(r"^train Digits \{.*?^\}", PAGE, re.DOTALL | re.MULTILINE)
    there = re.search(r"^train Digits \{.*?^\}", text, re.DOTALL | re.MULTILINE)
    assert shown is not None
    assert there is not None
    settings = [re.sub(r"#.*", "", line).split() for line in shown[0].splitlines()]
    assert settings == [re.sub(r"#.*", "", line).split() for line in there[0].splitlines()]
