"""Whole commands on files that are damaged, foreign or made to harm: a code in little memory, nothing run or left."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_commands import TOLD, cases, prepared, ran

MEGABYTES = 300
CASES = cases()
COMMANDS = [f"{name}, {verb}" for name, case in CASES.items() for verb in case.verbs][::3]
"""A third: `python -m hostile_commands`, with tests/support among Python's paths, runs all of them."""


@pytest.mark.quick(1)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system doesn't say the highest use of memory")
@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_refused(command: str, tmp_path: Path) -> None:
    name, verb = command.rsplit(", ", 1)
    case = CASES[name]
    found = ran(prepared(tmp_path, case), case, verb)
    assert "bug in netc" not in found.said
    assert "Traceback" not in found.said
    assert found.megabytes < MEGABYTES
    if case.images and verb in TOLD and not found.codes:  # a network of any size is told of
        assert found.exit in (0, 1)
        return
    assert set(found.codes) <= set(case.codes), found.said
    assert found.codes
    assert found.exit in (1, 3, 5)
    assert not found.left
