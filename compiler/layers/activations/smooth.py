"""Activations that are smooth curves, and the straight ones that stand for them."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Word, argument
from netc.compiler.ir import Value
from netc.compiler.layers.base import LayerBuilder, Sample, Wrong
from netc.compiler.layers.element_function import ElementFunction, function
from netc.compiler.ops.gelu import in_parts


@function("gelu")
class Gelu(ElementFunction):
    """y = x / 2 * (1 + erf(x / sqrt(2))): x times the share of a normal distribution that lies below x.

    Hendrycks & Gimpel 2016, arXiv:1606.08415.
    `approximate=tanh` is x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x³))), which GPT-2 has; it differs by 5e-4.
    """

    approximate: str = argument(Word(("none", "tanh")), "whether erf is approximated, and how", default="none")

    samples = (Sample("gelu", "8x5"), Sample("gelu(tanh)", "float"), Sample("gelu(approximate=tanh)", "[4, H, W]"))
    errors = (Wrong('gelu("sigmoid")', "8", code="E224", says='one of `none`, `tanh`, found "sigmoid"'),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return in_parts(b, x, approximate=self.approximate)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.gelu(x, approximate=self.approximate)


@function("silu")
class Silu(ElementFunction):
    """y = x * sigmoid(x), also called swish (Elfwing et al. 2017, arXiv:1702.03118)."""

    also = ("swish",)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Mul(x, b.Sigmoid(x))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.silu(x)


@function("mish")
class Mish(ElementFunction):
    """y = x * tanh(ln(1 + exp(x))) (Misra 2019, arXiv:1908.08681)."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Mul(x, b.Tanh(b.Softplus(x)))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.mish(x)


@function("hardsigmoid")
class HardSigmoid(ElementFunction):
    """y = x / 6 + 1 / 2, cut off below 0 and above 1: a straight sigmoid. Keras had x / 5 + 1 / 2 before version 3."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.HardSigmoid(x, alpha=1.0 / 6.0, beta=0.5)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.hardsigmoid(x)


@function("hardswish")
class HardSwish(ElementFunction):
    """y = x * hardsigmoid(x): a straight silu (Howard et al. 2019, arXiv:1905.02244)."""

    also = ("hardsilu",)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Mul(x, b.HardSigmoid(x, alpha=1.0 / 6.0, beta=0.5))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.hardswish(x)


@function("softplus")
class Softplus(ElementFunction):
    """y = ln(1 + exp(x)), without overflow: above 0 everywhere."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Softplus(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.logaddexp(x, torch.zeros_like(x))


@function("softsign")
class Softsign(ElementFunction):
    """y = x / (1 + |x|), element by element: from -1 to 1."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Softsign(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.softsign(x)


@function("log_sigmoid")
class LogSigmoid(ElementFunction):
    """y = ln(sigmoid(x)) = -ln(1 + exp(-x)), without overflow and without the logarithm of 0."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Neg(b.Softplus(b.Neg(x)))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.logsigmoid(x)
