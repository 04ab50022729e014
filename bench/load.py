"""Compile and load: `netc compile --train` from the shell, and a fresh process from its start to its first step."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.nets import Measured


def compile_time(measured: Measured, target: str, limit: float) -> float | None:
    """Wall seconds of `netc compile FILE --train`, the interpreter's start included; None beyond the limit."""
    settings = [f"--set={name}={value}" for name, value in measured.settings.items()]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-c", "from netc.cli import main; main()", "compile", str(measured.path), "--train"),
            *("--target", target, "--batch", str(measured.batch), "-o", str(Path(folder) / "step.onnx"), *settings),
        ]
        start = time.perf_counter()
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return None
        return time.perf_counter() - start


def first_step(measured: Measured, target: str, threads: int, started: float) -> dict[str, float]:
    """In a fresh process: seconds since `started` (time.time) at which each stage was done."""
    done = {"python": time.time() - started}
    import netc.runtime.training.steps as module
    from bench import ours

    done["imports"] = time.time() - started
    net = ours.load(measured)
    plan = ours.plan(net, measured.batch)
    done["elaborated"] = time.time() - started

    def timed(stage: str, make: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            made = make(*given, **more)
            done[stage] = time.time() - started
            return made

        return call

    module.compile_training = timed("compiled", module.compile_training)
    module.StepSession = timed("loaded", module.StepSession)  # type: ignore[misc]
    made = ours.trainer(net, plan, target, threads)
    made.step(ours.rows(made, measured, measured.batch))
    done["first step"] = time.time() - started
    return done
