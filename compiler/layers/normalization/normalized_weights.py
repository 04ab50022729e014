"""Layers whose weight is made of others: weight normalization and spectral normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Initial, Stream
from netc.compiler.declare.parameter import Parameter
from netc.compiler.declare.references import LayerType
from netc.compiler.initializers.base import Initializer
from netc.compiler.ir import Shape, Value, product
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


class Norms(Initializer):
    """The norm of each output's weights, as another parameter draws them."""

    word = "norms"

    def __init__(self, direction: Parameter, shape: tuple[int, ...], axis: int) -> None:
        super().__init__()
        self._direction, self._shape, self._axis = direction, shape, axis

    def draw(self, shape: tuple[int, ...], layout: str, dtype: str, stream: Stream) -> Array:
        import numpy as np

        drawn = self._direction.initial.draw(self._shape, layout, "float64", stream)
        others = tuple(axis for axis in range(drawn.ndim) if axis != self._axis)
        return np.asarray(np.sqrt((drawn**2).sum(others, keepdims=True)), dtype)


class SingularVector(Initializer):
    """The first left (0) or right (1) singular vector of a weight, after some power iterations."""

    word = "singular_vector"

    def __init__(self, weight: Parameter, shape: tuple[int, ...], axis: int, side: int) -> None:
        super().__init__()
        self._weight, self._shape, self._axis, self._side = weight, shape, axis, side

    def draw(self, shape: tuple[int, ...], layout: str, dtype: str, stream: Stream) -> Array:
        import numpy as np

        drawn = self._weight.initial.draw(self._shape, layout, "float64", stream)
        matrix = np.moveaxis(drawn, self._axis, 0).reshape(self._shape[self._axis], -1)
        v = stream.normal(matrix.shape[1])
        for _ in range(15):
            u = matrix @ v
            u /= max(float(np.linalg.norm(u)), 1e-12)
            v = matrix.T @ u
            v /= max(float(np.linalg.norm(v)), 1e-12)
        return np.asarray((u, v)[self._side], dtype)


class OfALayer(Layer):
    """What the two share: the layer they are given makes its weight by way of them."""

    takes_of_weights = False
    layer: Any = argument(LayerType(), "a layer with a weight, such as `conv(32, 3x3)`")

    def build(self, b: LayerBuilder, x: Value) -> Value:
        definition = getattr(self.layer, "definition", None)
        if not (isinstance(definition, type) and issubclass(definition, Layer) and definition.inputs == (1, 1)):
            raise ShapeError(f"{self.word} is given one layer with a weight, found {self.layer}", argument="layer")
        given = self.layer.bound.values if self.layer.bound else {}
        if given.get("l1") or given.get("l2"):
            raise ShapeError(
                f"a penalty of a weight that {self.word} makes is not supported",
                argument="layer",
                help="leave `l1` and `l2` out: the size of such a weight is the norm's matter",
            )
        made: list[Value] = []

        def weight(inner: LayerBuilder, shape: Shape, initial: Initial, layout: str) -> Value:
            made.append(self.weight(inner, shape, initial, layout))
            return made[-1]

        y = b.apply_with(self.layer, x, weight)
        if not made:
            raise ShapeError(f"{self.word} works on a layer with a weight of its own, {self.layer} makes none",
                             argument="layer")  # fmt: skip
        return y

    def weight(self, b: LayerBuilder, shape: Shape, initial: Initial, layout: str) -> Value:
        """The weight that the layer uses."""
        raise AssertionError("a wrapper declares weight")

    def inner(self) -> Layer:
        """The layer it is given, with its arguments."""
        made: Layer = self.layer.definition(**(self.layer.bound.values if self.layer.bound else {}))
        return made


