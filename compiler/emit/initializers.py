"""The weights inside a model: the other direction of emission."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netc.compiler.model_checksum import ChangedError, check_beside, check_checksum
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import DAMAGED, not_permitted
from netc.grammar.opening import read_file

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def read_initializers(path: str | os.PathLike[str]) -> list[tuple[str, Array]]:
    """The constants of an ONNX model and their names, weights among them, but for texts, which are none,
    and for those whose names are no text.

    Raises DiagnosticError E534, E536, E553.
    """
    import numpy as np
    import onnx
    from onnx import numpy_helper
    from onnx.external_data_helper import load_external_data_for_model

    try:
        content = read_file(path)
        check_checksum(content)
        model = onnx.load_from_string(content)
        check_beside(content, _beside(Path(path).parent, model))
        load_external_data_for_model(model, os.path.dirname(os.path.abspath(path)))
        for tensor in model.graph.initializer:
            if any(size < 0 for size in tensor.dims):
                raise ValueError(f"{tensor.name} has a size below 0")
        named = (tensor for tensor in model.graph.initializer if isinstance(tensor.name, str))
        numbers = (tensor for tensor in named if tensor.data_type != onnx.TensorProto.STRING)
        found = [(tensor, numpy_helper.to_array(tensor)) for tensor in numbers]
        # numpy has no bfloat16 of its own; other readers give float32 for it too
        return [
            (tensor.name, array.astype(np.float32) if tensor.data_type == onnx.TensorProto.BFLOAT16 else array)
            for tensor, array in found
        ]
    except DiagnosticError:
        raise
    except PermissionError as error:
        raise not_permitted(path, error) from None
    except ChangedError as changed:
        message = f"cannot read the weights in {os.fspath(path)}: it is damaged: {changed}"
        help = "take the model from a copy, or write it again with `netc compile` or `netc export`"
        raise DiagnosticError(Diagnostic(DAMAGED, message, help=help)) from None
    except Exception as error:  # protobuf has classes of exception of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        message = f"cannot read the weights in {os.fspath(path)}: {reason[:1].lower()}{reason[1:]}"
        help = "give an .onnx model that netc or another exporter wrote with its weights inside"
        raise DiagnosticError(Diagnostic("E553", message, help=help)) from error


def _beside(folder: Path, model: Any) -> set[Path]:
    """The files with the numbers of a model's constants."""
    entries = (entry for tensor in model.graph.initializer for entry in tensor.external_data)
    return {folder / entry.value for entry in entries if entry.key == "location"}
