"""The weights that all contenders start from: PyTorch's first ones, in the order of our `.net` files, in a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.fresh import call
from bench.nets import Measured, by_name


@contextmanager
def common_start(measured: Measured, *, threads: int, limit: float) -> Iterator[str]:
    """The file while contenders need it, in a folder that is theirs."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "start.npz")
        made = call("bench.weights:write", measured.name, path, threads=threads, limit=limit)
        if "failed" in made:
            raise RuntimeError(f"PyTorch's weights: {made['failed']}")
        yield path


def write(net: str, path: str) -> dict[str, Any]:
    """Write those of a network, in a process that has PyTorch."""
    import torch

    torch.manual_seed(0)
    module = by_name(net).torch_module()
    np.savez(path, *(parameter.detach().numpy() for parameter in module.parameters()))
    return {}


def read(path: str) -> list[NDArray[Any]]:
    """All of them, in order."""
    with np.load(path) as held:
        return [held[f"arr_{number}"] for number in range(len(held.files))]
