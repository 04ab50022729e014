"""Losses of whole maps: overlap, texture, roughness."""

from __future__ import annotations

from math import prod
from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import constant_size
from netc.compiler.losses.base import Loss, Place, TargetSpec, loss
from netc.compiler.losses.checks import require_map
from netc.compiler.losses.classes import class_axis, label_target, one_hot, yes_or_no
from netc.compiler.losses.functions import square
from netc.compiler.losses.mean import mean


@loss("dice")
class Dice(Loss):
    """1 - (2 sum p t + smooth) / (sum p + sum t + smooth), sums over positions, the mean over classes and examples
    (Milletari et al. 2016, arXiv:1606.04797, without their squares): `dice(logits, mask)`.

    prediction: logits, `[C]`, `[T, C]` or `[C, H, W]`, p their softmax. target: labels, as of `cross_entropy`. With
    `binary=true` each logit is a yes or no of its own, p its sigmoid, and the target as large as the prediction.

    Keras's Dice takes probabilities instead, adds all positions, classes and examples up, and 1e-7 for `smooth`.
    """

    also = ("dice_loss", Also("DiceLoss"))
    maskable = False

    smooth: float = argument(Real(0, open_low=True), "added to both sums", default=1.0)
    binary: bool = argument(Boolean(), "whether each logit is a yes or no of its own", default=False)

    samples = (
        Pair("dice(prediction, target)", "3x2x2"),
        Pair("dice(prediction, target, smooth=0.1)", "4x3"),
        Pair("dice(prediction, target, binary=true)", "1x3x2", targets=(0, 1)),
        Pair("dice(prediction, target, binary=true)", "5", targets=(0, 1)),
    )
    errors = (
        Wrong("dice(prediction, target)", "1x4x4", code="E301", says="dice needs a score for each class"),
        Wrong("dice(prediction, target, smooth=0)", "3x2x2", code="E224", says="a number above 0"),
    )

    def target(self, prediction: Value) -> TargetSpec:
        return yes_or_no("dice", prediction) if self.binary else label_target("dice", prediction, binary=True)

    def build(self, g: Builder, *given: Value, mask: Value | None = None) -> Value:
        x, t = given
        axis = class_axis(x)
        if self.binary:
            p = g.Sigmoid(x)
        else:
            p, t = g.Softmax(x, axis=axis), g.Cast(one_hot(g, t, x), to=DType.FLOAT32)
        positions = tuple(other for other in range(1, x.rank) if other != axis)
        both, all = (g.ReduceSum(y, axes=positions) for y in (g.Mul(p, t), g.Add(p, t)))
        overlap = g.Div(g.Add(g.Mul(both, 2.0), self.smooth), g.Add(all, self.smooth))
        return mean(g, g.Sub(1.0, overlap))

    def formula(self, torch: Any, *given: Any) -> Any:
        x, t = given
        x = x.movedim(-1, 1) if x.ndim == 3 else x
        if self.binary:
            p, t = torch.sigmoid(x), (t.movedim(-1, 1) if t.ndim == 3 else t)
        else:
            p, t = torch.softmax(x, 1), torch.nn.functional.one_hot(t, x.shape[1]).movedim(-1, 1)
        p, t = (y.reshape(*x.shape[:2], -1) for y in (p, t))
        return (1 - (2 * (p * t).sum(-1) + self.smooth) / (p.sum(-1) + t.sum(-1) + self.smooth)).mean()


@loss("style")
class Style(Loss):
    """The mean squared difference of Gram matrices, F F' / (C H W) of a map's rows F `[C, H W]` (Gatys et al. 2015,
    arXiv:1508.06576): which channels are strong together, wherever that is: `style(features, goal)`.

    prediction: maps `[C, H, W]` or `[C, T]`. target: maps of the same shape.
    """

    also = ("style_loss", "gram_loss")
    maskable = False

    samples = (
        Pair("style(prediction, target)", "3x2x4"),
        Pair("style(prediction, target)", "2x5"),
    )
    errors = (Wrong("style(prediction, target)", "7", code="E301", says="style works on maps `[C, H, W]`, found 7"),)

    def target(self, prediction: Value) -> TargetSpec:
        require_map("style", prediction)
        for size in prediction.shape[1:]:
            constant_size(size, "the size of a map")
        return TargetSpec(DType.FLOAT32, prediction.shape)

    def build(self, g: Builder, *given: Value, mask: Value | None = None) -> Value:
        ours, theirs = (gram(g, x) for x in given)
        return mean(g, square(g, g.Sub(ours, theirs)))

    def formula(self, torch: Any, *given: Any) -> Any:
        flat = [x.reshape(*x.shape[:2], -1) for x in given]
        grams = [torch.einsum("nip,njp->nij", x, x) / x[0].numel() for x in flat]
        return torch.nn.functional.mse_loss(*grams)


def gram(g: Builder, x: Value) -> Value:
    """[N, C, …] -> [N, C, C], by the number of elements of an example; divided before it is summed."""
    sizes = [constant_size(size, "the size of a map") for size in x.shape[1:]]
    rows = g.Mul(g.Reshape(x, shape=(x.shape[0], sizes[0], prod(sizes[1:]))), prod(sizes) ** -0.5)
    return g.MatMul(rows, g.Transpose(rows, axes=(0, 2, 1)))


@loss("total_variation")
class TotalVariation(Loss):
    """The mean size of the difference between neighbours along each axis of a map, added over the axes (Rudin et al.
    1992, in sizes): `total_variation(image)`. It has no target.

    image: a value of the net, `[C, H, W]` or `[C, T]`, with 2 positions along each axis at least. TensorFlow's sums,
    where this is a mean.
    """

    also = ("tv_loss", "total_variation_loss")
    places = (Place("image"),)
    maskable = False

    samples = (
        Pair("total_variation(image)", "2x3x4"),
        Pair("total_variation(image)", "2x5"),
    )
    errors = (
        Wrong("total_variation(image)", "7", code="E301", says="total_variation works on maps"),
        Wrong("total_variation(image, target)", "2x3x3", code="E411", says="`total_variation` takes an image"),
    )

    def targets(self, *values: Value) -> tuple[TargetSpec, ...]:
        require_map("total_variation", values[0], fewest=2)
        return ()

    def build(self, g: Builder, *given: Value, mask: Value | None = None) -> Value:
        (image,) = given
        total = None
        for axis in range(2, image.rank):
            size = image.shape[axis]
            ahead, behind = (
                g.Slice(image, starts=(start,), stops=(size - 1 + start,), axes=(axis,), steps=(1,)) for start in (1, 0)
            )
            rough = mean(g, g.Abs(g.Sub(ahead, behind)))
            total = rough if total is None else g.Add(total, rough)
        assert total is not None, "a map has an axis of positions"
        return total

    def formula(self, torch: Any, *given: Any) -> Any:
        (image,) = given
        return sum(torch.diff(image, dim=axis).abs().mean() for axis in range(2, image.ndim))
