"""A product of two narrow matrices beside a weight."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from netc.compiler.adapters.base import Adapter, Part, adapter
from netc.compiler.declare.arguments import SIZE, Optional_, Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value


@adapter("lora")
class Lora(Adapter):
    """w = base + alpha / rank * B A, of which A and B are trained (Hu et al. 2021, arXiv:2106.09685).

    A is rank×inputs, uniform within 1 / sqrt(inputs) at the start, B outputs×rank, zeros. A convolution's weight is
    taken as outputs×(inputs · kernel), that of `attention` with the projections to queries, keys and values as one.
    """

    also = ("LoraConfig(r, lora_alpha)", "low_rank", "low_rank_adaptation", "peft")

    rank: int = argument(SIZE, "rows of A and columns of B")
    alpha: float | None = argument(
        Optional_(Real(0, open_low=True)), "multiplies the product, over the rank; the rank unless given", default=None
    )

    samples = (Call("lora(2)"), Call("lora(rank=3, alpha=6)"))
    errors = (Wrong("lora(0)", code="E224", says="a positive whole number, found 0"),)

    @property
    def scale(self) -> float:
        """What the product is multiplied by."""
        return 1.0 if self.alpha is None else self.alpha / self.rank

    def parts(self, shape: tuple[int, ...]) -> dict[str, Part]:
        inputs = prod(shape[1:])
        return {"lora_A": Part((self.rank, inputs), inputs**-0.5), "lora_B": Part((shape[0], self.rank))}

    def added(self, g: Builder, parts: Mapping[str, Value], shape: tuple[int, ...]) -> Value:
        product = g.Mul(g.MatMul(parts["lora_B"], parts["lora_A"]), self.scale)
        return product if len(shape) == 2 else g.Reshape(product, shape=shape)

    def slopes(self, g: Builder, slope: Value, parts: Mapping[str, Value]) -> dict[str, Value]:
        a, b = parts["lora_A"], parts["lora_B"]
        flat = slope if slope.rank == 2 else g.Reshape(slope, shape=(b.shape[0], a.shape[1]))
        scaled = g.Mul(flat, self.scale)
        return {
            "lora_A": g.MatMul(g.Transpose(b, axes=(1, 0)), scaled),
            "lora_B": g.MatMul(scaled, g.Transpose(a, axes=(1, 0))),
        }

    def formula(self, parts: Mapping[str, Any], shape: tuple[int, ...]) -> Any:
        return self.scale * (parts["lora_B"] @ parts["lora_A"]).reshape(shape)
