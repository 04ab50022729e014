"""The pieces of a model as protobuf messages, written directly: `onnx.helper` checks and copies what we know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto, helper

from netc.compiler.ir import DType, Size, Tensor

ELEMENT_TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "int64": TensorProto.INT64,
    "int32": TensorProto.INT32,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
}


def fill_tensor(tensor: TensorProto, name: str, array: np.ndarray[Any, Any]) -> TensorProto:
    """Write a numpy array of one of the element types into a tensor, which is returned."""
    little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
    tensor.name, tensor.data_type, tensor.raw_data = name, ELEMENT_TYPES[array.dtype.name], little_endian.tobytes()
    tensor.dims.extend(array.shape)
    return tensor


def value_info(name: str, element_type: str, shape: Sequence[Size], doc: str = "") -> ValueInfoProto:
    """An input or output; symbolic sizes become named dimensions, `N` or the text of an expression."""
    info = ValueInfoProto(name=name)
    if doc:
        info.doc_string = doc
    tensor_type = info.type.tensor_type
    tensor_type.elem_type = ELEMENT_TYPES[element_type]
    tensor_type.shape.SetInParent()
    for size in shape:
        dimension = tensor_type.shape.dim.add()
        if isinstance(size, int):
            dimension.dim_value = size
        else:
            dimension.dim_param = str(size)
    return info


def add_attribute(node: NodeProto, name: str, value: Any) -> None:
    """Add an attribute by the type of its Python value. Types and tensors come resolved: see Emitter.node."""
    attribute = node.attribute.add(name=name)
    if isinstance(value, (bool, int)):
        attribute.type, attribute.i = AttributeProto.INT, int(value)
    elif isinstance(value, float):
        attribute.type, attribute.f = AttributeProto.FLOAT, value
    elif isinstance(value, str):
        attribute.type, attribute.s = AttributeProto.STRING, value.encode()
    elif isinstance(value, TensorProto):
        attribute.type = AttributeProto.TENSOR
        attribute.t.CopyFrom(value)
    elif isinstance(value, GraphProto):
        attribute.type = AttributeProto.GRAPH
        attribute.g.CopyFrom(value)
    elif all(isinstance(item, int) for item in value):
        attribute.type = AttributeProto.INTS
        attribute.ints.extend(value)
    elif all(isinstance(item, str) for item in value):
        attribute.type = AttributeProto.STRINGS
        attribute.strings.extend(item.encode() for item in value)
    elif all(isinstance(item, float) for item in value):
        attribute.type = AttributeProto.FLOATS
        attribute.floats.extend(value)
    else:
        raise AssertionError(f"attribute {name} of {node.op_type} has no form in ONNX: {value!r}")


def array_of(tensor: Tensor, element_type: str) -> np.ndarray[Any, Any]:
    """A literal's values as an array of this element type."""
    if element_type == "bfloat16":  # a type that numpy itself lacks; onnx brings it
        return np.array(tensor.values, dtype=helper.tensor_dtype_to_np_dtype(TensorProto.BFLOAT16)).reshape(
            tensor.shape
        )
    return np.array(tensor.values, dtype=element_type).reshape(tensor.shape)


def is_float(dtype: DType) -> bool:
    """Whether `float_type` replaces this type."""
    return dtype == DType.FLOAT32
