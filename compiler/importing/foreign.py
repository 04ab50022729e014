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
from netc.compiler.model_checksum import ChangedError, check_beside, check_checksum
from netc.compiler.wire import MOST, DamagedError, every_field
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import DAMAGED
from netc.grammar.limits import NODES
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
TENSOR_NAME = 8
FIELDS = 10
"""How many times as many fields as nodes a model may have, all that holds no messages included."""


class Asked(NamedTuple):
    """An operator that a node asks for."""

    domain: str
    op: str
    node: str


def read_model(path: Path) -> bytes:
    """The bytes of a model; raises DiagnosticError E565 for more than one can have, and as `read_file` does."""
    if path.is_file() and path.stat().st_size >= MOST:
        help = "keep its weights beside it, as external data"
        message = f"{path} cannot be loaded as an ONNX model"
        raise DiagnosticError(Diagnostic("E565", message, notes=("one file holds less than 2 GiB",), help=help))
    return read_file(path)


def check_model(path: Path, model: bytes, folder: Path | None = None) -> int | None:
    """The bytes of the files with a model's external data, None where it has none.

    Raises DiagnosticError E565, E567 for what a model may not ask for. E565 is also what is no ONNX model, and external
    data that isn't in the folder, None where it may have none; E567 is an operator of a domain that isn't open; E534 is
    a model that netc wrote, of which a bit is another one now, or one of its external data, which is read for that;
    E592 is a model of more nodes than are read.
    """
    try:
        for _ in _Count(NODES.value).inside(memoryview(model)):
            pass  # counts, before any other looks at all of them
        check_checksum(model)
        asked, tensors = _read(model)
        outside = check_external(folder, tensors)
        check_beside(model, outside)
    except (DamagedError, OutsideError) as damage:
        help = "give a model that `netc compile` or `netc train` wrote"
        message = f"{path} cannot be loaded as an ONNX model"
        raise DiagnosticError(Diagnostic("E565", message, notes=(str(damage),), help=help)) from damage
    except ChangedError as changed:
        help = (
            "take it from a copy, or write it again with `netc compile` or `netc export`; if a program of yours "
            "changed it on purpose, take the entries `netc.checksum` out of its metadata"
        )
        raise DiagnosticError(Diagnostic(DAMAGED, f"{path} is damaged: {changed}", help=help)) from None
    if asked is not None:
        node = f"node `{asked.node}`" if asked.node else "a node without a name"
        message = f"{path} asks for operator `{asked.op}` of domain `{asked.domain}`, which models may not use"
        help = "compile the network with `netc compile`, which writes standard operators (`--target std`)"
        raise DiagnosticError(Diagnostic("E567", message, notes=(f"in {node}",), help=help))
    return sum(outside.values()) if tensors else None


def check_file(path: Path) -> None:
    """`check_model` of a file, for readers of their own; one that cannot be read is theirs to tell."""
    try:
        content = read_model(path)
    except OSError:
        return
    check_model(path, content, path.parent)


def closed_operator(model: bytes) -> Asked | None:
    """The first operator of a domain that isn't open, None where there is none.

    Raises DamagedError, and DiagnosticError E592 for more nodes than are read.
    """
    return _read(model).closed


class Read(NamedTuple):
    """The first operator of a domain that isn't open, of nested nodes too, and the external data of a model."""

    closed: Asked | None
    tensors: list[list[tuple[str, str]]]


def _read(model: bytes) -> Read:
    count = _Count(NODES.value)
    closed: dict[tuple[str, str], Asked] = {}
    tensors: list[list[tuple[str, str]]] = []
    functions: set[tuple[str, str]] = set()
    waiting = [("model", memoryview(model))]
    while waiting:
        kind, message = waiting.pop()
        inside = _INSIDE[kind]
        texts: dict[int, list[str]] = {}
        entries: list[tuple[str, str]] = []
        named: set[bytes] = set()
        for number, _, _, content in every_field(message):
            count.field(inside.get(number) == "node")
            if content is None:
                continue
            if kind == "graph" and inside.get(number) == "tensor":
                _check_alone(content, named, count)
            if inside.get(number) == "entry":
                entries.append(_entry(content, count))
            elif number in inside:
                waiting += [(inside[number], content)] if content else []
            elif kind in ("node", "function"):
                texts.setdefault(number, []).append(_text(content))
        if kind == "node":  # a field that comes twice counts with its last value, but no domain goes unseen
            op, name = (texts.get(_NODE[field], [""])[-1] for field in ("op", "name"))
            for domain in sorted(set(texts.get(_NODE["domain"], ())).difference(OPEN)):
                closed.setdefault((domain, op), Asked(domain, op, name))
        elif kind == "function":
            domain, name = (texts.get(_FUNCTION[field], [""])[-1] for field in ("domain", "name"))
            functions.add((domain, name))
        elif entries:
            tensors.append(entries)
    undefined = (asked for key, asked in closed.items() if key not in functions or asked.domain in CLOSED)
    return Read(next(undefined, None), tensors)


class _Count:
    """Counts what was met of a model, of which there is a most."""

    def __init__(self, most: int) -> None:
        self.most, self.nodes, self.fields = most, 0, 0

    def field(self, is_node: bool) -> None:
        """One field more, which may be a node; raises DiagnosticError E592."""
        self.nodes += is_node
        self.fields += 1
        if self.nodes > self.most:
            raise _too_large(self.most, "nodes")
        if self.fields > FIELDS * self.most:
            raise _too_large(FIELDS * self.most, "fields")

    def inside(self, message: memoryview) -> Iterator[tuple[int, memoryview]]:
        """Number and content of the fields of a message that hold bytes; all of them count."""
        for number, _, _, content in every_field(message):
            self.field(is_node=False)
            if content is not None:
                yield number, content


def _too_large(most: int, what: str) -> DiagnosticError:
    return DiagnosticError(
        Diagnostic("E592", f"a model with more than {most:,} {what} is not read", help=NODES.raised())
    )


def _check_alone(tensor: memoryview, named: set[bytes], count: _Count) -> None:
    """Raise DamagedError where an initializer is called as another one is: which of them counts nobody knows."""
    for name in (bytes(content) for number, content in count.inside(tensor) if number == TENSOR_NAME):
        if name in named:
            raise DamagedError(f"two initializers are called `{_text(memoryview(name[:80]))}`")
        named.add(name)


def _entry(message: memoryview, count: _Count) -> tuple[str, str]:
    """A key and its value, whole: what is checked is what is opened."""
    texts: dict[int, list[str]] = {}
    for number, content in count.inside(message):
        try:
            texts.setdefault(number, []).append(bytes(content).decode())
        except UnicodeDecodeError:
            raise DamagedError("a name of a file is no text") from None
    found = [texts.get(number, [""]) for number in _ENTRY.values()]
    if any(len(values) > 1 for values in found):
        raise DamagedError("an entry has two keys or two values")
    return found[0][0], found[1][0]


def _text(content: memoryview) -> str:
    return printable(bytes(content[:200]).decode("utf-8", "replace"))
