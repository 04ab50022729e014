"""A weight file has the numbers of an array in its order, however they lie in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from netc.runtime.folder.files import write_weights


def test_transposed_arrays_and_single_numbers(tmp_path: Path) -> None:
    kernel = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
    write_weights(tmp_path / "w.safetensors", {"kernel": kernel, "one": np.array(3.0, np.float32)})
    found = load_file(tmp_path / "w.safetensors")
    assert np.array_equal(found["kernel"], kernel)
    assert found["one"].shape == ()
