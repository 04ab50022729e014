"""What a figure was measured on: processor, versions, and two ceilings measured there."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np


def describe(threads: int) -> dict[str, Any]:
    """Processor, threads, versions, SGEMM peak (GFLOP/s) and copy bandwidth (GB/s)."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("netc", "onnxruntime-gpu", "onnxruntime", "torch", "numpy")},
        "sgemm_gflops": round(sgemm_peak(), 1),
        "copy_gbytes": round(copy_bandwidth(), 1),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def sgemm_peak(size: int = 2048, repeats: int = 8) -> float:
    """The best of some square float32 products, in GFLOP/s, by PyTorch where it is installed, else by numpy."""
    left = np.random.default_rng(0).random((size, size), dtype=np.float32)
    try:
        import torch

        tensor = torch.from_numpy(left)
        multiply = lambda: torch.mm(tensor, tensor)
    except ImportError:
        multiply = lambda: left @ left
    return 2 * size**3 / _best(multiply, repeats) / 1e9


def copy_bandwidth(megabytes: int = 256, repeats: int = 5) -> float:
    """The best of some copies of an array beyond the caches, counting bytes read and written, in GB/s."""
    source = np.ones(megabytes * 250_000, np.float32)
    target = np.empty_like(source)
    return 2 * source.nbytes / _best(lambda: np.copyto(target, source), repeats) / 1e9


def _best(run: Any, repeats: int) -> float:
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)
