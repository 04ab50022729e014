"""The library of `netc[fast]` for tests that try to break it: as installed, or built with sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "runtime" / "fast" / "src"
FLAGS = (
    "-std=c++17",
    "-O0",
    "-g",
    "-fPIC",
    "-march=native",
    "-Wno-psabi",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
)
PATTERN = 0xBE
"""What new memory is filled with."""

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def missing_for_sanitizers() -> str | None:
    """Why no library can be built with sanitizers here; None where one can."""
    if shutil.which("g++") is None:
        return "there is no g++ here"
    if not all(Path(_file_of_compiler(name)).is_absolute() for name in ("libasan.so", "libubsan.so")):
        return "this g++ has no sanitizers"
    return None


def sanitized_library(folder: Path) -> str:
    """Build the library with address and undefined-behaviour sanitizers in a folder, and give its file."""

    def compile_one(source: Path) -> str:
        made = folder / f"{source.stem}.o"
        subprocess.run(["g++", *FLAGS, "-c", str(source), "-o", str(made)], check=True)
        return str(made)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, sorted(SOURCES.glob("*.cpp"))))
    library = folder / "netc_fast.so"
    subprocess.run(["g++", *FLAGS, "-shared", *objects, "-o", str(library)], check=True)
    return str(library)


def surroundings(*, sanitized: bool) -> dict[str, str]:
    """An environment in which new memory is filled with a pattern, and in which a sanitized library can be loaded."""
    if not sanitized:
        return {**os.environ, "MALLOC_PERTURB_": str(PATTERN ^ 0xFF)}
    settings = {
        "detect_leaks": 0, "allocator_may_return_null": 1, "max_allocation_size_mb": 256, "malloc_fill_byte": PATTERN,
        "max_malloc_fill_size": 1 << 28,
    }  # fmt: skip
    preloaded = map(_file_of_compiler, ("libasan.so", "libstdc++.so.6"))
    return {
        **os.environ,
        "LD_PRELOAD": ":".join(preloaded),
        "ASAN_OPTIONS": ":".join(f"{name}={value}" for name, value in settings.items()),
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def _file_of_compiler(name: str) -> str:
    found = subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return found.stdout.strip()
