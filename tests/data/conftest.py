from __future__ import annotations

from collections.abc import Callable

import pytest

from netc.grammar.diagnostics import Diagnostic, DiagnosticError


@pytest.fixture
def fails() -> Callable[..., Diagnostic]:
    """`fails(code, run)` runs, expects a finding of that code and returns the first one."""

    def run(code: str, action: Callable[[], object], *parts: str) -> Diagnostic:
        with pytest.raises(DiagnosticError) as caught:
            action()
        first = caught.value.diagnostics[0]
        assert first.code == code, first.message
        for part in parts:
            assert part in first.message, first.message
        assert not first.message.endswith(".")
        return first

    return run