@layer("weightnorm")
class WeightNorm(OfALayer):
    """Applies a layer with the weight g * v / |v|, the norm that of each index of the first axis (each output).

    `weightnorm(conv(32, 3x3))`: length and direction are learned apart. PyTorch's weight_norm with dim=0. A layer's
    `init` is that of v.

    Parameters: weight_v as the layer's weight; weight_g `[outputs, 1, …]`, drawn so that the weight is v: `norms`
    (Salimans & Kingma 2016, arXiv:1602.07868). bias and all else as the layer has them.
    """

    also = ("weightnormalization",)

    samples = (
        Sample(
            "weightnorm(dense(3))",
            "8",
            out="3",
            params=30,
            weights={"weight_v": "3x8 he_uniform", "weight_g": "3x1 norms", "bias": "3 constant"},
        ),
        Sample(
            "weightnorm(conv(4, 3x2, stride=2, groups=2, bias=false, init=normal(0.5)))",
            "4x9x8",
            out="4x4x4",
            params=52,
            weights={"weight_v": "4x2x3x2 normal(0.5)", "weight_g": "4x1x1x1 norms"},
        ),
        Sample("weightnorm(conv_transpose(3, 2, stride=2))", "2x5", out="3x10", params=17),
    )
    errors = (
        Wrong("weightnorm(relu)", "8", code="E301", says="the layer `relu` makes none"),
        Wrong("weightnorm(dense(4) -> relu)", "8", code="E301", says="is given one layer with a weight"),
        Wrong("weightnorm(dense(4, l2=0.1))", "8", code="E301", says="a penalty of a weight that weightnorm makes"),
        Wrong("weightnorm(3)", "8", code="E224", says="a layer, found the number 3"),
    )

    def weight(self, b: LayerBuilder, shape: Shape, initial: Initial, layout: str) -> Value:
        v = b.made("weight_v", shape, initial, layout)
        known = tuple(size for size in shape if isinstance(size, int))
        g = b.made("weight_g", (shape[0], *(1,) * (len(shape) - 1)), Norms(v, known, 0), layout, drawn_as=v)
        axes = tuple(range(1, len(shape)))
        norm = b.Sqrt(b.ReduceSum(b.Mul(v.value, v.value), axes=axes, keepdims=True))
        return b.Mul(v.value, b.Div(g.value, norm))

    def formula(self, torch: Any, x: Any, weight_g: Any, weight_v: Any, **rest: Any) -> Any:
        return self.inner().formula(torch, x, weight=torch._weight_norm(weight_v, weight_g, 0), **rest)


@layer("spectralnorm")
class SpectralNorm(OfALayer):
    """Applies a layer with the weight w / s, s the largest singular value of w as a matrix of outputs by all else.

    `spectralnorm(dense(10))`. s = u' w v for two vectors that each training step brings nearer to w's first singular
    ones by a power iteration, u = w v / |w v|, v = w' u / |w' u|; else they stay. No gradient flows into them.
    PyTorch's spectral_norm; they start after 15 iterations, as there.

    Parameters: weight_orig as the layer's weight. Buffers: weight_u `[outputs]` and weight_v `[all else]`
    (Miyato et al. 2018, arXiv:1802.05957). bias and all else as the layer has them.
    """

    also = ("spectralnormalization",)

    epsilon: float = argument(Real(0, open_low=True), "the least length that is divided by", default=1e-12)

    samples = (
        Sample(
            "spectralnorm(dense(3))",
            "8",
            out="3",
            params=27,
            weights={"weight_orig": "3x8 he_uniform", "bias": "3 constant"},
            buffers={"weight_u": "3 singular_vector", "weight_v": "8 singular_vector"},
        ),
        Sample("spectralnorm(conv(4, 3x2, stride=2), epsilon=1e-6)", "2x9x8", out="4x4x4", params=52),
        Sample("spectralnorm(conv_transpose(3, 2, stride=2))", "2x5", out="3x10", params=15),
    )
    errors = (
        Wrong("spectralnorm(relu)", "8", code="E301", says="the layer `relu` makes none"),
        Wrong("spectralnorm(dense(4), epsilon=0)", "8", code="E224", says="a number above 0, found 0"),
        Wrong("spectralnorm(dense(4, l1=0.1))", "8", code="E301", says="a penalty of a weight that spectralnorm makes"),
    )

    def weight(self, b: LayerBuilder, shape: Shape, initial: Initial, layout: str) -> Value:
        w = b.made("weight_orig", shape, initial, layout)
        axis = layout.index("O") if len(shape) > 1 else 0
        known = tuple(size for size in shape if isinstance(size, int))
        rows, columns = shape[axis], product((*shape[:axis], *shape[axis + 1 :]))
        u, v = (
            b.made(name, (size,), SingularVector(w, known, axis, side), layout, drawn_as=w, buffer=True).value
            for side, (name, size) in enumerate((("weight_u", rows), ("weight_v", columns)))
        )
        order = (axis, *(other for other in range(len(shape)) if other != axis))
        turned = w.value if axis == 0 else b.Transpose(w.value, axes=order)
        matrix = b.Reshape(turned, shape=(rows, columns))
        u, v = b.add("PowerIteration", (matrix, u, v), {"epsilon": self.epsilon})
        column = b.MatMul(matrix, b.Reshape(v, shape=(columns, 1)))
        largest = b.MatMul(b.Reshape(u, shape=(1, rows)), column)
        return b.Div(w.value, b.Reshape(largest, shape=()))

    def formula(self, torch: Any, x: Any, weight_orig: Any, weight_u: Any, weight_v: Any, **rest: Any) -> Any:
        inner = self.inner()
        matrix = weight_orig.transpose(0, 1) if inner.word == "conv_transpose" else weight_orig
        largest = torch.dot(weight_u, torch.mv(matrix.flatten(1), weight_v))
        return inner.formula(torch, x, weight=weight_orig / largest, **rest)
