"""Bare ONNX Runtime sessions: what tests compare with must not come through netc's own runtime."""

from __future__ import annotations

import onnxruntime


def session_of(
    model: bytes, *, optimize: bool = True, threads: int = 1, without: tuple[str, ...] = ()
) -> onnxruntime.InferenceSession:
    """A session on the CPU. `without` names rewrites of the runtime's that it must leave out."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without)
    )
