"""Attention of several heads, of a sequence to itself or to another one."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, Real, argument
from netc.compiler.declare.references import TensorType
from netc.compiler.initializers.glorot_uniform import GlorotUniform
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import (
    ZEROS,
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    constant_size,
    language_shape,
    layer,
    require_floats,
)
from netc.compiler.layers.sequences.attention_scores import Heads, attend
from netc.compiler.layers.sequences.positional import Positional
from netc.grammar.counted import counted

PACKED = {"in_proj_weight": "24x8 glorot_uniform", "in_proj_bias": "24 constant",
          "out_proj.weight": "8x8 glorot_uniform", "out_proj.bias": "8 constant"}  # fmt: skip
APART = {"q_proj_weight": "8x8 glorot_uniform", "k_proj_weight": "8x6 glorot_uniform",
         "v_proj_weight": "8x6 glorot_uniform", "out_proj.weight": "8x8 glorot_uniform"}  # fmt: skip
MODULE = ("embed_dim and batch_first have no place here, memory is what keys and values are made of, and its masks are "
          "true where nothing is attended to")  # fmt: skip
KERAS = "the width of a head, key_dim there, is the last axis divided by heads"


@layer("attention")
class Attention(Layer):
    """softmax(Q K' / sqrt(D)) V for each of several heads of width D = C / heads, joined and projected.

    `[T, C]` -> `[T, C]`; Q, K, V are projections of what flows, or K and V of `memory` `[S, M]` (Vaswani et al. 2017,
    arXiv:1706.03762). With `causal` position t attends to positions up to t. With `kv_heads` groups of heads share keys
    and values (Ainslie et al. 2023, arXiv:2305.13245). With `rotary` queries and keys are turned by their positions, as
    `positional(kind=rotary)` does. `mask` is `[S]`, `[T, S]` or `[heads, T, S]`: truth values, true where something may
    be attended to (as Keras and PyTorch's scaled_dot_product_attention have it, nn.MultiheadAttention the other way
    round), or numbers that are added to the scores. A position that may attend to nothing gives zeros to the last
    projection. `dropout` drops weights after the softmax, in training. Keras's Attention has no heads, no projections
    and no 1 / sqrt(D): that is `q -> matmul(k -> transpose) -> softmax -> matmul(v)`.

    Parameters, of nn.MultiheadAttention's names and layouts: in_proj_weight `[3 C, C]`, the rows of queries, keys and
    values; with a memory of another width q_proj_weight `[C, C]`, k_proj_weight and v_proj_weight `[C, M]` instead;
    out_proj.weight `[C, C]`; all drawn from `glorot_uniform`. in_proj_bias `[3 C]` and out_proj.bias `[C]`, zeros. With
    `kv_heads` keys and values have kv_heads * D rows each.
    """

    also = (
        "mha",
        "self_attention",
        "cross_attention",
        Also("MultiheadAttention(-embed_dim, num_heads, dropout, bias)", MODULE),
        Also("MultiHeadAttention(num_heads, -key_dim)", KERAS),
        Also("multi_head_attention", KERAS),
        Also("GroupQueryAttention(-head_dim, num_query_heads, num_key_value_heads)", KERAS),
        Also("GroupedQueryAttention(-head_dim, num_query_heads, num_key_value_heads)", KERAS),
        Also("scaled_dot_product_attention", "it projects its inputs; without, write `q -> matmul(k -> transpose) -> "
             "softmax -> matmul(v)`"),
        Also("AdditiveAttention", "its scores are products, those of the other sums"),
    )  # fmt: skip

    heads: int = argument(SIZE, "how many heads there are")
    causal: bool = argument(Boolean(), "whether later positions are hidden", default=False)
    memory: Value | None = argument(Optional_(TensorType()), "a sequence for keys and values", default=None)
    mask: Value | None = argument(Optional_(TensorType()), "what may be attended to, or is added", default=None)
    kv_heads: int | None = argument(Optional_(SIZE), "how many heads of keys and values; `heads` if none", default=None)
    rotary: bool = argument(Boolean(), "whether queries and keys are turned by their positions", default=False)
    dropout: float = argument(Real(0, 1, open_high=True), "the share of weights that is dropped", default=0.0)
    bias: bool = argument(Boolean(), "whether the projections add biases", default=True)

    samples = (
        Sample("attention(2)", "5x8", params=288, weights=PACKED),
        Sample("attention(heads=2, causal=true, dropout=0.1)", "[T, 4]", params=80),
        Sample("attention(2, memory=b, bias=false)", "5x8", "7x6", params=224, weights=APART),
        Sample("attention(1, memory=b)", "[T, 4]", "[S, 4]", params=80),
        Sample("attention(2, mask=b)", "3x4", "3x3", params=80, values=(-2, 2)),
        Sample("attention(2, memory=b, mask=c)", "3x4", "5x4", "2x3x5", params=80, values=(-2, 2)),
        Sample("attention(4, kv_heads=2, causal=true)", "5x8", params=216),
        Sample("attention(2, rotary=true, kv_heads=1)", "[T, 8]", params=216),
    )
    errors = (
        Wrong("attention(2)", "8", code="E301", says="attention works on a sequence `[T, C]`, found 8"),
        Wrong("attention(3)", "5x8", code="E301", says="a last axis of size 8 does not make 3 heads"),
        Wrong("attention(4, kv_heads=3)", "5x8", code="E301", says="4 heads do not make 3 groups"),
        Wrong("attention(4, rotary=true)", "5x4", code="E301", says="rotary takes elements in pairs, found heads of 1"),
        Wrong("attention(2, memory=b, causal=true)", "5x8", "7x8", code="E301", says="causal is about one sequence"),
        Wrong("attention(2, mask=b)", "5x8", "4", code="E301", says="a mask of 4 for scores of [2, 5, 5]"),
        Wrong("attention(2, mask=b)", "5x8", "int 5", code="E302", says="truth values or floating-point numbers"),
        Wrong("attention(2)", "[T, C]", code="E304", says="the last axis C is not known while compiling"),
        Wrong("attention(2)", "int 5x8", code="E302", says="attention works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        heads = self._heads(x)
        x = b.batched(x)
        memory = x if self.memory is None else b.batched(self.memory)
        q, k, v = self._projections(b, x, memory, heads)
        y = attend(b, heads, q, k, v, causal=self.causal, mask=self.mask, rotary=self.rotary, dropout=self.dropout)
        return self._affine(b, y, b.parameter("out_proj.weight", (heads.width,) * 2, GlorotUniform()), "out_proj.bias")

    def _heads(self, x: Value) -> Heads:
        """How the last axis is divided; refuses what does not fit together."""
        for value in (x, *([] if self.memory is None else [self.memory])):
            require_floats("attention", value)
            if len(shape := language_shape(value)) != 2:
                found = format_shape(shape) if shape else "a single number an example"
                raise ShapeError(f"attention works on a sequence `[T, C]`, found {found}",
                                 help="a map becomes one by `flatten(from=1) -> transpose`")  # fmt: skip
            constant_size(shape[1], "the last axis")
        width, groups = constant_size(x.shape[-1], "the last axis"), self.kv_heads or self.heads
        if width % self.heads:
            raise ShapeError(f"a last axis of size {width} does not make {self.heads} heads", argument="heads")
        if self.heads % groups:
            raise ShapeError(f"{self.heads} heads do not make {counted(groups, 'group')}", argument="kv_heads")
        if self.rotary and width // self.heads % 2:
            raise ShapeError(f"rotary takes elements in pairs, found heads of {width // self.heads}", argument="rotary")
        if self.causal and self.memory is not None:
            raise ShapeError("causal is about one sequence, and memory is another one", argument="causal")
        return Heads(self.heads, groups, width // self.heads)

    def formula(self, torch: Any, x: Any, *more: Any, **parameters: Any) -> Any:
        memory = x if self.memory is None else more[0]
        mask = torch.zeros(len(x), len(memory), dtype=x.dtype) if self.mask is None else more[-1]
        mask = mask.expand(*mask.shape[:-2], len(x), len(memory))
        if self.causal:
            mask = mask + torch.full_like(mask, -torch.inf).triu(1)
        parameters = {name.replace("out_proj_", "out_proj."): value for name, value in parameters.items()}
        if self.kv_heads is None and not self.rotary:
            seen = memory.shape[1]
            module = torch.nn.MultiheadAttention(x.shape[1], self.heads, bias=self.bias, kdim=seen, vdim=seen)
            given = (x, memory, memory, None, False, mask)
            return torch.func.functional_call(module.double(), parameters, given)[0]
        return self._grouped(torch, x, mask, parameters)

    def _grouped(self, torch: Any, x: Any, mask: Any, parameters: dict[str, Any]) -> Any:
        """What nn.MultiheadAttention lacks."""
        length, width = x.shape
        size, groups = width // self.heads, self.kv_heads or self.heads
        projected = torch.nn.functional.linear(x, parameters["in_proj_weight"], parameters["in_proj_bias"])
        joined = projected.split([width, groups * size, groups * size], 1)
        q, k, v = (y.reshape(length, -1, size).transpose(0, 1) for y in joined)
        if self.rotary:
            q, k = Positional(kind="rotary").formula(torch, q), Positional(kind="rotary").formula(torch, k)
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, mask, enable_gqa=True)
        y = y.transpose(0, 1).reshape(length, width)
        return torch.nn.functional.linear(y, parameters["out_proj.weight"], parameters["out_proj.bias"])

    def _projections(self, b: LayerBuilder, x: Value, memory: Value, heads: Heads) -> tuple[Value, ...]:
        """Queries `[N, T, C]`, keys and values `[N, S, kv_heads * D]`."""
        width, seen = heads.width, constant_size(memory.shape[-1], "the last axis")
        rows = (width, heads.groups * heads.size, heads.groups * heads.size)
        if self.memory is None:
            weight = b.parameter("in_proj_weight", (sum(rows), width), GlorotUniform())
            return b.add("Split", (self._affine(b, x, weight, "in_proj_bias"),), {"axis": 2, "sizes": rows})
        if seen == width:
            weight = b.parameter("in_proj_weight", (sum(rows), width), GlorotUniform())
            weights = b.add("Split", (weight,), {"axis": 0, "sizes": rows})
        else:
            leaves = zip("qkv", rows, (width, seen, seen), strict=True)
            weights = tuple(b.parameter(f"{one}_proj_weight", (r, c), GlorotUniform()) for one, r, c in leaves)
        made = [b.MatMul(y, b.Transpose(w, axes=(1, 0))) for y, w in zip((x, memory, memory), weights, strict=True)]
        if self.bias:
            biases = b.add("Split", (b.parameter("in_proj_bias", (sum(rows),), ZEROS),), {"axis": 0, "sizes": rows})
            made = [b.Add(y, bias) for y, bias in zip(made, biases, strict=True)]
        return tuple(made)

    def _affine(self, b: LayerBuilder, x: Value, weight: Value, bias: str) -> Value:
        y = b.MatMul(x, b.Transpose(weight, axes=(1, 0)))
        return b.Add(y, b.parameter(bias, (weight.shape[0],), ZEROS)) if self.bias else y
