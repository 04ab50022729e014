"""What the text expects of a symbolic size is checked where arrays come in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc

TEXT = """
net A {
  input x: [T, 5]
  expect T % 2 == 0 and T >= 4
  y = dense(3) -> reshape([T // 2, 6])
}
"""


@pytest.mark.parametrize("length", [3, 5, 2])
def test_a_size_that_breaks_an_expectation_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(TEXT)
    model = netc.Model(netc.load(path), device="cpu")
    assert model(np.ones((2, 6, 5), np.float32)).shape == (2, 3, 6)
    with pytest.raises(netc.DiagnosticError, match=r"E556.*expects of `T`.*a multiple of 2 of at least 4"):
        model(np.ones((2, length, 5), np.float32))
