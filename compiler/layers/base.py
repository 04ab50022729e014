"""What a layer of the language declares, once: arguments, parameters, how it is built from operators, samples.

Output shape, gradient, parameter count, cost and ONNX nodes follow from `build`; documentation and completion from
the arguments and the docstring; tests from the samples, the errors and the formula.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from netc.compiler.declare.declared import AnyClass, Declared, Registry
from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.declare.samples import Sample, Wrong
from netc.compiler.initializers.constant import Constant
from netc.compiler.initializers.he_uniform import HeUniform
from netc.compiler.ir import BATCH, Builder, DType, Graph, Origin, Shape, Size, Value, is_batched, language_shape
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.of_weights import accept, own_arguments
from netc.compiler.ops.checks import AS_FLOATS, AS_NUMBERS
from netc.grammar.counted import counted

MANY = 1_000_000
ZEROS, ONES, HE_UNIFORM = Constant(), Constant(value=1.0), HeUniform()


class Layer(Declared):
    """Base of every layer. Register with `@layer("word")`; see `conv.py` for the pattern.

    inputs   how many tensors flow in: (1, 1) for most, (0, 0) for sources, (2, MANY) for merges. Where more than one
             can flow in, positional arguments in the text are tensors, and the declared arguments are given by name.
    takes_of_weights  False where its weights are those of a layer it is given
    whole    True where a list that flows in goes on as it is: a layer that changes nothing takes any number of values
    random   True where the result is drawn: the formula draws as well, and tests compare how the numbers lie
    linear   True where learned weights make a linear function of the input (lint: two of them in a row are one)
    outputs  `build` returns one Value, or a tuple where a list flows on (split)
    samples  at least three `Sample`s: calls with their shapes and weights, such that together they use every argument
    errors   at least two `Wrong` calls where there are arguments
    """

    samples: ClassVar[tuple[Sample, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    inputs: ClassVar[tuple[int, int]] = (1, 1)
    random: ClassVar[bool] = False
    linear: ClassVar[bool] = False
    takes_of_weights: ClassVar[bool] = True
    whole: ClassVar[bool] = False

    def build(self, b: LayerBuilder, *x: Any, **_: Any) -> Value | tuple[Value, ...]:
        """Add the nodes and return the output; raises ShapeError. A layer takes as many values as `inputs` says."""
        raise AssertionError("a layer declares build")

    def formula(self, torch: Any, *x: Any, **parameters: Any) -> Any:
        """What the layer makes of one example, without the batch, in PyTorch's functions: for inference, and no `act`.

        torch       PyTorch; x and parameters are tensors in float64, the parameters by their names
        Apart from `build`, which the tests compare with it: values and gradients of every sample.
        """
        raise AssertionError("a layer declares formula")


Rewrite = Callable[["LayerBuilder", Shape, Initial, str], Value]
"""What makes a layer's `weight` of others: of a builder inside the layer, its shape, initializer and layout."""


