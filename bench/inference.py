"""Inference: netc's model, PyTorch's own ONNX export in the same ONNX Runtime, PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.fresh import call
from bench.nets import Measured, by_name
from bench.sections import Options
from bench.turns import Contender, take_turns
from bench.weights import common_start, read
from bench.window import Prepared, timed


def measure(measured: Measured, options: Options, batch: int) -> dict[str, Any]:
    """Seconds of a batch by contender, a figure a window; `difference` is the largest between two outputs."""
    with common_start(measured, threads=options.threads, limit=options.limit) as start:
        file = str(Path(start).with_name("theirs.onnx"))
        exported = call(
            "bench.inference:export", measured.name, batch, start, file, threads=options.threads, limit=options.limit
        )
        ways: dict[str, tuple[str, dict[str, Any]]] = {
            "netc": ("netc_inference", {"model": False}),
            "netc.Model": ("netc_inference", {"model": True}),
            "torch export": ("export_inference", {"file": file}),
            **{form: ("torch_inference", {"form": form}) for form in measured.forms},
        }
        every = {"net": measured.name, "batch": batch, "threads": options.threads, "start": start}
        contenders = {
            name: Contender(
                f"bench.contenders:{way}", {**every, **given, "answer": str(Path(start).with_name(f"{name}.npy"))}
            )
            for name, (way, given) in ways.items()
        }
        if "failed" in exported:
            del contenders["torch export"]
        taken = take_turns(contenders, **options.turns)
        taken.need("eager")
        answers = {name: np.load(facts["answer"]) for name, facts in taken.facts.items() if "answer" in facts}
    if "failed" in exported:
        taken.failed["torch export"] = exported["failed"]
    expected = answers["eager"]
    difference = max(float(np.abs(answer - expected).max()) for answer in answers.values())
    difference /= max(float(np.abs(expected).max()), 1e-30)
    return {"batch": batch, "exporter": exported.get("exporter"), "difference": difference, **taken.as_row()}


def export(net: str, batch: int, start: str, path: str) -> dict[str, Any]:
    """Write PyTorch's export of a network, in a process that has PyTorch; says which exporter it was."""
    from bench import theirs

    measured = by_name(net)
    module = measured.torch_module()
    theirs.start_from(module, read(start))
    return {"exporter": theirs.export(module, measured.rows(batch)[0], path)}


def of_file(model: bytes | str, given: NDArray[Any], threads: int, answer: str) -> Prepared:
    """A model in ONNX Runtime as anybody would start it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feeds = {session.get_inputs()[0].name: given}
    np.save(answer, session.run(None, feeds)[0])
    return timed(lambda: session.run(None, feeds), {"answer": answer})
