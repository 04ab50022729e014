"""Every case that once failed, and some hundreds of new ones of each kind; `make fuzz` runs more of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing.blocks import Row, run
from fuzzing.judge import judged
from fuzzing.kind import Kind
from fuzzing.kinds import all_kinds
from tiers import ALL

CASES = sorted(path for path in (Path(__file__).parent / "cases").glob("*/*") if path.is_file())
QUICK = {"texts": 60, "nets": 4, "weights": 300, "data": 200, "models": 150}
"""Cases of each kind of a family that `make test` runs."""
LONGER = 20
"""How many times as many `make test-all` runs."""
JOBS = 2


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_failed(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = all_kinds().get(path.parent.name)
    if kind is None:
        pytest.skip("a package that it needs is missing")
    monkeypatch.chdir(tmp_path)
    assert judged(kind, path.read_bytes(), tmp_path) is None


def test_every_case_is_of_a_kind() -> None:
    from fuzzing import checkpoints, data, models, nets, texts, weights

    known = {kind.name for family in (checkpoints, data, models, nets, texts, weights) for kind in family.KINDS}
    assert {path.parent.name for path in CASES} <= known


def test_new_cases(tmp_path: Path) -> None:
    """In processes of their own, so that one that dies or hangs is a failure with its number."""
    kinds = [kind for kind in all_kinds().values() if kind.family in QUICK]
    for kind in kinds:
        kind.warm()
    rows = [Row(kind, 0, _count(kind)) for kind in kinds]
    run(rows, JOBS, float("inf"), tmp_path, lambda: None)
    assert [(row.kind.name, line, seed) for row in rows for line, (seed, _) in row.found.failures.items()] == []
    assert all(row.found.done == row.end for row in rows)


def _count(kind: Kind) -> int:
    return QUICK[kind.family] * (LONGER if ALL else 1)


@pytest.mark.parametrize("name", ["raises", "hangs", "dies", "grows"])
def test_failures_are_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a case may do wrong: each is told with the number of the case, and the cases after it are run."""
    monkeypatch.setattr("fuzzing.worker.SECONDS", 0)
    monkeypatch.setattr("fuzzing.worker.GRACE", 0)
    row = Row(Kind(name, "texts", WRONG[name], make_at=lambda at: bytes([at])), 0, 4)
    run([row], 1, float("inf"), tmp_path, lambda: None)
    ((line, (seed, _)),) = row.found.failures.items()
    assert seed == 2
    assert SAID[name] in line
    assert row.found.done == 4
    assert row.found.times[line] == 1


def _raises(content: bytes, place: Path) -> None:
    if content == b"\2":
        raise KeyError("nothing")


def _hangs(content: bytes, place: Path) -> None:
    while content == b"\2":
        pass


def _dies(content: bytes, place: Path) -> None:
    if content == b"\2":
        import os

        os.abort()


def _grows(content: bytes, place: Path) -> None:
    if content == b"\2":
        bytearray(600 << 20)


WRONG = {"raises": _raises, "hangs": _hangs, "dies": _dies, "grows": _grows}
SAID = {"raises": "KeyError", "hangs": "does not end", "dies": "SIGABRT", "grows": "500 MB"}
