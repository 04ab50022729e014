"""Which operators a model from elsewhere asks for, found in its bytes before ONNX Runtime sees them.

The operators of netc[fast] and of ONNX Runtime's own blocked layout are written for graphs that a compiler made: models
from elsewhere may not name them, nor any domain that ONNX Runtime doesn't offer to everybody. The bytes are read as
protobuf's wire format, which takes no more than these few fields need and imports nothing. Whatever is read otherwise
than ONNX Runtime reads it would be a way past this; so what its reader may take in another way is called damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from netc.compiler.importing.external import OutsideError, check_external
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file
from netc.grammar.snippet import printable

OPEN = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
"""Domains of operators for inference that stock ONNX Runtime has, and that exporters and its optimizers write."""

CLOSED = ("netc.fast", "com.microsoft.nchwc", "com.ms.internal.nhwc")
"""Domains that stay closed also where a model says that it defines their operators by functions of its own."""

# Fields by their numbers in onnx.proto: which hold messages with nodes in them, of which kind.
_INSIDE = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}
_NODE = {"name": 3, "op": 4, "domain": 7}
_ENTRY = {"key": 1, "value": 2}
_FUNCTION = {"name": 1, "domain": 10}
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_MOST = 1 << 31  # of a field's length, and of its number with its type


class DamagedError(ValueError):
    """The bytes are no protobuf message, or one that nobody who writes ONNX writes."""


class Asked(NamedTuple):
    """An operator that a node asks for."""

    domain: str
    op: str
    node: str


def read_model(path: Path) -> bytes:
    """The bytes of a model; raises DiagnosticError E565 for more than one can have, and as `read_file` does."""
    if path.is_file() and path.stat().st_size >= _MOST:
        help = "keep its weights beside it, as external data"
        message = f"{path} cannot be loaded as an ONNX model"
        raise DiagnosticError(Diagnostic("E565", message, notes=("one file holds less than 2 GiB",), help=help))
    return read_file(path)


def check_model(path: Path, model: bytes, folder: Path | None = None) -> int | None:
    """The bytes of the files with a model's external data, None where it has none.

    Raises DiagnosticError E565, E567 for what a model may not ask for. E565 is also what is no ONNX model, and external
    data that isn't in the folder, None where it may have none; E567 is an operator of a domain that isn't open.
    """
    try:
        asked, tensors = closed_operator(model), _read(model).tensors
        outside = check_external(folder, tensors)
    except (DamagedError, OutsideError) as damage:
        help = "give a model that `netc compile` or `netc train` wrote"
        message = f"{path} cannot be loaded as an ONNX model"
        raise DiagnosticError(Diagnostic("E565", message, notes=(str(damage),), help=help)) from damage
    if asked is not None:
        node = f"node `{asked.node}`" if asked.node else "a node without a name"
        message = f"{path} asks for operator `{asked.op}` of domain `{asked.domain}`, which models may not use"
        help = "compile the network with `netc compile`, which writes standard operators (`--target std`)"
        raise DiagnosticError(Diagnostic("E567", message, notes=(f"in {node}",), help=help))
    return outside if tensors else None


def check_file(path: Path) -> None:
    """`check_model` of a file, for readers of their own; one that cannot be read is theirs to tell."""
    try:
        content = read_model(path)
    except OSError:
        return
    check_model(path, content, path.parent)


def closed_operator(model: bytes) -> Asked | None:
    """The first operator of a domain that isn't open, None where there is none; raises DamagedError."""
    nodes, functions, _ = _read(model)
    for asked in nodes:
        defined = (asked.domain, asked.op) in functions and asked.domain not in CLOSED
        if asked.domain not in OPEN and not defined:
            return asked
    return None


class Read(NamedTuple):
    """What every node asks for, nested ones too, the functions that a model defines, and its external data."""

    nodes: list[Asked]
    functions: set[tuple[str, str]]
    tensors: list[list[tuple[str, str]]]


def _read(model: bytes) -> Read:
    nodes: list[Asked] = []
    tensors: list[list[tuple[str, str]]] = []
    functions: set[tuple[str, str]] = set()
    waiting = [("model", memoryview(model))]
    while waiting:
        kind, message = waiting.pop()
        inside = _INSIDE[kind]
        texts: dict[int, list[str]] = {}
        entries: list[tuple[str, str]] = []
        for number, content in _fields(message):
            if inside.get(number) == "entry":
                entries.append(_entry(content))
            elif number in inside:
                waiting.append((inside[number], content))
            elif kind in ("node", "function"):
                texts.setdefault(number, []).append(_text(content))
        if kind == "node":  # a field that comes twice counts with its last value, but no domain goes unseen
            op, name = (texts.get(_NODE[field], [""])[-1] for field in ("op", "name"))
            nodes += [Asked(domain, op, name) for domain in texts.get(_NODE["domain"], [""])]
        elif kind == "function":
            domain, name = (texts.get(_FUNCTION[field], [""])[-1] for field in ("domain", "name"))
            functions.add((domain, name))
        elif entries:
            tensors.append(entries)
    return Read(nodes, functions, tensors)


def _entry(message: memoryview) -> tuple[str, str]:
    """A key and its value, whole: what is checked is what is opened."""
    texts: dict[int, list[str]] = {}
    for number, content in _fields(message):
        try:
            texts.setdefault(number, []).append(bytes(content).decode())
        except UnicodeDecodeError:
            raise DamagedError("a name of a file is no text") from None
    found = [texts.get(number, [""]) for number in _ENTRY.values()]
    if any(len(values) > 1 for values in found):
        raise DamagedError("an entry has two keys or two values")
    return found[0][0], found[1][0]


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of the fields that hold bytes; raises DamagedError."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if key >= 2 * _MOST or number == 0:
            raise DamagedError("a field has a number that there isn't")
        if kind == _VARINT:
            _, at = _varint(message, at)
        elif kind in (_EIGHT, _FOUR):
            at += 8 if kind == _EIGHT else 4
        elif kind == _BYTES:
            size, at = _varint(message, at)
            if size > end - at:
                raise DamagedError("a field is longer than what holds it")
            yield number, message[at : at + size]
            at += size
        else:
            raise DamagedError("a field has a type that ONNX doesn't use")
    if at > end:
        raise DamagedError("a field is longer than what holds it")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise DamagedError("the file ends within a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise DamagedError("a number is longer than any that there is")


def _text(content: memoryview) -> str:
    return printable(bytes(content[:200]).decode("utf-8", "replace"))
