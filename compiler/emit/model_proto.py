"""A whole model: inputs, nodes, outputs, metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple, TypedDict, Unpack

import numpy as np
from onnx import ModelProto

from netc.compiler.artifact import MANIFEST_KEY, Manifest
from netc.compiler.emit.emitter import Emitter
from netc.compiler.emit.external import ExternalData
from netc.compiler.emit.protobuf import fill_tensor, value_info
from netc.compiler.ir import DType, Graph, Purpose, Value
from netc.compiler.ops.onnx_schema import OPSET

IR_VERSION = 9

# The first operator set whose convolution and pooling take bfloat16, and the version of the format that came with it.
BFLOAT16_OPSET = 22
BFLOAT16_IR_VERSION = 10


class Written(NamedTuple):
    """A model, and for each of its nodes what it is for where that is no layer."""

    model: ModelProto
    purposes: tuple[Purpose | None, ...]


def emit(graph: Graph, **how: Unpack[Form]) -> ModelProto:
    """The model alone of what `write` writes."""
    return write(graph, **how).model


class Form(TypedDict, total=False):
    """How a graph is written.

    float_type  "float64" makes every float32 a double, for checks on `onnx.reference`
    weights     values of parameters by name; a parameter that is not in it becomes an input
    doc, notes  documentation of the model, and of its inputs and outputs by name
    shapes      write the shapes of inner values too, which viewers show
    opset       the version of ONNX's operators; None takes OPSET. With bfloat16 it is 22, the first that has it
    external    where weights go instead of into the model
    """

    float_type: str
    weights: Mapping[str, np.ndarray[Any, Any]] | None
    doc: str
    notes: Mapping[str, str] | None
    manifest: Manifest | None
    shapes: bool
    opset: int | None
    external: ExternalData | None


def write(
    graph: Graph,
    *,
    float_type: str = "float32",
    weights: Mapping[str, np.ndarray[Any, Any]] | None = None,
    doc: str = "",
    notes: Mapping[str, str] | None = None,
    manifest: Manifest | None = None,
    shapes: bool = False,
    opset: int | None = None,
    external: ExternalData | None = None,
) -> Written:
    """The graph as an ONNX model; the same graph gives the same bytes. `Form` says what the arguments are."""
    given = weights or {}
    notes = notes or {}
    e = Emitter(graph, float_type)
    for parameter in graph.parameters:
        if parameter.name in given:
            array = np.asarray(given[parameter.name], dtype=e.element_type(parameter.dtype))
            assert array.shape == parameter.shape, f"{parameter.name} has shape {array.shape}, not {parameter.shape}"
            fill = fill_tensor if external is None else external.fill
            fill(e.proto.initializer.add(), parameter.name, array)
    e.all_nodes()
    for name, value in graph.outputs.items():
        if e.name(value) != name:
            e.node(value.node, "Identity", [value], [name])

    def info(name: str, value: Value) -> Any:
        return value_info(name, e.element_type(value.dtype), value.shape, notes.get(name, ""))

    if shapes:
        made = {name for proto in e.proto.node for name in proto.output} - graph.outputs.keys()
        inner = ((e.name(value), value) for node in graph.nodes for value in node.outputs)
        e.proto.value_info.extend(info(name, value) for name, value in inner if name in made)
    e.proto.input.extend(info(value.name, value) for value in graph.sources() if value.name not in given)
    e.proto.output.extend(info(name, value) for name, value in graph.outputs.items())
    return Written(_model(e, doc, manifest, opset or OPSET, _has_bfloat16(graph)), tuple(e.purposes))


def _has_bfloat16(graph: Graph) -> bool:
    return any(
        any(value.dtype == DType.BFLOAT16 for value in node.outputs) or any(map(_has_bfloat16, node.bodies.values()))
        for node in graph.nodes
    )


def _model(e: Emitter, doc: str, manifest: Manifest | None, opset: int, bfloat16: bool) -> ModelProto:
    model = e.model
    model.ir_version, model.doc_string = BFLOAT16_IR_VERSION if bfloat16 else IR_VERSION, doc
    model.producer_name, model.producer_version = "netc", _version()
    model.opset_import.add(domain="", version=BFLOAT16_OPSET if bfloat16 else opset)
    for domain in sorted(e.domains - {""}):
        model.opset_import.add(domain=domain, version=1)
    if manifest is not None:
        model.metadata_props.add(key=MANIFEST_KEY, value=json.dumps(manifest, separators=(",", ":")))
    return model


@cache
def _version() -> str:
    """netc's version, read once: it stands in a file of the installation."""
    try:
        return version("netc")
    except PackageNotFoundError:
        return "0"
