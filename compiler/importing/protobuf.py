"""From the bytes of an ONNX file to records: the other door to protobuf, beside `emit/`. They were checked before."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler.importing.findings import LIMITS, damaged, too_large, unsupported
from netc.compiler.importing.records import (
    Array,
    Constant,
    ForeignFunction,
    ForeignGraph,
    ForeignInput,
    ForeignModel,
    ForeignNode,
    Reference,
)
from netc.grammar.counted import counted
from netc.grammar.uninterrupted import uninterrupted

with uninterrupted():
    from onnx import (
        AttributeProto,
        FunctionProto,
        GraphProto,
        ModelProto,
        NodeProto,
        TensorProto,
        ValueInfoProto,
        helper,
        numpy_helper,
    )

SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
RULE = "pkg.onnxscript.rewriter.rule_name"
"""Where PyTorch's exporter notes the modules that a node belongs to, their classes, and what it rewrote."""

_FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)
_WHOLE = (
    TensorProto.INT64, TensorProto.INT32, TensorProto.INT16, TensorProto.INT8,
    TensorProto.UINT8, TensorProto.UINT16, TensorProto.UINT32, TensorProto.UINT64,
)  # fmt: skip


def parse(content: bytes, folder: Path) -> ForeignModel:
    """The records of a model; raises DiagnosticError E591 damaged, E592 past a limit.

    folder  where its external data lies; that the files are in it was checked before
    """
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:  # protobuf has classes of exception of its own
        raise damaged(f"it is no ONNX model: {(str(error) or type(error).__name__).splitlines()[0]}") from error
    if not model.graph.node and not model.graph.input:
        raise damaged("it holds no graph")
    _require_text(model.producer_name, *(entry.domain for entry in model.opset_import))
    _require_text(*(text for entry in model.metadata_props for text in (entry.key, entry.value)))
    opsets = {entry.domain if entry.domain != "ai.onnx" else "": entry.version for entry in model.opset_import}
    reader = _Reader(folder)
    functions = {(item.domain, item.name): reader.function(item) for item in model.functions}
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    graph = reader.graph(model.graph)
    return ForeignModel(graph, opsets.get("", 1), functions, metadata, model.producer_name, reader.classes)


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes = 0
        self.classes: dict[tuple[str, ...], str] = {}

    def graph(self, proto: GraphProto, depth: int = 0) -> ForeignGraph:
        if depth > LIMITS["nesting"]:
            raise too_large("graphs inside graphs", depth, LIMITS["nesting"])
        if proto.sparse_initializer:
            raise unsupported("it holds sparse tensors", "export it with dense weights")
        _require_text(proto.name, *(item.name for item in (*proto.initializer, *proto.input, *proto.output)))
        constants = {item.name: Constant(self.array(item), item.name, item.name) for item in proto.initializer}
        inputs = [self.input(item) for item in proto.input if item.name not in constants]
        nodes = [self.node(item, depth) for item in proto.node]
        return ForeignGraph(proto.name, inputs, constants, nodes, [item.name for item in proto.output])

    def function(self, proto: FunctionProto) -> ForeignFunction:
        _require_text(proto.name, proto.domain, *proto.input, *proto.output, *proto.attribute)
        _require_text(*(item.name for item in proto.attribute_proto))
        defaults: dict[str, Any] = dict.fromkeys(proto.attribute)
        defaults |= {item.name: self.attribute(item, 0) for item in proto.attribute_proto}
        nodes = tuple(self.node(item, 0) for item in proto.node)
        return ForeignFunction(tuple(proto.input), tuple(proto.output), defaults, nodes)

    def node(self, proto: NodeProto, depth: int) -> ForeignNode:
        self.nodes += 1
        if self.nodes > LIMITS["nodes"]:
            raise too_large("nodes", self.nodes, LIMITS["nodes"])
        _require_text(proto.name, proto.op_type, proto.domain, *proto.input, *proto.output)
        _require_text(*(text for item in proto.attribute for text in (item.name, item.ref_attr_name)))
        _require_text(*(text for entry in proto.metadata_props for text in (entry.key, entry.value)))
        attributes: dict[str, Any] = {}
        for item in proto.attribute:
            value = Reference(item.ref_attr_name) if item.ref_attr_name else self.attribute(item, depth)
            if value is not None:
                attributes[item.name] = value
        domain = "" if proto.domain == "ai.onnx" else proto.domain
        noted = {entry.key: entry.value for entry in proto.metadata_props}
        scopes = _listed(noted.get(SCOPES, ""))[:-1]
        for path, kind in zip(scopes, _listed(noted.get(CLASSES, "")), strict=False):
            self.classes[tuple(path.split("."))] = kind.rpartition(".")[2]
        inner = [path for path in scopes if path]
        scope = tuple(inner[-1].split(".")) if inner else _of_name(proto.name)
        fused = "FuseBatchNorm" in noted.get(RULE, "")
        return ForeignNode(
            proto.op_type, domain, proto.name, tuple(proto.input), tuple(proto.output), attributes, scope, fused
        )

    def attribute(self, proto: AttributeProto, depth: int) -> Any:
        kind = proto.type
        if kind == AttributeProto.GRAPH:
            return self.graph(proto.g, depth + 1)
        if kind == AttributeProto.TENSOR:
            return self.array(proto.t)
        if kind == AttributeProto.STRING:
            return proto.s.decode("utf-8", "replace")
        if kind == AttributeProto.STRINGS:
            return tuple(item.decode("utf-8", "replace") for item in proto.strings)
        if kind in (AttributeProto.INT, AttributeProto.INTS, AttributeProto.FLOAT, AttributeProto.FLOATS):
            value = helper.get_attribute_value(proto)
            return value if isinstance(value, int | float) else tuple(value)
        return None  # what only sequences, maps and sparse tensors have: their operators are refused by name

    def input(self, proto: ValueInfoProto) -> ForeignInput:
        kind = proto.type.WhichOneof("value")
        if kind != "tensor_type":
            raise unsupported(f"input `{proto.name}` is a {(kind or 'value').removesuffix('_type')} and no tensor")
        tensor = proto.type.tensor_type
        _require_text(*(item.dim_param for item in tensor.shape.dim))
        if not tensor.HasField("shape"):
            return ForeignInput(proto.name, element_type(tensor.elem_type, f"input `{proto.name}`"), None)
        shape = tuple(
            (item.dim_value if item.HasField("dim_value") else item.dim_param or None) for item in tensor.shape.dim
        )
        if len(shape) > LIMITS["rank"]:
            raise too_large(f"axes of input `{proto.name}`", len(shape), LIMITS["rank"])
        return ForeignInput(proto.name, element_type(tensor.elem_type, f"input `{proto.name}`"), shape)

    def array(self, proto: TensorProto) -> Array:
        """A tensor as float32, int64 or bool."""
        where = f"tensor `{proto.name}`"
        dims = tuple(proto.dims)
        if len(dims) > LIMITS["rank"]:
            raise too_large(f"axes of {where}", len(dims), LIMITS["rank"])
        if any(size < 0 for size in dims):
            raise damaged(f"{where} has a size below 0")
        wanted = element_type(proto.data_type, where)
        if proto.data_location == TensorProto.EXTERNAL:
            found = self.external(proto, dims, where)
        else:
            held = _held(proto)
            needed = math.prod(dims)
            if held is not None and held != needed:
                raise damaged(f"{where} of shape {list(dims)} holds {counted(held, 'number')}, not {needed}")
            try:
                found = numpy_helper.to_array(proto)
            except Exception as error:
                raise damaged(f"{where} cannot be read: {str(error).splitlines()[0]}") from error
        return found.astype(wanted, copy=False)

    def external(self, proto: TensorProto, dims: tuple[int, ...], where: str) -> Array:
        said = {entry.key: entry.value for entry in proto.external_data}
        if "location" not in said:
            raise damaged(f"{where} lies in another file, and doesn't say in which")
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(proto.data_type)).newbyteorder("<")
        size = math.prod(dims) * dtype.itemsize
        if "length" in said and int(said["length"]) != size:
            raise damaged(
                f"{where} of shape {list(dims)} says that it has {counted(int(said['length']), 'byte')}, not {size}"
            )
        file, offset = self.folder / said["location"], int(said.get("offset", 0))
        if offset + size > file.stat().st_size:
            raise damaged(f"{where} reaches beyond the end of `{said['location']}`")
        return np.memmap(file, dtype, "r", offset, dims) if size else np.zeros(dims, dtype)


