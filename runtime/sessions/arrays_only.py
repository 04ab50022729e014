"""Whether a model from elsewhere takes and gives arrays of sane size: others exist, and no data is like them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.limits import BATCH, TENSORS
from netc.grammar.snippet import printable
from netc.runtime.sessions.isolated.exchange import DTYPES
from netc.runtime.sessions.isolated.process import IsolatedSession
from netc.runtime.sessions.session import Given, Session

KINDS = (
    ("seq(", "a sequence"),
    ("map(", "a map"),
    ("optional(", "an optional value"),
    ("sparse", "a sparse tensor"),
    ("tensor(string", "text"),
)


def check_ports(path: Path, session: Session | IsolatedSession) -> None:
    """Raise DiagnosticError E544 where a model takes or gives anything but arrays, E140, E542 for batches too large."""
    for what, ports in (("input", session.inputs), ("output", session.given_outputs)):
        if not ports:
            raise _refused(f"{path} has no {what}s", "give a model of a network, which answers for each row")
        for port in ports:
            check_array(port, f"{what} `{printable(port.name[:80])}` of {path}")
    for port in session.inputs:
        _check_size(path, port)


def check_array(port: Given, called: str = "") -> None:
    """Raise DiagnosticError E544 for an input or output that no array is like."""
    if port.type not in DTYPES:
        kind = next((words for begins, words in KINDS if port.type.startswith(begins)), None)
        found = kind or printable(port.type.removeprefix("tensor(").removesuffix(")")[:40])
        called = called or f"input `{printable(port.name[:80])}`"
        raise _refused(f"{called} is {found}, and no array of numbers", _way_out(port.type))


def _check_size(path: Path, port: Given) -> None:
    sizes = [size if isinstance(size, int) else 1 for size in port.shape]
    if sizes and sizes[0] > BATCH.value:
        message = f"{path} takes batches of {counted(sizes[0], 'row')}"
        raise BATCH.error(message, help="export it with an open batch", asked=sizes[0])
    size = math.prod(sizes) * np.dtype(DTYPES[port.type]).itemsize
    if size > TENSORS.value:
        shown = printable(port.name[:80])
        raise TENSORS.error(
            f"input `{shown}` of {path} takes {TENSORS.shown(size)}", help="export it for smaller inputs", asked=size
        )


def _way_out(type: str) -> str:
    if type.startswith(("seq(map", "map(")):
        return "export it with plain tensors: `zipmap=False` in skl2onnx"
    if type.startswith(("tensor(bfloat", "tensor(float8")):
        return "export it with inputs and outputs of float32 or float16"
    return "export it with tensors of numbers for inputs and outputs"


def _refused(message: str, help: str) -> DiagnosticError:
    return DiagnosticError(Diagnostic("E544", message, help=help))
