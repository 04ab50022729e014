"""Calls in a process of their own: nothing left over from before, and a crash or a time limit costs one row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def call(function: str, *arguments: Any, threads: int, limit: float) -> dict[str, Any]:
    """The result of `module:function` on JSON arguments, or `{"failed": why}`."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "bench.fresh", function, json.dumps(arguments)]
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {limit:.0f} s"}
    if done.returncode:
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"failed": words[-1][:300]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    print("\n" + json.dumps(getattr(import_module(module), name)(*json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
