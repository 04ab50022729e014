"""What a figure was measured on: processor, versions, and two ceilings measured there."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

from bench.sections import ORT_TRAINING
from netc.runtime.devices.device import CPU
from netc.runtime.measure import ceilings

VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}
"""Flags of a processor, widest vectors first, and what they are called."""


def describe(threads: int) -> dict[str, Any]:
    """Processor, threads, versions, SGEMM peak (GFLOP/s) and copy bandwidth (GB/s)."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "system": f"{platform.system()} {platform.release().split('-')[0]} on {platform.machine()}",
        "python": platform.python_version(),
        "versions": {
            name: _version(name) for name in ("netc", "onnxruntime-gpu", "onnxruntime", "torch", "numpy", "keras")
        },
        "sgemm_gflops": {name: round(peak, 1) for name, peak in sgemm_peak(threads).items()},
        "copy_gbytes": round(ceilings.copy_bandwidth(CPU, threads), 1),
        "absent": absent(),
    }


def processor() -> str:
    """What it calls itself, with family, model and widest vectors: one name is sold for many processors."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor() or platform.machine()
    first = info.read_text().split("\n\n", 1)[0]
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    if "model name" not in said:
        return platform.processor() or platform.machine()
    flags = said.get("flags", "").split()
    widest = next((name for flag, name in VECTORS.items() if flag in flags), None)
    kind = [f"family {said['cpu family']}", f"model {said['model']}"] if "cpu family" in said else []
    details = ", ".join([*kind, *([widest] if widest else [])])
    return f"{said['model name']} ({details})" if details else said["model name"]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def sgemm_peak(threads: int, size: int = 2048, repeats: int = 10) -> dict[str, float]:
    """GFLOP/s of the best of some square float32 products: ONNX Runtime's, and PyTorch's where it is installed."""
    found = {"onnxruntime": ceilings.sgemm_peak(CPU, threads, size=size, repeats=repeats)}
    try:
        import torch
    except ImportError:
        return found
    torch.set_num_threads(threads)
    left = torch.rand(size, size)
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        torch.mm(left, left)
        times.append(time.perf_counter() - start)
    return {**found, "torch": 2 * size**3 / min(times[1:]) / 1e9}


def absent() -> dict[str, str]:
    """Contenders of the plan that cannot take part here, and why."""
    found = {} if _version("keras") else {"keras": "not installed"}
    if not os.environ.get(ORT_TRAINING):
        found["onnxruntime-training"] = "`--ort-training` named no interpreter that has it"
    return found
