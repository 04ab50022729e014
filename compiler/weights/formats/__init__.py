"""Weight files of all kinds, a format a file: tensors by name, and nothing of a file is ever run.

`read_as` looks at what a file begins with, not at what it is called.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from netc.compiler.weights.formats.base import Contents, UnreadableError, by_name, checked, may_be_weight
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import not_permitted
from netc.grammar.opening import open_file
from netc.grammar.snippet import printable

Found = TypeVar("Found")

KINDS = (
    "safetensors, numpy's .npz, an .onnx model, PyTorch's .pth and .pt, Keras's .h5 and .keras, "
    "or a pickle of numpy arrays"
)
"""What can be read, in words of a message."""

FOREIGN_ENDINGS = {
    **dict.fromkeys((".pt", ".pth", ".ckpt"), "a PyTorch file"),
    **dict.fromkeys((".pkl", ".pickle"), "a pickle"),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), "a Keras file"),
    **dict.fromkeys((".npy", ".npz"), "a numpy file"),
    ".onnx": "an ONNX model",
}
"""What a name's ending says that a file is, where that is not safetensors."""

SAFETENSORS = "give a file in safetensors format, such as a run's `best.safetensors`"

HELP = {
    "zip": "save it again: `torch.save(model.state_dict(), …)` or `numpy.savez(…)`",
    "pickle": "save the tensors alone: `torch.save(model.state_dict(), …)`",
    "hdf5": "save it again with Keras: `model.save_weights(…)`",
    "onnx": "give an .onnx model that netc or another exporter wrote with its weights inside",
}


def read_as(path: str | os.PathLike[str], make: Callable[[Contents], Found]) -> Found:
    """What is made of the tensors of a file, by a function that may raise UnreadableError as readers do.

    Raises DiagnosticError E553 for what cannot be read, E534 to E536 for a file of netc's own that is damaged, newer or
    not permitted, E572 for a pickle that asks for more than tensors, E573 where a package is missing.
    """
    return _guarded(path, lambda kind: make(checked(_READERS[kind](path))))


def read_texts(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts that a file keeps beside its tensors, which safetensors alone do; raises DiagnosticError E553."""
    from netc.compiler.weights.formats.safetensors_file import read_safetensors_texts

    return _guarded(path, lambda kind: read_safetensors_texts(path) if kind == "safetensors" else {})


def _guarded(path: str | os.PathLike[str], reader: Callable[[str], Found]) -> Found:
    """What a reader makes of a file of its kind; raises DiagnosticError."""
    kind = ""
    try:
        kind = _kind(path)
        return reader(kind)
    except FileNotFoundError:
        raise _unreadable(path, "there is no such file", "check the path") from None
    except UnreadableError as error:
        raise _unreadable(path, str(error), error.help or HELP.get(kind, SAFETENSORS), error.code) from None
    except PermissionError as error:
        raise not_permitted(path, error) from None
    except OSError as error:
        said = error.strerror or str(error) or type(error).__name__
        raise _unreadable(path, said.splitlines()[0].rstrip("."), SAFETENSORS) from None


def _kind(path: str | os.PathLike[str]) -> str:
    """What a file's first bytes say that it is."""
    with open_file(path) as file:
        start = file.read(16)
    if start.startswith((b"PK\3\4", b"PK\5\6")):
        return "zip"
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    if os.fspath(path).endswith(".onnx"):
        return "onnx"
    if start[:1] == b"\x80" and start[1:2] in (b"\2", b"\3", b"\4", b"\5") and start[8:9] != b"{":
        return "pickle"
    if os.fspath(path).endswith(tuple(FOREIGN_ENDINGS)):
        raise UnreadableError("it is none of the formats that weights come in", f"give {KINDS}")
    return "safetensors"


def _safetensors(path: str | os.PathLike[str]) -> Contents:
    from netc.compiler.weights.formats.safetensors_file import read_safetensors

    return read_safetensors(path)


def _onnx(path: str | os.PathLike[str]) -> Contents:
    from netc.compiler.emit.initializers import read_initializers

    tensors = by_name((name, name, array) for name, array in read_initializers(path) if may_be_weight(name, array))
    if not tensors:
        raise UnreadableError("it holds no weights")
    return Contents(tensors, whole=False)


def _pickle(path: str | os.PathLike[str]) -> Contents:
    from netc.compiler.weights.formats.pickled_file import read_pickle

    return read_pickle(path)


def _zip(path: str | os.PathLike[str]) -> Contents:
    from netc.compiler.weights.formats.archive import Archive

    with Archive(path) as archive:
        if "model.weights.h5" in archive:
            from netc.compiler.weights.formats.keras_file import read_keras

            return read_keras(archive)
        if any(name.endswith("/data.pkl") for name in archive.names):
            from netc.compiler.weights.formats.torch_zip import read_torch_zip

            return read_torch_zip(archive)
        if any(name.endswith(".npy") for name in archive.names):
            from netc.compiler.weights.formats.numpy_archive import read_npz

            return read_npz(archive)
    raise UnreadableError("it is a zip archive without tensors", f"give {KINDS}")


def _hdf5(path: str | os.PathLike[str]) -> Contents:
    from netc.compiler.weights.formats.keras_file import read_hdf5

    with open_file(path) as file:
        return read_hdf5(file, os.path.getsize(path))


_READERS = {"zip": _zip, "hdf5": _hdf5, "onnx": _onnx, "pickle": _pickle, "safetensors": _safetensors}


def _unreadable(path: str | os.PathLike[str], reason: str, help: str, code: str = "E553") -> DiagnosticError:
    reason = printable(reason[:1].lower() + reason[1:])
    return DiagnosticError(Diagnostic(code, f"cannot read the weights in {os.fspath(path)}: {reason}", help=help))