class LayerBuilder(Builder):
    """A Builder inside one application of a layer: it also makes parameters and applies layers given as arguments.

    `new_parameter` and `apply_layer` come from elaboration, which knows names, sharing and blocks; the latter is given
    a layer, what flows into it, a name, and what makes its weight where the layer itself doesn't.
    """

    def __init__(
        self,
        graph: Graph,
        origin: Origin,
        new_parameter: Callable[[str, Shape, Initial, DType, bool], Parameter],
        apply_layer: Callable[..., Value],
        rewrite: Rewrite | None = None,
    ) -> None:
        super().__init__(graph, origin)
        self._rewrite = rewrite
        self._new_parameter = new_parameter
        self._apply_layer = apply_layer

    def parameter(self, name: str, shape: Shape, initial: Initial, layout: str = "OI") -> Value:
        """A trainable weight named `name` in this layer: float32, in the layout of PyTorch where it has the layer.

        `layout` says which axes are the outputs (`O`), the inputs (`I`) and places with weights of their own (`P`); the
        others are the kernel's.
        """
        if self._rewrite is not None and name == "weight":
            return self._rewrite(self, shape, initial, layout)
        return self.made(name, shape, initial, layout).value

    def made(
        self, name: str, shape: Shape, initial: Initial, layout: str = "OI", *, drawn_as: Parameter | None = None,
        buffer: bool = False,
    ) -> Parameter:  # fmt: skip
        """A weight or buffer itself; `drawn_as` is the one whose random numbers it starts from."""
        made = self._new_parameter(name, shape, initial, DType.FLOAT32, buffer)
        made.layout = layout
        if drawn_as is not None:
            made.initial, made.drawn_as = initial, drawn_as.name
        return made

    def buffer(self, name: str, shape: Shape, initial: Initial) -> Value:
        """A tensor that training updates without a gradient, such as a running mean."""
        return self._new_parameter(name, shape, initial, DType.FLOAT32, True).value

    def apply(self, layer: object, x: Value, name: str) -> Value:
        """Apply a layer that was given as an argument (`act=relu`); its parameters are called `name.…`."""
        return self._apply_layer(layer, x, name)

    def apply_with(self, layer: object, x: Value, weight: Rewrite) -> Value:
        """Apply a layer that was given as an argument, under this layer's own name; `weight` makes its weight."""
        return self._apply_layer(layer, x, "", weight)

    def axis(self, x: Value, axis: int, argument: str = "axis") -> int:
        """The graph's axis for an axis of the language (no batch; negative from the end); raises ShapeError."""
        rank = len(language_shape(x))
        if not -rank <= axis < rank:
            raise ShapeError(
                f"axis {axis} of a value with {counted(rank, 'axis', 'axes')}", argument=argument, code="E303"
            )
        return axis % rank + int(is_batched(x))

    def batched(self, x: Value) -> Value:
        """The value with a batch axis: one without is repeated for every example."""
        if is_batched(x):
            return x
        return self.Expand(self.Reshape(x, shape=(1, *x.shape)), shape=(BATCH, *x.shape))


class Layers(Registry[Layer]):
    """The registry of layers: those with weights take the arguments of `of_weights.py` too."""

    def __call__(self, word: str) -> Callable[[AnyClass], AnyClass]:
        """Register a layer under its word."""
        register = super().__call__(word)

        def with_arguments(definition: AnyClass) -> AnyClass:
            given: Any = definition
            given.arguments = own_arguments(given)  # those that a layer inherits from another are given it below
            registered = register(definition)
            if given.takes_of_weights:
                accept(given)
            return registered

        return with_arguments


layer = Layers("layer", __package__, samples=3, errors=2, declares=("build", "formula"))
"""Decorator that registers a layer: `@layer("word")`; `layer.all()` gives every one by its word."""


def constant_size(size: Size, what: str) -> int:
    """A size that must be known, because a parameter's shape depends on it; raises ShapeError."""
    if not isinstance(size, int):
        raise ShapeError(
            f"{what} {size} is not known while compiling",
            help="give the input a fixed size there, or reduce that axis first, as with `global_avgpool`",
            code="E304",
        )
    return size


def require_floats(word: str, *x: Value) -> None:
    """Refuse integers where a layer works on real numbers; raises ShapeError E302."""
    for at, value in enumerate(x):
        if value.dtype is not DType.FLOAT32:
            message = f"{word} works on floating-point numbers, found {value.dtype}"
            raise ShapeError(message, at=at, help=AS_FLOATS, code="E302")


def require_numbers(word: str, *x: Value, does: str = "works on numbers") -> None:
    """Refuse truth values where a layer works on numbers; raises ShapeError E302."""
    for at, value in enumerate(x):
        if value.dtype is DType.BOOL:
            raise ShapeError(f"{word} {does}, found bool", at=at, help=AS_NUMBERS, code="E302")


__all__ = [
    "HE_UNIFORM", "MANY", "ONES", "ZEROS", "Builder", "Layer", "LayerBuilder", "Sample", "ShapeError", "Wrong",
    "constant_size", "language_shape", "layer", "require_floats", "require_numbers",
]  # fmt: skip
