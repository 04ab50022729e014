"""Models that stand alone have the limit of their file format."""

from __future__ import annotations

import pytest

from netc.compiler import load
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.runs import export


def test_weights_beyond_one_protobuf_file_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    net = load("examples/lecture/lenet5.net")
    assert export.deployable(net)
    monkeypatch.setattr(export, "LARGEST", 4 * 61_705)
    with pytest.raises(DiagnosticError, match="E566") as caught:
        export.deployable(net)
    assert "61,706" in caught.value.diagnostics[0].message
