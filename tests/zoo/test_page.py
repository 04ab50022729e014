"""docs/zoo.md is what the generator writes now, and what is on it is short."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.compiler.zoo.catalogue import FOLDER, catalogue
from netc.compiler.zoo.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "zoo.md"
LIMITS = {"resnet": 40, "googlenet": 40, "unet": 30, "gpt2": 25}
"""Lines of code that a family may have; its name is that of its file."""


@pytest.mark.slow  # the counts of all nets are held by test_catalogue.py
def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "python -m netc.compiler.zoo.reference > docs/zoo.md"


@pytest.mark.parametrize("family", [family for family in LIMITS if (FOLDER / f"{family}.net").exists()])
def test_a_text_is_as_short_as_its_paper(family: str) -> None:
    lines = {entry.lines for entry in catalogue() if entry.family == family}
    assert max(lines) <= LIMITS[family]
