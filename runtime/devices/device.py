"""Devices: which of ONNX Runtime's providers really work here, and which one a run uses.

`get_available_providers()` lists what a package was built with, not what the machine can do, and a session that
cannot have CUDA silently takes the CPU. So each provider is tried on a model of one node, with its noise kept away
from the terminal.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.given import require
from netc.runtime.devices.installation import conflicts, onnxruntime_distributions
from netc.runtime.devices.telemetry import import_runtime

DEVICES = ("auto", "cpu", "cuda")
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}

# y = -x over float32[1]; IR version 8, opset 13. A test rebuilds it with the onnx package.
ONE_NODE = bytes.fromhex(
    "08083a320a0b0a017812017922034e65671201675a0f0a0178120a0a08080112040a020801620f0a0179120a0a08080112040a02080142040a00100d"
)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a session runs: `name` is "cpu" or "cuda", `provider` is ONNX Runtime's word for it.

    tf32    lets CUDA multiply float32 with 10 digits of the 23 behind the point, on cards that can; sums keep all
    nhwc    lets CUDA convolve channels last, which ONNX Runtime arranges by itself
    graphs  lets CUDA replay training steps of known sizes as CUDA graphs; optimizer state then has two sets of buffers
    """

    name: str
    tf32: bool = False
    nhwc: bool = False
    graphs: bool = True

    @property
    def provider(self) -> str:
        """The execution provider."""
        return PROVIDERS[self.name]

    @property
    def providers(self) -> list[Any]:
        """The providers of a session, the preferred one first, with their options."""
        return self.session_providers()

    def session_providers(self, *, graphs: bool = False) -> list[Any]:
        """The same; with `graphs`, runs are captured as CUDA graphs."""
        if self.name == "cpu":
            return [self.provider]
        # ONNX Runtime would use TF32, which changes results: float32 is float32 until somebody asks for less.
        options = {"device_id": "0", "use_tf32": str(int(self.tf32)), "prefer_nhwc": str(int(self.nhwc))}
        if graphs:
            options["enable_cuda_graph"] = "1"
        return [(self.provider, options), PROVIDERS["cpu"]]


CPU = Device("cpu")


def runtime() -> Any:
    """The `onnxruntime` module; raises DiagnosticError E602 where the installation is broken."""
    try:
        onnxruntime = import_runtime()
    except ImportError as error:
        raise DiagnosticError(_broken(f"onnxruntime cannot be imported: {error}")) from error
    if not hasattr(onnxruntime, "InferenceSession"):
        raise DiagnosticError(_broken("onnxruntime is installed but empty: it has no InferenceSession"))
    return onnxruntime


def _broken(message: str) -> Diagnostic:
    found = conflicts()
    repair = found[0]["repair"] if found else "python -m pip install --force-reinstall onnxruntime"
    return Diagnostic("E602", message, help=f"run `{repair}`")


def resolve(
    wanted: str = "auto",
    say: Callable[[str], None] | None = None,
    *,
    tf32: bool = False,
    nhwc: bool = False,
    graphs: bool = True,
) -> Device:
    """The device for a request.

    wanted  "cpu", "cuda", or "auto": CUDA where it works, else the CPU
    say     is given one line when "auto" takes the CPU
    tf32, nhwc, graphs   as `Device` takes them

    Raises DiagnosticError E601 when CUDA is asked for and does not work, E603 for an unknown word, E605 for what only
    CUDA has on a CPU.
    """
    found = _resolve(wanted, say)
    if found.name != "cpu":
        return replace(found, tf32=tf32, nhwc=nhwc, graphs=graphs)
    for asked, option, message in (
        (tf32, "--tf32", "the CPU has no TF32: it computes in float32"),
        (nhwc, "--nhwc", "the CPU's layout is its target's: it cannot be told to put channels last"),
        (not graphs, "--no-graphs", "the CPU has no CUDA graphs to do without"),
    ):
        if asked:
            help = f"leave `{option}` out, or use `--device cuda`"
            raise DiagnosticError(Diagnostic("E605", message, help=help))
    return found


def _resolve(wanted: str, say: Callable[[str], None] | None) -> Device:
    require(wanted, str, "device=", 'device="auto"')
    if wanted not in DEVICES:
        help = did_you_mean(wanted, DEVICES) or "use `auto`, `cpu` or `cuda`"
        raise DiagnosticError(Diagnostic("E603", f"unknown device `{wanted}`", help=help))
    if wanted == "cpu":
        runtime()
        return CPU
    reason = probe("cuda")
    if reason is None:
        return Device("cuda")
    if wanted == "cuda":
        raise DiagnosticError(
            Diagnostic(
                "E601",
                "CUDA does not work here",
                notes=(reason,),
                help="run `python -m pip install 'onnxruntime-gpu[cuda,cudnn]'` where there is an NVIDIA driver, or use"
                " `--device cpu`",
            )
        )
    if say is not None:
        say(f"cpu, because {reason}")
    return CPU


@cache
def probe(name: str) -> str | None:
    """Try a device on a model of one node. None when it works, else why not, in one line."""
    import numpy as np

    ort = runtime()
    provider = PROVIDERS[name]
    if provider not in ort.get_available_providers():
        return f"this {_distribution()} was built without {provider}"
    options = ort.SessionOptions()
    options.log_severity_level = 4
    with quiet() as noise:
        try:
            if name == "cuda" and hasattr(ort, "preload_dlls"):
                ort.preload_dlls()
            session = ort.InferenceSession(ONE_NODE, options, providers=[provider])
            took = session.get_providers()[0] == provider
            right = took and session.run(None, {"x": np.array([2.0], np.float32)})[0].tolist() == [-2.0]
        except Exception as error:  # a provider may fail in any way; all of them mean that it does not work
            return _first_line(str(error))
    if took and right:
        return None
    return _reason_in(noise()) or f"{provider} did not start"


def _reason_in(noise: str) -> str:
    if not _has_card():
        return "no NVIDIA driver found"
    for line in noise.splitlines():
        if "lib" in line or "CUDA" in line or "driver" in line:
            return _first_line(line)
    return ""


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200] if text.strip() else "unknown reason"


def _has_card() -> bool:
    return any(os.path.exists(path) for path in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg")) or (
        sys.platform == "win32"
    )


def _distribution() -> str:
    return next(iter(onnxruntime_distributions()), "onnxruntime")


@contextmanager
def quiet() -> Iterator[Callable[[], str]]:
    """Keep what libraries write to stdout and stderr, from Python and from C; yields a function that gives it back.

    Both levels are needed: in a notebook Python's streams are not the process's.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = ""
    words = io.StringIO()
    with tempfile.TemporaryFile() as sink, redirect_stdout(words), redirect_stderr(words):
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
            yield lambda: kept
        finally:
            for number, copy in enumerate(saved, 1):
                os.dup2(copy, number)
                os.close(copy)
            sink.seek(0)
            kept = words.getvalue() + sink.read().decode(errors="replace")
