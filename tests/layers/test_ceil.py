"""`ceil=true` in pooling beside PyTorch's ceil_mode: sizes and values on many windows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from netc import Model
from netc.compiler.check import check

torch = pytest.importorskip("torch")

CASES = [
    (size, kernel, stride, pad)
    for size, kernel, stride, pad in itertools.product((5, 6, 7, 10), (1, 2, 3), (1, 2, 3, 4), (0, 1))
    if 2 * pad <= kernel <= size + 2 * pad
]


def pooled(word: str, more: str = "") -> dict[tuple[int, ...], Any]:
    """What every case makes of its own numbers: all of them outputs of one net."""
    lines, names = [], []
    for number, (size, kernel, stride, pad) in enumerate(CASES):
        lines.append(f"  y{number} = x{size} -> {word}({kernel}, stride={stride}, pad={pad}, ceil=true{more})")
        names.append(f"y{number}")
    inputs = "  input " + ", ".join(f"x{size}: 2x{size}" for size in (5, 6, 7, 10))
    result = check("pools.net", "\n".join(["net Pools {", inputs, *lines, f"  output {', '.join(names)}", "}"]))
    assert not result.diagnostics, result.diagnostics
    found = Model(result.nets[0], device="cpu")(NUMBERS)
    return {case: found[name] for case, name in zip(CASES, names, strict=True)}


NUMBERS = {
    f"x{size}": np.random.default_rng(size).normal(size=(3, 2, size)).astype(np.float32) for size in (5, 6, 7, 10)
}


@pytest.mark.parametrize(
    ("word", "more", "theirs"),
    [
        ("maxpool", "", lambda f, x, *how: f.max_pool1d(x, *how, ceil_mode=True)),
        ("avgpool", "", lambda f, x, *how: f.avg_pool1d(x, *how, ceil_mode=True, count_include_pad=False)),
        ("avgpool", ", count_pad=true", lambda f, x, *how: f.avg_pool1d(x, *how, ceil_mode=True)),
    ],
)
def test_as_in_pytorch(word: str, more: str, theirs: Any) -> None:
    for (size, kernel, stride, pad), found in pooled(word, more).items():
        expected = theirs(torch.nn.functional, torch.from_numpy(NUMBERS[f"x{size}"]), kernel, stride, pad).numpy()
        assert found.shape == expected.shape, (size, kernel, stride, pad)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6, err_msg=f"{size, kernel, stride, pad}")
