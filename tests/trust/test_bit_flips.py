"""One bit that turned, or an end that is missing: refused by a code, or of no effect to the last bit.

The oracle is the file as it was: what a reader takes of another one has to be what it took of that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sealed import flipped
from tiers import ALL

from netc.compiler import CARD_KEY, read_tensors
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.cards.card import card_of
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.tested import read_test
from netc.runtime.runs.request import request_of
from netc.runtime.training.conditions import read_conditions

from .conftest import answers

FLIPS = 300
REFUSED = {"E534", "E535", "E553", "E561", "E565", "E567", "E610"}
"""Damaged, newer, unreadable weights, a run, a model, operators that are not open, a run that cannot be repeated."""


def weights(path: Path) -> object:
    """Tensors, and what is said beside them that anybody reads."""
    tensors, texts = read_tensors(path)
    card = card_of(texts.get(CARD_KEY), str(path))
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in tensors.items()}, card


def checkpoint(path: Path) -> object:
    tensors, about, progress = RunFolder(path.parent).read_last()
    return {name: array.tobytes() for name, array in tensors.items()}, about, progress


def asked(path: Path) -> object:
    return request_of(RunFolder(path.parent))


def model(path: Path) -> object:
    return answers(path, path.read_bytes())


READERS: dict[str, Callable[[Path], object]] = {
    "best.safetensors": weights,
    "last.safetensors": checkpoint,
    "model.onnx": model,
    "run.json": asked,
    "lock.json": lambda path: read_conditions(RunFolder(path.parent)),
    "manifest.json": lambda path: RunFolder(path.parent).read_manifest(),
    "test.json": lambda path: read_test(RunFolder(path.parent)),
}


def code(read: Callable[[Path], object], path: Path) -> str | None:
    """The code by which a file is refused; None where nothing of what is read is another one."""
    try:
        found = read(path)
    except DiagnosticError as error:
        (first, *_) = error.diagnostics
        return first.code if first.help else f"{first.code} without a way out"
    assert found == ORIGINAL[path.name], "a changed file was read as another one, and nobody noticed"
    return None


ORIGINAL: dict[str, object] = {}


@pytest.mark.quick(3)
@pytest.mark.parametrize("name", READERS)
def test_every_flip_is_refused_or_of_no_effect(here: Path, name: str) -> None:
    """At most one in forty of them may meet what nobody reads: the name under which the checksum stands."""
    path = here / "run" / name
    content = path.read_bytes()
    ORIGINAL[name] = READERS[name](path)
    flips = FLIPS if ALL or name in ("best.safetensors", "model.onnx") else FLIPS // 5
    drawn = np.random.default_rng(0).integers(0, 8 * len(content), flips)
    found = []
    for bit in map(int, drawn):
        path.write_bytes(flipped(content, bit))
        found.append(code(READERS[name], path))
    assert set(found) <= REFUSED | {None}
    assert found.count(None) <= flips / 40
    assert "E534" in found


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", READERS)
def test_every_bit_of_the_checksum_itself(here: Path, name: str) -> None:
    """The entry, its name and its value, bit by bit."""
    path = here / "run" / name
    content = path.read_bytes()
    ORIGINAL[name] = READERS[name](path)
    begin = content.index(b"checksum") - 6
    bits = range(8 * begin, 8 * (begin + 90), 1 if ALL else 7)
    for bit in bits:
        path.write_bytes(flipped(content, bit))
        assert code(READERS[name], path) in REFUSED | {None}


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", READERS)
def test_every_end_that_is_missing_is_refused(here: Path, name: str) -> None:
    """Cut at the beginnings and ends of all that a file is made of, and at places in between: never used."""
    path = here / "run" / name
    content = path.read_bytes()
    places = {0, 1, 2, 3, 7, 8, 9, 16, len(content) // 2, *(len(content) - left for left in (1, 2, 3, 4, 5, 8, 64))}
    places |= {at for sign in b'{}[]",\x72\x3a' for at in places_of(content, sign)}
    for size in sorted(place for place in places if place < len(content)):
        if content[size:].strip():
            path.write_bytes(content[:size])
            with pytest.raises(DiagnosticError) as caught:
                READERS[name](path)
            assert caught.value.diagnostics[0].code in REFUSED


def places_of(content: bytes, sign: int) -> list[int]:
    """Where a sign is, a few of them, evenly."""
    found = [at for at, byte in enumerate(content) if byte == sign]
    return found[:: max(1, len(found) // (60 if ALL else 6))]
