"""What an operator declares, once: shape, gradient, samples, what is to be known about it, how ONNX writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from netc.compiler.ir import Attribute, Builder, DType, Node, Shape, Size, Value
from netc.compiler.ir.operators import OPERATORS, ShapeError
from netc.compiler.ops.facts import Cost, Half, Kind, Neutral, complete
from netc.compiler.ops.fields import Field, broadcast_field
from netc.compiler.ops.writer import Writer

REQUIRED: Any = ...
"""Marks an attribute without a default."""

Result = tuple[DType, Shape]


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
    gradient_known  False where one would flow but none is known: a training that needs it is refused
    stock           False where ONNX has no such operator: `targets/` must rewrite it before emission
    domain          "" for ONNX's own operators; a runtime's own ones live in `targets/`, which alone uses them
    onnx_name       the operator's name in its domain, where it isn't the class's

    What passes, targets, counts and lint ask; `facts.py` has the choices. Where it doesn't follow from the kind and the
    class doesn't say it, the class is refused at import:

    kind            how the elements of results and inputs hang together
    half            what it wants in half precision; follows from the kind for all but ELEMENTWISE and WINDOW
    cost            what it takes to make its results again; follows from the kind for all but MOVEMENT
    field_before    the receptive field, backwards; follows from the kind for ELEMENTWISE and SOURCE
    flops           multiply-accumulates; PRODUCT alone has any, those of a body count where its nodes are
    torch_name      the function of PyTorch that does the same, None where there is none; or else
    torch           what does the same with the attributes, for an attribute or a name that PyTorch has otherwise
    torch_keeps     whether PyTorch needs its result to go back; if not, a ReLU may write over it
    fold            its arithmetic on Python's numbers, where constants are folded; ValueError, ZeroDivisionError and
                    OverflowError leave the node as it is
    neutral         the number that changes nothing
    as_scan         what stands for it where a gradient flows through, of a builder, the node and its inputs, if its own
                    form has no gradient
    probabilities   True where its results are probabilities, or their logarithms, of any numbers
    learns_by_itself  True where training moves some of its inputs without a gradient, as running statistics
    passes_on       True where its input is its result once the network is in use
    draw            what training makes of it where random numbers are drawn: of builder, draws, node and its inputs
    """

    attributes: ClassVar[Mapping[str, Any]] = {}
    samples: ClassVar[tuple[Sample, ...]] = ()
    differentiable: ClassVar[bool] = True
    gradient_known: ClassVar[bool] = True
    stock: ClassVar[bool] = True
    domain: ClassVar[str] = ""
    onnx_name: ClassVar[str] = ""
    kind: ClassVar[Kind]
    half: ClassVar[Half]
    cost: ClassVar[Cost]
    torch_name: ClassVar[str | None]
    torch_keeps: ClassVar[bool] = True
    fold: ClassVar[Callable[..., float | int | bool] | None] = None
    neutral: ClassVar[Neutral | None] = None
    probabilities: ClassVar[bool] = False
    passes_on: ClassVar[bool] = False
    learns_by_itself: ClassVar[bool] = False
    draw: ClassVar[Callable[..., Value] | None] = None
    as_scan: ClassVar[Callable[..., tuple[Value, ...]] | None] = None

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

    @staticmethod
    def needs(node: Node) -> Shape:
        """Sizes that have to be 0 or more for the inferred shapes to be those of a run."""
        return ()

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        """What part of input `at` a part of a result depends on; that of elementwise operators unless overridden."""
        return broadcast_field(node.inputs[at], node.outputs[0], field)

    @classmethod
    def cost_of(cls, node: Node) -> Cost:
        """What it takes to make a node's results again; a class whose nodes differ overrides it."""
        return cls.cost

    @classmethod
    def place_by_place(cls, node: Node, at: int) -> bool:
        """Whether the result at a place needs input `at` at that place alone, so that it may be written there."""
        return cls.kind is Kind.ELEMENTWISE

    @classmethod
    def in_torch(cls) -> bool:
        """Whether PyTorch has it."""
        return _says(cls, "torch") or cls.torch_name is not None

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        """What does the same on PyTorch's tensors; several results come as a tuple."""
        assert cls.torch_name is not None, f"PyTorch has no {cls.__name__}"
        found: Callable[..., Any] = getattr(torch, cls.torch_name)
        return found

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        """Write the node as ONNX. By default: the same name, the same inputs, the attributes as they are."""
        e.node(node, cls.onnx_name or cls.__name__, node.inputs, None, domain=cls.domain, **node.attributes)

    @classmethod
    def complete(cls, given: Mapping[str, Attribute]) -> dict[str, Attribute]:
        """The attributes with defaults filled in, in declaration order."""
        made = {**cls.attributes, **given}
        if len(made) > len(cls.attributes):
            raise AssertionError(f"{cls.__name__} has no attribute {sorted(made.keys() - cls.attributes.keys())}")
        for name, value in made.items():
            assert value is not REQUIRED, f"{cls.__name__} needs {name}"
        return made


OPS: dict[str, type[Op]] = OPERATORS
AnyOp = TypeVar("AnyOp", bound=type[Op])


def op(definition: AnyOp) -> AnyOp:
    """Register an operator; refuse one that isn't declared in full."""
    name = definition.__name__
    assert definition.__doc__, f"{name} has no docstring"
    assert definition.samples, f"{name} has no samples"
    assert name not in OPS, f"{name} is declared twice"
    assert _says(definition, "grad") == definition.differentiable, (
        f"{name} declares a gradient or differentiable = False"
    )
    missing = complete(definition, lambda fact: _says(definition, fact))
    assert not missing, "\n".join([f"{name} does not say all about itself. Write in its class", *missing])
    OPS[name] = definition
    return definition


def _says(definition: type[Op], fact: str) -> bool:
    """Whether a class or its family says something, and not only the base of all."""
    return any(fact in vars(family) for family in definition.__mro__ if family is not Op and issubclass(family, Op))


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