def element_type(number: int, where: str) -> str:
    """What numbers of a type are imported as; raises DiagnosticError E590 for texts and other kinds."""
    if number in _FLOATS:
        return "float32"
    if number in _WHOLE:
        return "int64"
    if number == TensorProto.BOOL:
        return "bool"
    name = TensorProto.DataType.Name(number) if number in TensorProto.DataType.values() else str(number)
    raise unsupported(f"networks here have no {name.lower()}, of which {where} is made")


def _require_text(*names: str | bytes) -> None:
    """Raise DiagnosticError E591 for names that are no text, which protobuf gives as bytes."""
    if not all(isinstance(name, str) for name in names):
        raise damaged("a name in it is no text")


def _held(proto: TensorProto) -> int | None:
    """How many numbers a tensor holds, where that is plain to see."""
    if proto.HasField("raw_data"):
        size = np.dtype(helper.tensor_dtype_to_np_dtype(proto.data_type)).itemsize
        return len(proto.raw_data) // size if len(proto.raw_data) % size == 0 else -1
    lists: Iterable[Any] = (proto.float_data, proto.int32_data, proto.int64_data, proto.double_data, proto.uint64_data)
    return max(map(len, lists))


def _listed(text: str) -> list[str]:
    """The texts of `['', 'layer1', 'layer1.0', 'conv2d']`."""
    return [item.strip().strip("'\"") for item in text.strip("[] ").split(",")] if text else []


def _of_name(name: str) -> tuple[str, ...]:
    """The module's path from the name of a node as PyTorch's other exporter has it: `/layer1/layer1.0/conv1/Conv`."""
    if not name.startswith("/"):
        return ()
    path: list[str] = []
    before = ""
    for part in name.strip("/").split("/")[:-1]:
        path += part.removeprefix(f"{before}.").split(".")
        before = part
    return tuple(path)
