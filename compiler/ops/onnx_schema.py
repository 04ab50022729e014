"""What ONNX itself says of its operators: inputs and attributes by name, types and sizes of results.

`onnx` is imported where one is asked for, so that texts without the layer `onnx` need none of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import DType, Shape, Size, Symbol, Value, substitute, symbols
from netc.compiler.ir.operators import ShapeError
from netc.grammar.diagnostics import did_you_mean

if TYPE_CHECKING:
    from onnx import TensorProto, TypeProto

OPSET = 20
"""The version of ONNX's operators that is written unless another one is asked for."""

UNKNOWN, UNTOLD = "E585", "E587"

Given = tuple[tuple[str, Any], ...]
"""Attributes by name, in alphabetical order."""

_TYPES = {
    "float": DType.FLOAT32, "float16": DType.FLOAT16, "bfloat16": DType.BFLOAT16, "int64": DType.INT64,
    "int32": DType.INT32, "uint8": DType.UINT8, "bool": DType.BOOL,
}  # fmt: skip
_KINDS = {
    "INT": "int", "FLOAT": "float", "STRING": "text", "INTS": "int list", "FLOATS": "float list", "STRINGS": "text list"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """An input: its name, whether it may be left out, whether any number of tensors stand there.

    dtypes  what it may be;  like: inputs with the same word here are of one type
    """

    name: str
    optional: bool
    many: bool
    dtypes: tuple[DType, ...]
    like: str


@dataclass(frozen=True, slots=True)
class Setting:
    """An attribute: what it takes, such as `int list`, whether a node must say it, and what it is otherwise."""

    name: str
    kind: str
    required: bool
    default: Any


@dataclass(frozen=True, slots=True)
class Described:
    """An operator as ONNX declares it; `fewest` is the number of results that it always has, `most` of all."""

    name: str
    places: tuple[Place, ...]
    settings: Mapping[str, Setting]
    fewest: int
    most: int


@lru_cache(maxsize=256)
def described(op: str) -> Described:
    """ONNX's operator of this name; raises ShapeError E585 for one that networks here cannot have."""
    schema = _schema(op)
    if any(item.type.name in ("GRAPH", "GRAPHS") for item in schema.attributes.values()):
        raise ShapeError(
            f"`{op}` runs graphs of its own", argument="op", code=UNKNOWN,
            help="`if`, `for` and `repeat` are written out while compiling, and `scan { … }` goes along a sequence",
        )  # fmt: skip
    if schema.node_determinism.name == "NonDeterministic":
        raise ShapeError(
            f"`{op}` draws random numbers, which here come from the run's seed", argument="op", code=UNKNOWN,
            help="use `normal([…])`, `uniform([…])` or `dropout`",
        )  # fmt: skip
    places = tuple(
        Place(item.name, item.option.name == "Optional", item.option.name == "Variadic", _dtypes(item.types),
              item.type_str)
        for item in schema.inputs
    )  # fmt: skip
    settings = {
        name: Setting(name, _KINDS[item.type.name], item.required, _default(item))
        for name, item in schema.attributes.items()
        if item.type.name in _KINDS
    }
    return Described(op, places, settings, schema.min_output, schema.max_output)


def _schema(op: str) -> Any:  # an OpSchema, whose stubs lack half of what it has
    from onnx import defs

    found = defs.get_schema(op, OPSET) if defs.has(op, "") and _is_there(op) else None
    if found is None or found.deprecated:
        names = {item.name for item in defs.get_all_schemas() if item.domain == ""}
        raise ShapeError(
            f"ONNX has no operator `{op}`", argument="op", code=UNKNOWN,
            help=did_you_mean(op, names - {op})
            or f"https://onnx.ai/onnx/operators lists them; here are those up to version {OPSET}",
        )  # fmt: skip
    return found


def _is_there(op: str) -> bool:
    from onnx import defs

    try:
        defs.get_schema(op, OPSET)
    except defs.SchemaError:  # it came later
        return False
    return True


def _dtypes(types: Any) -> tuple[DType, ...]:
    return tuple(_TYPES[name] for name in _TYPES if f"tensor({name})" in types)


def _default(attribute: Any) -> Any:
    from onnx import helper

    if attribute.default_value.type == 0:
        return None
    value = helper.get_attribute_value(attribute.default_value)
    return value.decode() if isinstance(value, bytes) else tuple(value) if isinstance(value, list) else value


def setting(operator: Described, name: str, value: Any) -> Any:
    """An attribute's value as ONNX wants it; raises ShapeError E585 for another kind."""
    said = operator.settings[name]
    kind, _, many = said.kind.partition(" ")
    items = list(value) if isinstance(value, (tuple, list)) else [value]
    good = {"int": (int, bool), "float": (int, float), "text": (str,)}[kind]
    if isinstance(value, (tuple, list)) is not bool(many) or not all(isinstance(item, good) for item in items):
        wanted = {"int": "whole number", "float": "number", "text": "text"}[kind]
        raise ShapeError(
            f"`{name}` of ONNX's `{operator.name}` is {f'a list of {wanted}s' if many else f'a {wanted}'}",
            argument=name, code=UNKNOWN,
        )  # fmt: skip
    made = [float(item) if kind == "float" else int(item) if kind == "int" else item for item in items]
    return tuple(made) if many else made[0]


Result = tuple[DType, Shape]

_TRIALS = (7, 11, 13)
"""What open sizes are tried with, each times what they are a multiple of."""


def results(
    op: str, inputs: Sequence[Value | None], given: Given, count: int, known: Mapping[int, Any]
) -> tuple[Result, ...]:
    """Types and shapes of an operator's results.

    inputs  None for one that is left out;  known: the numbers of those that are known, by their place
    Open sizes are tried with numbers: a size of a result that is an input's in all trials, but for a factor or for
    something added, is that. Raises ShapeError E585 where ONNX refuses the inputs, E587 for what it does not tell.
    """
    found = sorted({symbol for value in inputs if value for size in value.shape for symbol in symbols(size)}, key=str)
    trials = [_values(found, number, at) for at, number in enumerate(_TRIALS if found else _TRIALS[:1])]
    made = [_inferred(op, inputs, given, count, known, trial) for trial in trials]
    sizes = list(dict.fromkeys(size for value in inputs if value for size in value.shape if symbols(size)))
    shapes = []
    for at, (dtype, first) in enumerate(made[0]):
        if any(len(one[at][1]) != len(first) for one in made):
            raise _untold(op, "how many axes its result has")
        shape = [_size(op, [one[at][1][axis] for one in made], sizes, trials) for axis in range(len(first))]
        shapes.append((dtype, tuple(shape)))
    return tuple(shapes)


def _values(open_sizes: Sequence[Symbol], number: int, trial: int) -> dict[Symbol, Size]:
    """A number for each open size, such that no two of them are alike in all trials."""
    least = {symbol: -(-symbol.minimum // symbol.divisor) for symbol in open_sizes}
    return {
        symbol: (least[symbol] + number + (5 + 2 * trial) * at) * symbol.divisor for at, symbol in enumerate(open_sizes)
    }


def _size(op: str, found: Sequence[int | None], sizes: Sequence[Size], trials: Sequence[Mapping[Symbol, Size]]) -> Size:
    numbers = [number for number in found if number is not None]
    if len(numbers) < len(found):
        raise _untold(op, "a size of its result")
    if len(set(numbers)) == 1:
        return numbers[0]
    for size in sizes:
        values = [_number(size, trial) for trial in trials]
        ratios = {Fraction(number, value) for number, value in zip(numbers, values, strict=True)}
        if len(ratios) == 1:
            (ratio,) = ratios
            return size * ratio.numerator // ratio.denominator
    for size in sizes:
        values = [_number(size, trial) for trial in trials]
        more = {number - value for number, value in zip(numbers, values, strict=True)}
        if len(more) == 1:
            return size + more.pop()
    raise _untold(op, "how a size of its result follows from those that only a run knows")


def _number(size: Size, trial: Mapping[Symbol, Size]) -> int:
    found = substitute(size, trial)
    assert isinstance(found, int)
    return found


def _untold(op: str, what: str) -> ShapeError:
    return ShapeError(
        f"ONNX does not tell {what}, of `{op}`", argument="op", code=UNTOLD,
        help="give the input fixed sizes, or write it with layers, whose sizes are known",
    )  # fmt: skip


def _inferred(
    op: str, inputs: Sequence[Value | None], given: Given, count: int, known: Mapping[int, Any],
    trial: Mapping[Symbol, Size],
) -> list[tuple[DType, tuple[int | None, ...]]]:  # fmt: skip
    """Types and sizes of the results where open sizes are these numbers; None for a size that is not told."""
    from onnx import helper, shape_inference

    names = ["" if value is None else f"x{at}" for at, value in enumerate(inputs)]
    node = helper.make_node(op, names, [f"y{at}" for at in range(count)], **dict(given))
    types = {
        name: helper.make_tensor_type_proto(_element(value.dtype), [_number(size, trial) for size in value.shape])
        for name, value in zip(names, inputs, strict=True)
        if value is not None
    }
    data = {f"x{at}": _tensor(numbers, inputs[at]) for at, numbers in known.items()}
    try:
        found = shape_inference.infer_node_outputs(
            _schema(op), node, types, data, opset_imports=[helper.make_opsetid("", OPSET)]
        )
    except (shape_inference.InferenceError, RuntimeError, ValueError) as error:
        lines = str(error).rpartition("]")[2].strip().splitlines()
        reason = lines[0] if lines else type(error).__name__
        help = f"https://onnx.ai/onnx/operators/onnx__{op}.html says what it takes"
        raise ShapeError(f"ONNX refuses `{op}` of these: {reason}", code=UNKNOWN, help=help) from error
    return [_told(op, found.get(f"y{at}")) for at in range(count)]


def _told(op: str, kind: TypeProto | None) -> tuple[DType, tuple[int | None, ...]]:
    if kind is None or not kind.HasField("tensor_type"):
        raise _untold(op, "what its result is")
    tensor = kind.tensor_type
    dtype = element_type(tensor.elem_type)
    if dtype is None:
        raise ShapeError(f"`{op}` makes what networks here do not have", argument="op", code=UNKNOWN)
    if not tensor.HasField("shape"):
        raise _untold(op, "how many axes its result has")
    sizes = tuple(item.dim_value if item.HasField("dim_value") else None for item in tensor.shape.dim)
    return dtype, sizes


def element_type(number: int) -> DType | None:
    """The type that ONNX calls by a number, None where networks here have none like it."""
    return next((dtype for dtype in DType if _element(dtype) == number), None)


def _element(dtype: DType) -> int:
    from onnx import TensorProto

    names = {DType.FLOAT32: "FLOAT"}
    return int(TensorProto.DataType.Value(names.get(dtype, dtype.value.upper())))


def _tensor(numbers: Any, value: Value | None) -> TensorProto:
    from onnx import helper

    assert value is not None
    return helper.make_tensor("", _element(value.dtype), [_number(size, {}) for size in value.shape], numbers)
