"""What operators write themselves with: nodes, shared constants, sizes computed at run time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto

from netc.compiler.emit.onnx_names import Names
from netc.compiler.emit.protobuf import ELEMENT_TYPES, add_attribute, array_of, fill_tensor, is_float, value_info
from netc.compiler.emit.sizes import SizeArithmetic
from netc.compiler.ir import DType, Graph, Node, Purpose, Size, Tensor, Value
from netc.compiler.ops import get_op


class Emitter:
    """Grows one ONNX graph. An operator calls `node`, and `ints`, `scalar`, `constant`, `temporary` for its inputs.

    Names are a function of the graph alone, constants are shared, and symbolic sizes are computed once.
    """

    def __init__(self, graph: Graph, float_type: str = "float32") -> None:
        self.graph = graph
        self.float_type = float_type
        self.model = ModelProto()
        self.proto = self.model.graph
        self.proto.name = graph.name
        self.names = Names(graph)
        self.domains: set[str] = set()
        self.purposes: list[Purpose | None] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._vectors: dict[tuple[tuple[Size, ...], DType], str] = {}
        self._sizes = SizeArithmetic(self)

    # ------------------------------------------------------------ for operators
    def node(
        self,
        node: Node | None,
        onnx_name: str,
        inputs: Sequence[Value | str],
        outputs: Sequence[Value | str] | None = None,
        *,
        domain: str = "",
        **attributes: Any,
    ) -> None:
        """Add a node named after the layer of `node`, with its file and line; `outputs` are the node's unless given.

        An input of "" is one that is left out. Attributes of None are left out, types and tensors converted. `domain`
        is the written operator's, ONNX's own unless given: it says nothing of other nodes written for the same layer.
        """
        made = outputs if outputs is not None else node.outputs if node is not None else ()
        if onnx_name == "Constant" and isinstance(value := attributes.get("value"), Tensor):
            (literal,) = made
            self.bind(literal, self.constant(value))
            return
        proto = self.proto.node.add(op_type=onnx_name, domain=domain)
        self.domains.add(domain)
        self.purposes.append(node.origin.purpose if node is not None else None)
        scope = node.origin.scope if node is not None else ""
        proto.name = self.names.unique_node(f"{scope}.{onnx_name}" if scope else onnx_name)
        proto.input.extend(map(self.name, inputs))
        proto.output.extend(map(self.name, made))
        if node is not None and node.origin.span is not None:
            file = node.origin.span.file.replace("\\", "/").rpartition("/")[2]
            shown = file.encode("utf-8", "replace").decode()  # a name on disk may be no text at all
            proto.doc_string = f"{shown}:{node.origin.span.line}"
        self._add_attributes(proto, attributes)

    def ints(self, values: Sequence[Size], dtype: DType = DType.INT64) -> str:
        """The name of a vector of sizes: a shared constant, or computed from the shapes of inputs where symbolic."""
        key = tuple(values), dtype
        known = self._vectors.get(key)
        if known is None:
            known = self._vectors[key] = self._vector(*key)
        return known

    def scalar(self, number: float | int | bool, dtype: DType = DType.FLOAT32) -> str:
        """The name of a constant with no axes."""
        return self.constant(Tensor(dtype, (), (number,)))

    def constant(self, tensor: Tensor) -> str:
        """The name of a constant, shared by all that are equal."""
        return self.array(array_of(tensor, self.element_type(tensor.dtype)))

    def temporary(self, stem: str = "temporary") -> str:
        """A fresh name for a tensor between two ONNX nodes of one operator."""
        return self.names.unique(stem)

    def body(self, graph: Graph, captured: Sequence[Value]) -> GraphProto:
        """A graph as an attribute: its last inputs are the captured values, which go by the names they have here."""
        return _BodyEmitter(self, graph, captured).written()

    # ------------------------------------------------------------ for the parts of emission
    def _vector(self, sizes: tuple[Size, ...], dtype: DType) -> str:
        if all(isinstance(size, int) for size in sizes):
            return self.array(np.array(sizes, dtype=dtype.value))
        return self._sizes.vector(sizes, dtype)

    def all_nodes(self) -> None:
        """Write every node of the graph in order."""
        for node in self.graph.nodes:
            definition = get_op(node.op)
            assert definition.stock, f"{node.op} is no operator of ONNX; targets/ rewrites it before emission"
            definition.emit(self, node)

    def name(self, value: Value | str) -> str:
        """A value's name in the model."""
        return value if isinstance(value, str) else self.names.of(value)

    def bind(self, value: Value | str, name: str) -> None:
        """Let a value be what another name already holds."""
        assert isinstance(value, Value)
        self.names.bind(value, name)

    def element_type(self, dtype: DType) -> str:
        """numpy's name of a type in this model: `float_type` for floats."""
        return self.float_type if is_float(dtype) else dtype.value

    def array(self, array: np.ndarray[Any, Any]) -> str:
        """The name of a constant with these values, shared by all that are equal."""
        key = (array.dtype.name, array.shape, array.tobytes())
        known = self._constants.get(key)
        if known is None:
            known = self._constants[key] = self.names.unique(_constant_stem(array))
            fill_tensor(self.proto.initializer.add(), known, array)
        return known

    def _add_attributes(self, proto: NodeProto, attributes: Mapping[str, Any]) -> None:
        for name, value in attributes.items():
            if value is None:
                continue
            if isinstance(value, DType):
                value = ELEMENT_TYPES[self.element_type(value)]
            elif isinstance(value, Tensor):
                value = fill_tensor(TensorProto(), "", array_of(value, self.element_type(value.dtype)))
            add_attribute(proto, name, value)


class _BodyEmitter(Emitter):
    """Writes a graph inside another one. Constants and sizes are the same in every run of it: they stand outside."""

    def __init__(self, outer: Emitter, graph: Graph, captured: Sequence[Value]) -> None:
        self.outer, self.graph, self.float_type = outer, graph, outer.float_type
        self.proto = GraphProto(name=outer.names.unique(graph.name))
        self.names = outer.names.inside()
        self.domains = outer.domains
        self.purposes = []  # what runs inside counts for the node around it
        self.own = len(graph.inputs) - len(captured)
        for inner, value in zip(graph.inputs[self.own :], captured, strict=True):
            self.names.bind(inner, outer.name(value))

    def written(self) -> GraphProto:
        """The whole graph. An output is the result of a node in it, and each is another one."""
        self.proto.input.extend(self._info(self.name(value), value) for value in self.graph.inputs[: self.own])
        self.all_nodes()
        made = {name for node in self.proto.node for name in node.output}
        for value in self.graph.outputs.values():
            name = self.name(value)
            if name not in made:
                name = self.temporary(f"{value.name}_out")
                self.node(value.node, "Identity", [value], [name])
            made.discard(name)
            self.proto.output.append(self._info(name, value))
        return self.proto

    def ints(self, values: Sequence[Size], dtype: DType = DType.INT64) -> str:
        return self.outer.ints(values, dtype)

    def array(self, array: np.ndarray[Any, Any]) -> str:
        return self.outer.array(array)

    def _info(self, name: str, value: Value) -> Any:
        return value_info(name, self.element_type(value.dtype), value.shape)


def _constant_stem(array: np.ndarray[Any, Any]) -> str:
    """A name that tells a reader of the model what is in it: `int64_0_1`, `float32_0.5`."""
    if array.size > 6:
        return f"constant_{array.dtype.name}"
    parts = [array.dtype.name, *(f"{value:g}" if array.dtype.kind == "f" else str(value) for value in array.ravel())]
    return "_".join(parts)
