"""test.json: what was measured on the part `test`, once, and with which weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from netc.compiler import CHECKSUM_KEY, Figure, read_metadata
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import read_document, written
from netc.grammar.schema import Count
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.run_files import RunFiles

TEST_VERSION = 1


class Tested(TypedDict):
    """What was measured on the part `test`: its name, the rows, the figures, the checksum of the weights."""

    part: str
    examples: Count
    metrics: dict[str, Any]
    weights: NotRequired[str]


def write_test(run: RunFiles, part: str, examples: int, metrics: Mapping[str, Figure]) -> None:
    """Write test.json, of the best weights."""
    found = {"version": TEST_VERSION, "part": part, "examples": examples, "metrics": dict(metrics)}
    if (weights := _measured(run)) is not None:
        found["weights"] = weights
    write_atomic(run.test_json, written(found))


def read_test(run: RunFiles) -> Tested | None:
    """What test.json holds, or None without one of the best weights; raises DiagnosticError E534 to E536, E561.

    One that an older netc wrote does not say of which it is.
    """
    if not run.test_json.is_file():
        return None
    help = "remove it and measure again: `netc eval` with the run and `--part test`"
    found: Tested = read_document(run.test_json, Tested, version=TEST_VERSION, code="E561", help=help)
    said, measured = found.get("weights"), _measured(run)
    return None if said is not None and measured is not None and said != measured else found


def _measured(run: RunFiles) -> str | None:
    """The checksum of the best weights, or None where they have none that can be read."""
    try:
        return read_metadata(run.weights()).get(CHECKSUM_KEY)
    except (DiagnosticError, OSError):
        return None
