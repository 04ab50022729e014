"""Models that are damaged, malicious or too much: a finding with a code that names the cause."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_models import BAD, NO_MODELS

from netc.compiler import load_model
from netc.grammar.diagnostics import DiagnosticError

from .models import imported


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_model_is_refused(name: str, tmp_path: Path) -> None:
    make, code, says = BAD[name]
    with pytest.raises(DiagnosticError) as found:
        imported(make(), tmp_path)
    finding = found.value.diagnostics[0]
    assert finding.code == code
    assert says in "\n".join([finding.message, *finding.notes])


@pytest.mark.parametrize("content", NO_MODELS.values(), ids=NO_MODELS)
def test_files_that_are_no_models(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as found:
        imported(content, tmp_path)
    assert found.value.diagnostics[0].code in ("E565", "E591")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as found:
        load_model(str(tmp_path / "none.onnx"))
    assert found.value.diagnostics[0].code == "E565"
