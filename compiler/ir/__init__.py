"""The intermediate representation. `graph.py` is all of it on one screen; sizes are in `dims.py`."""

from netc.compiler.ir.batch import is_batched, language_shape
from netc.compiler.ir.dims import (
    BATCH,
    BATCH_SYMBOL,
    Dim,
    Shape,
    Size,
    Symbol,
    Undecided,
    format_shape,
    product,
    substitute,
    symbols,
)
from netc.compiler.ir.graph import Attribute, Builder, DType, Graph, Node, Origin, Purpose, Tensor, Value

__all__ = [
    "BATCH",
    "BATCH_SYMBOL",
    "Attribute",
    "Builder",
    "DType",
    "Dim",
    "Graph",
    "Node",
    "Origin",
    "Purpose",
    "Shape",
    "Size",
    "Symbol",
    "Tensor",
    "Undecided",
    "Value",
    "format_shape",
    "is_batched",
    "language_shape",
    "product",
    "substitute",
    "symbols",
]
