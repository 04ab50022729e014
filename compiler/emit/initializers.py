"""The weights inside a model: the other direction of emission."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import check_file

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def read_initializers(path: str | os.PathLike[str]) -> dict[str, Array]:
    """The constants of an ONNX model by name, weights among them; raises DiagnosticError E553."""
    import onnx
    from onnx import numpy_helper

    try:
        check_file(path)
        model = onnx.load(os.fspath(path))
        for tensor in model.graph.initializer:
            if any(size < 0 for size in tensor.dims):
                raise ValueError(f"{tensor.name} has a size below 0")
        return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    except Exception as error:  # protobuf has classes of exception of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        message = f"cannot read the weights in {os.fspath(path)}: {reason[:1].lower()}{reason[1:]}"
        help = "give an .onnx model that netc or another exporter wrote with its weights inside"
        raise DiagnosticError(Diagnostic("E553", message, help=help)) from error
