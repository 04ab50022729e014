"""What an operator declares, once: shape, gradient, samples, cost, and how ONNX writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar

from netc.compiler.ir import Attribute, Builder, DType, Node, Shape, Size, Tensor, Value
from netc.compiler.ir.operators import OPERATORS, ShapeError

REQUIRED: Any = ...
"""Marks an attribute without a default."""

Result = tuple[DType, Shape]


class Writer(Protocol):
    """What an operator writes itself with; `compiler/emit` is one."""

    def node(
        self, node: Node | None, onnx_name: str, inputs: Sequence[Value | str],
        outputs: Sequence[Value | str] | None = None, **attributes: Any,
    ) -> None:  # fmt: skip
        """Add a node; `outputs` are those of `node` unless given, an input of "" is left out."""

    def ints(self, values: Sequence[Size], dtype: DType = DType.INT64) -> str:
        """The name of a vector of sizes."""
        ...

    def scalar(self, number: float | int | bool, dtype: DType = DType.FLOAT32) -> str:
        """The name of a constant with no axes."""
        ...

    def constant(self, tensor: Tensor) -> str:
        """The name of a constant."""
        ...

    def temporary(self, stem: str = "temporary") -> str:
        """A fresh name for a tensor between two nodes of one operator."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """Inputs that the tests check an operator on: shapes, attributes, and where the values must lie.

    dtypes  one for each input; float32 unless said
    ranges  (low, high) for each input; uniform in (-1, 1) unless said; integers draw from low to high - 1
    """

    shapes: tuple[tuple[int, ...], ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    dtypes: tuple[DType, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()


def sample(*shapes: Any, dtypes: tuple[DType, ...] = (), ranges: Any = (), **attributes: Attribute) -> Sample:
    """Shorthand: `sample((3, 4), (4, 2))`, `sample((2, 3), axes=(1,))`."""
    return Sample(shapes, attributes, dtypes, tuple(ranges))


class Op:
    """Base of every operator. Subclasses are named as ONNX names the operator, or new where ONNX has none.

    attributes      name -> default; REQUIRED where there is none
    samples         what tests/ops runs: shape against ONNX and ONNX Runtime, gradient against differences
    differentiable  False where no gradient flows to any input (comparisons, indices); then `grad` isn't needed
    stock           False where ONNX has no such operator: `targets/` must rewrite it before emission
    domain          "" for ONNX's own operators; a runtime's own ones live in `targets/`, which alone uses them
    onnx_name       the operator's name in its domain, where it isn't the class's
    """

    attributes: ClassVar[Mapping[str, Any]] = {}
    samples: ClassVar[tuple[Sample, ...]] = ()
    differentiable: ClassVar[bool] = True
    stock: ClassVar[bool] = True
    domain: ClassVar[str] = ""
    onnx_name: ClassVar[str] = ""

    @staticmethod
    def shape(*inputs: Any, **attributes: Any) -> Shape:
        """The output's shape; raises ShapeError. (Operators with several outputs override `infer`.)"""
        raise AssertionError("an operator declares shape or infer")

    @staticmethod
    def dtype(*inputs: Any, **attributes: Any) -> DType:
        """The output's element type; the first input's unless said."""
        first: Value = inputs[0]
        return first.dtype

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        """Type and shape of every output."""
        return ((cls.dtype(*inputs, **attributes), cls.shape(*inputs, **attributes)),)

    @staticmethod
    def grad(g: Builder, node: Node, *dy: Any, **_: Any) -> tuple[Value | None, ...]:
        """One gradient for each input as new nodes, None where none flows; `dy` has one for each output.

        Written for equal shapes: the walk in `compiler/training/gradient.py` undoes broadcasting.
        """
        raise AssertionError("a differentiable operator declares grad")

    @staticmethod
    def flops(node: Node) -> Size:
        """Multiply-accumulates of convolutions and products; 0 for the rest."""
        return 0

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        """Write the node as ONNX. By default: the same name, the same inputs, the attributes as they are."""
        e.node(node, cls.onnx_name or cls.__name__, node.inputs, None, **node.attributes)

    @classmethod
    def complete(cls, given: Mapping[str, Attribute]) -> dict[str, Attribute]:
        """The attributes with defaults filled in, in declaration order."""
        unknown = given.keys() - cls.attributes.keys()
        assert not unknown, f"{cls.__name__} has no attribute {sorted(unknown)}"
        missing = [name for name, default in cls.attributes.items() if default is REQUIRED and name not in given]
        assert not missing, f"{cls.__name__} needs {missing}"
        return {name: given.get(name, default) for name, default in cls.attributes.items()}


OPS: dict[str, type[Op]] = OPERATORS
AnyOp = TypeVar("AnyOp", bound=type[Op])


def op(definition: AnyOp) -> AnyOp:
    """Register an operator; refuse one that isn't declared in full."""
    name = definition.__name__
    assert definition.__doc__, f"{name} has no docstring"
    assert definition.samples, f"{name} has no samples"
    assert name not in OPS, f"{name} is declared twice"
    has_grad = definition.grad is not Op.grad
    assert has_grad == definition.differentiable, f"{name} declares a gradient or differentiable = False"
    OPS[name] = definition
    return definition


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result, as ONNX (and numpy) broadcast; raises ShapeError."""
    rank = max(len(a), len(b))
    left = (1,) * (rank - len(a)) + tuple(a)
    right = (1,) * (rank - len(b)) + tuple(b)
    out: list[Size] = []
    for x, y in zip(left, right, strict=True):
        if x != y and x != 1 and y != 1:
            from netc.compiler.ir import format_shape

            raise ShapeError(f"shapes {format_shape(a)} and {format_shape(b)} do not broadcast", at=1)
        out.append(y if x == 1 else x)
    return tuple(out)
