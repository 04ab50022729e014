"""Every case that once failed, and some hundreds of new ones of each kind; `make fuzz` runs more of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing.judge import ROOT, judged
from fuzzing.kinds import all_kinds
from tiers import ALL

CASES = sorted(path for path in (Path(__file__).parent / "cases").glob("*/*") if path.is_file())
CASES_OF = {"texts": 8, "nets": 1, "weights": 40, "data": 20, "models": 8, "checkpoints": 5}
"""Cases of each kind of a family that `make test` runs."""
LONGER = 20
"""How many times as many `make test-all` runs."""
SAID = {
    "raises": "raises: KeyError in tests/fuzz/faults.py",
    "hangs": "hangs: more than 5 s of the processor: it does not end",
    "dies": "dies: the process ended with SIGABRT",
    "grows": "grows: more than 500 MB",
}


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
    said = ",".join(f"{family}={count * (LONGER if ALL else 1)}" for family, count in CASES_OF.items())
    found = _run(["-m", "fuzzing", "--cases", said, "--jobs", "2", "--save", str(tmp_path)])
    assert found.returncode == 0, found.stdout + found.stderr
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    assert all(cases for cases, _ in json.loads(line)["cases_and_findings"].values())


def test_failures_are_found() -> None:
    """An exception, a hang, the end of the process and much memory: each is told by its number."""
    found = _run([str(Path(__file__).with_name("faults.py"))])
    assert found.returncode == 0, found.stderr
    for name, said in SAID.items():
        assert said in found.stdout, name


def _run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/support")])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
