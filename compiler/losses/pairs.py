"""Losses of vectors that should be near or far from each other."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Shape, Value
from netc.compiler.losses.base import Loss, Place, TargetSpec, loss
from netc.compiler.losses.checks import require_same
from netc.compiler.losses.functions import distance, square

SAME = (Place("a"), Place("b"), Place("same", data=True))


class Compared(Loss):
    """A loss of vectors along the last axis of values of one shape: `[F]`, or `[T, F]`."""

    def targets(self, *values: Value) -> tuple[TargetSpec, ...]:
        require_same(self.word, values, vectors=True)
        spec = TargetSpec(DType.FLOAT32, values[0].shape[:-1], between=(-1.0, 1.0))
        return (spec,) if any(place.data for place in self.places) else ()

    def positions(self, *values: Value) -> Shape:
        return values[0].shape[:-1]


@loss("cosine_embedding")
class CosineEmbedding(Compared):
    """1 - cos(a, b) where `same` is above 0, else max(0, cos(a, b) - margin); the mean over examples.

    a, b: values of the net `[F]`, or `[T, F]`. same: 1, or else 0 or -1, one an example. cos is a b / sqrt((a a + e) (b
    b + e)) with e = 1e-12.
    """

    also = (Also("CosineEmbeddingLoss"), Also("CosineSimilarity", "the loss of Keras: all are `same` there, less 1"))
    places = SAME

    margin: float = argument(Real(-1, 1), "how alike may be what isn't the same", default=0.0)

    samples = (
        Pair("cosine_embedding(a, b, same)", "4", "4"),
        Pair("cosine_embedding(a, b, same, margin=0.3)", "2x3", "2x3"),
    )
    errors = (
        Wrong("cosine_embedding(a, b, same, margin=2)", "4", "4", code="E224", says="a number from -1 to 1"),
        Wrong("cosine_embedding(a, b, same)", "4", "3", code="E301", says="compares values of one shape"),
        Wrong("cosine_embedding(a, b)", "4", "4", code="E411", says="takes an a, a b and a same"),
    )

    def each(self, g: Builder, *given: Value) -> Value:
        a, b, same = given
        last = (a.rank - 1,)
        dot = g.ReduceSum(g.Mul(a, b), axes=last)
        lengths = [g.Sqrt(g.Add(g.ReduceSum(square(g, x), axes=last), 1e-12)) for x in (a, b)]
        cos = g.Div(g.Div(dot, lengths[0]), lengths[1])
        return g.Where(g.Greater(same, 0.0), g.Sub(1.0, cos), g.Relu(g.Sub(cos, self.margin)))

    def formula(self, torch: Any, *given: Any) -> Any:
        a, b, same = given
        sides = torch.where(same > 0, 1.0, -1.0)
        flat = [x.reshape(-1, x.shape[-1]) for x in (a, b)]
        return torch.nn.functional.cosine_embedding_loss(*flat, sides.reshape(-1), margin=self.margin)


@loss("contrastive")
class Contrastive(Compared):
    """d**2 where `same` is above 0, else max(0, margin - d)**2, d the distance of a and b; the mean over examples
    (Hadsell et al. 2006, who halve it).

    a, b: values of the net `[F]`, or `[T, F]`. same: 1, or else 0 or -1, one an example.
    """

    also = ("contrastive_loss",)
    places = SAME

    margin: float = argument(Real(0, open_low=True), "how far apart is far enough", default=1.0)

    samples = (
        Pair("contrastive(a, b, same)", "3", "3"),
        Pair("contrastive(a, b, same, margin=4)", "2x3", "2x3"),
    )
    errors = (
        Wrong("contrastive(a, b, same, margin=0)", "4", "4", code="E224", says="a number above 0"),
        Wrong("contrastive(a, b, same)", "4", "2x2", code="E301", says="compares values of one shape"),
    )

    def each(self, g: Builder, *given: Value) -> Value:
        a, b, same = given
        apart = g.ReduceSum(square(g, g.Sub(a, b)), axes=(a.rank - 1,))
        near = g.Relu(g.Sub(self.margin, distance(g, a, b)))
        return g.Where(g.Greater(same, 0.0), apart, square(g, near))

    def formula(self, torch: Any, *given: Any) -> Any:
        a, b, same = given
        apart = (a - b).pow(2).sum(-1)
        near = torch.clamp(self.margin - torch.sqrt(torch.clamp(apart, min=1e-24)), min=0)
        return torch.where(same > 0, apart, near**2).mean()


@loss("triplet")
class Triplet(Compared):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d Euclid's distance; the mean over examples
    (Schroff et al. 2015, arXiv:1503.03832).

    anchor, positive, negative: values of the net `[F]`, or `[T, F]`. As PyTorch's, d adds 1e-6 to each difference.
    """

    also = (Also("TripletMarginLoss"), "triplet_loss")
    places = (Place("anchor"), Place("positive"), Place("negative"))

    margin: float = argument(Real(0), "how much nearer is near enough", default=1.0)

    samples = (
        Pair("triplet(anchor, positive, negative)", "4", "4", "4"),
        Pair("triplet(anchor, positive, negative, margin=0.2)", "2x3", "2x3", "2x3"),
    )
    errors = (
        Wrong("triplet(anchor, positive, negative, margin=-1)", "4", "4", "4", code="E224", says="of at least 0"),
        Wrong("triplet(anchor, positive, negative)", "4", "4", "3", code="E301", says="compares values of one shape"),
        Wrong("triplet(anchor, positive, label)", "4", "4", "4", code="E412", says="the net has no value `label`"),
    )

    def each(self, g: Builder, *given: Value) -> Value:
        anchor, positive, negative = given
        near, far = distance(g, anchor, positive, 1e-6), distance(g, anchor, negative, 1e-6)
        return g.Relu(g.Add(g.Sub(near, far), self.margin))

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.triplet_margin_loss(*given, margin=self.margin)
