"""Mutation testing itself: what is said of survivors is about mutants that there are, and a mutant is what it says."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from mutants import ROOT, Source
from mutation import FAMILIES, explained, function_of, key


@cache
def sources() -> dict[str, Source]:
    """Every file that is mutated."""
    return {source.file: source for family in FAMILIES.values() for source in family.sources()}


def test_survivors_are_mutants() -> None:
    known = explained()
    there = {key(mutant) for file in {file for file, _, _ in known} for mutant in sources()[file].mutants()}
    assert known.keys() <= there
    assert all(len(why) > 10 for why in known.values())


def test_few_survive() -> None:
    count = sum(len(source.mutants()) for source in sources().values())
    assert count > 3000
    assert len(explained()) < 0.05 * count


def test_every_function_is_found_in_memory() -> None:
    for source in sources().values():
        for name in source.functions:
            assert function_of(source.file, name).__code__.co_qualname == name


def test_a_mutant_is_another_function_that_computes_what_it_says() -> None:
    source = Source(ROOT / "compiler" / "ops" / "arithmetic.py")
    mutants = {mutant.becomes: mutant for mutant in source.mutants() if mutant.function == "Div.fold"}
    found = mutants["return a * b"]
    namespace: dict[str, object] = {}
    code = source.code(found)
    assert code.co_qualname == "Div.fold"
    assert eval("fold(6.0, 3.0)", {"fold": type(lambda: None)(code, namespace | {"isinstance": isinstance})}) == 18.0
    assert "return b" in mutants
    assert "without" not in " ".join(mutants)


@pytest.mark.slow
def test_a_hole_is_reported() -> None:
    """None is in a file whose rules the tests hold."""
    done = subprocess.run(
        [sys.executable, "tests/support/mutation.py", "--only", "compiler/ops/transcendental.py"],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 of them without an explanation" in done.stdout
