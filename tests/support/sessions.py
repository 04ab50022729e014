"""Bare ONNX Runtime sessions: what tests compare with must not come through netc's own runtime."""

from __future__ import annotations

from importlib.util import find_spec

import onnxruntime


def fast_library() -> str | None:
    """The file of the operators of `netc[fast]`, where it is installed and runs."""
    if find_spec("netc_fast") is None:
        return None
    import netc_fast

    return str(netc_fast.path()) if netc_fast.runs_here() else None


def session_of(
    model: bytes, *, optimize: bool = True, threads: int = 1, without: tuple[str, ...] = ()
) -> onnxruntime.InferenceSession:
    """A session on the CPU. `without` names rewrites of the runtime's that it must leave out."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if library := fast_library():
        options.register_custom_ops_library(library)
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without)
    )
