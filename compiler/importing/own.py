"""The text that a model was made of, in its metadata: what netc exported it imports as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from netc.compiler.build import network
from netc.compiler.importing.findings import damaged
from netc.compiler.importing.records import Array, ForeignGraph
from netc.compiler.model_checksum import CHECKSUM_KEY
from netc.compiler.net import Net
from netc.compiler.weights.files import fit
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import DocumentError, opened

QUANTIZED = "_quantized"
"""How ONNX Runtime calls a weight in 8 bits, behind its own name."""
SOURCE_KEY = "netc.source"
"""The entry of a model's metadata that holds it, as JSON."""


@dataclass(frozen=True, slots=True)
class OwnSource:
    """What a model was made of.

    text      the file's;  net: which one of it;  given: the arguments that it was given from outside
    used      the files that it uses, by their paths as seen from its own; the standard library is not among them
    """

    text: str
    net: str
    given: Mapping[str, Any]
    used: Mapping[str, str]


def source_note(net: Net) -> str | None:
    """The entry for a net; None for one that uses files outside of its folder, which no reader of models goes to.

    Nor is a net noted that was given tables whose keys are no words, for which JSON has no place.
    """
    folder = os.path.dirname(os.path.abspath(net.file))
    used = {}
    for file, text in net.sources.items():
        if file != net.file and not file.startswith("std/"):
            used[Path(os.path.relpath(os.path.abspath(file), folder)).as_posix()] = text
    if not all(map(_is_inside, used)) or not all(map(_has_words, net.given.values())):
        return None
    return json.dumps(asdict(OwnSource(net.source, net.name, dict(net.given), used)), separators=(",", ":"))


def own_weights(tensors: Mapping[str, Array], net: Net, own: OwnSource, file: str) -> dict[str, Array]:
    """The numbers of a net's parameters among those of a model, which may lack those of layers that no output needs.

    Raises DiagnosticError E591 where they aren't those of the text that the model notes. Of another net of the text, or
    with other arguments, it is no fault of the model: E550 and E552. E568 for what is NaN or infinite.
    """
    needed = {value.name for value in network(net).graph.parameters}
    wanted = {item.name: item.value for item in net.parameters if item.name in needed or item.name in tensors}
    try:
        return fit(tensors, wanted, net, file=file)
    except DiagnosticError as error:
        noted = net.name == own.net and net.given == own.given
        if not noted or error.diagnostics[0].code == "E568":
            raise
        help = (
            f"take the model as it was when netc wrote it, or take the entries `{SOURCE_KEY}` and `{CHECKSUM_KEY}` out "
            "of its metadata: then the text is made of its graph"
        )
        raise damaged(f"`{SOURCE_KEY}` is the text of another model: {error.diagnostics[0].message}", help) from None


def widened(graph: ForeignGraph, constants: Mapping[str, Array]) -> dict[str, Array]:
    """Weights that `netc export --precision int8` wrote in 8 bits, by the names of those that they stand for."""
    found = {}
    for node in graph.nodes:
        if node.op == "DequantizeLinear" and len(node.inputs) > 1 and all(name in constants for name in node.inputs):
            narrow, scale, *zero = (constants[name] for name in node.inputs)
            try:
                laid = _beside(narrow, node.attributes.get("axis", 1))
                wide = narrow.astype(np.float32) - (laid(zero[0]).astype(np.float32) if zero else 0)
                whole = np.broadcast_to((wide * laid(scale)).astype(np.float32), narrow.shape)
            except (ValueError, IndexError, TypeError):
                raise damaged(f"node `{node.name}` asks for scales that its weights do not have") from None
            found[node.inputs[0].removesuffix(QUANTIZED)] = whole
    return found


def _beside(narrow: Array, axis: int) -> Callable[[Array], Array]:
    """How scales are laid beside what they scale: one for all of it, or one for each place along an axis."""
    along = [1] * narrow.ndim

    def laid(scales: Array) -> Array:
        if scales.size > 1:
            along[axis] = -1
        return scales.reshape(along)

    return laid


def own_source(metadata: Mapping[str, str]) -> OwnSource | None:
    """What a model says that it was made of, None where it says nothing; raises DiagnosticError E591."""
    noted = metadata.get(SOURCE_KEY)
    if noted is None:
        return None
    try:
        said: OwnSource = opened(noted, OwnSource)
    except DocumentError as error:
        raise damaged(f"its `{SOURCE_KEY}` {error}") from None
    for text in (said.text, *said.used, *said.used.values()):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise damaged("its source holds characters that no file can hold") from None
    for name in said.used:
        if not _is_inside(name):
            raise damaged(f"its source uses a file outside of its folder: `{name[:80]}`")
    return said


def _has_words(value: Any) -> bool:
    """Whether all keys of tables in a value are words."""
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_has_words, value.values()))
    return all(map(_has_words, value)) if isinstance(value, (list, tuple)) else True


def _is_inside(name: str) -> bool:
    """Whether a text's path, as seen from the folder of the one that uses it, stays there."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and not {"\\", "\0"} & {*name} and path.suffix == ".net"
