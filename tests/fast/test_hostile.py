"""Nodes from anywhere do no harm: what is wrong is refused with its name, and nothing crashes or shows memory.

Everything runs in processes of its own: a crash fails one test and doesn't end them all.
"""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from pathlib import Path

import fast_fuzz
import fast_library
import fast_wrong
import numpy as np
import pytest
from fast_nodes import VALID
from fast_wrong import RIGHT, WRONG, Wrong
from sessions import fast_library as installed, session_of

if installed() is None:
    pytest.skip("the library of netc[fast] is not built here", allow_module_level=True)
MISSING = fast_library.missing_for_sanitizers()
QUICK, MANY = 1500, 10_000


def program(file: str, *arguments: str, sanitized: bool = False) -> subprocess.CompletedProcess[str]:
    """A program of tests/support, in an environment that shows what it does to memory."""
    env = fast_library.surroundings(sanitized=sanitized)
    return subprocess.run([sys.executable, file, *arguments], env=env, capture_output=True, text=True, check=False)


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    return f"exit code {done.returncode}\n{done.stdout[-200:]}\n{done.stderr[-4000:]}"


@pytest.fixture(scope="module")
def said() -> dict[int, str | None]:
    """What each wrong node met with, as far as they came."""
    done = program(fast_wrong.__file__, str(installed()))
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.mark.quick(50)
@pytest.mark.parametrize(("number", "wrong"), list(enumerate(WRONG)), ids=[wrong.name for wrong in WRONG])
def test_a_wrong_node_is_refused(number: int, wrong: Wrong, said: dict[int, str | None]) -> None:
    assert number in said, "the process crashed at this node, or at one before it"
    message = said[number]
    assert message is not None, "the node ran"
    assert wrong.says in message
    if wrong.says:
        assert f"netc.fast.{wrong.op}: " in message


@pytest.mark.parametrize("op", RIGHT)
def test_the_node_that_they_differ_from_runs(op: str) -> None:
    session_of(RIGHT[op].model()).run(None, RIGHT[op].feeds)


def test_every_operator_has_wrong_nodes_and_right_ones() -> None:
    names = {line.split('"')[1] for line in (fast_library.SOURCES / "operators.h").read_text().splitlines()
             if "const char* NAME" in line}  # fmt: skip
    assert names == set(RIGHT) == set(VALID) == {wrong.op for wrong in WRONG}


@pytest.mark.slow
def test_thousands_of_nodes() -> None:
    done = program(fast_fuzz.__file__, "--cases", str(QUICK), "--library", str(installed()))
    assert done.returncode == 0, last_words(done)
    for op in VALID:
        for ended in ("ran, valid", "ran, changed", "refused"):
            assert f"{op} {ended}: " in done.stdout, "these are not tried"


@pytest.mark.slow
@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_all_of_them_and_ten_thousand_under_sanitizers(tmp_path: Path) -> None:
    library = fast_library.sanitized_library(tmp_path)
    done = program(fast_wrong.__file__, library, sanitized=True)
    assert done.returncode == 0, last_words(done)
    assert len(done.stdout.splitlines()) == len(WRONG)
    done = program(fast_fuzz.__file__, "--cases", str(MANY), "--seed", "1", "--library", library, sanitized=True)
    assert done.returncode == 0, last_words(done)


def test_an_empty_batch_goes_through_a_chain() -> None:
    """Also beside a number that has as many axes as the batch."""
    node = VALID["Elementwise"](random.Random(0))
    node.inputs = [np.ones((1, 1), np.float32), np.ones((0, 4), np.float32)]
    node.attributes, node.outputs = {"steps": [0, 0, 1], "results": [3], "constants": [1.0]}, ["y"]
    (y,) = session_of(node.model()).run(None, node.feeds)
    assert y.shape == (0, 4)


def test_memory_that_cannot_be_had_is_an_error_that_passes() -> None:
    """The library's own memory is asked for again by the next node."""
    right, pad = RIGHT["ConvWeightGradient"], 1 << 20
    big = copy.deepcopy(right)
    big.attributes |= {"strides": [pad] * 2, "pads": [pad] * 4, "plain": 1}  # 70 TB with its pads
    big.inputs = [np.ones((1, 16, 3, 3), np.float32), np.ones((1, 4, 5, 5), np.float32)]
    with pytest.raises(Exception, match="bad_alloc"):
        session_of(big.model()).run(None, big.feeds)
    big.attributes |= {"strides": [2, 2], "pads": [1] * 4}
    session_of(big.model()).run(None, big.feeds)
    session_of(right.model()).run(None, right.feeds)
