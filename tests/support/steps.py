"""A training step's model, run step after step from its manifest alone, in a session or in onnx's own evaluator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sessions import session_of

from netc.compiler import Artifact

Arrays = dict[str, np.ndarray[Any, Any]]
Runner = Callable[[Arrays], Arrays]


def in_session(artifact: Artifact, **options: Any) -> Runner:
    """ONNX Runtime's CPU provider, which computes float16 by casting where it has no kernel for it."""
    session = session_of(artifact.model, **options)
    names = [port.name for port in session.get_outputs()]
    return lambda feeds: dict(zip(names, session.run(names, feeds), strict=True))


def by_reference(artifact: Artifact) -> Runner:
    """onnx.reference, which computes every operator in the type that the model says."""
    import onnx
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(onnx.load_from_string(artifact.model))
    names = list(evaluator.output_names)
    return lambda feeds: dict(zip(names, evaluator.run(names, feeds), strict=True))


class Steps:
    """`tensors` holds parameters and state; every call is a step and replaces them."""

    def __init__(self, artifact: Artifact, run: Runner, weights: Mapping[str, np.ndarray[Any, Any]]) -> None:
        self.artifact, self.run, self.number = artifact, run, 0
        self.tensors: Arrays = dict(weights)
        for port in artifact.manifest["inputs"]:
            if port["role"] == "state":
                shape = [int(size) for size in port["shape"]]
                self.tensors[port["name"]] = np.full(shape, port.get("initial", 0.0), port["dtype"])

    def __call__(self, batch: Arrays, rate: float) -> Arrays:
        scalars = {"learning_rate": np.array(rate, np.float32), "seed": np.array(7), "step": np.array(self.number)}
        wanted = {port["name"] for port in self.artifact.manifest["inputs"]}
        given = {**batch, **scalars, **self.tensors}
        results = self.run({name: array for name, array in given.items() if name in wanted})
        for port in self.artifact.manifest["outputs"]:
            if port["role"] in ("param", "state"):
                self.tensors[port["of"]] = results[port["name"]]
        self.number += 1
        return results
