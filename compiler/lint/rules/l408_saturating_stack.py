"""L408: many sigmoids or tanhs in a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import activation_of, is_norm
from netc.compiler.lint.wiring import data_inputs
from netc.compiler.net import Net
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

SLOPES = {"sigmoid": 0.25, "hardsigmoid": 1 / 6}
"""The steepest slope of each."""
LIMITS = {"sigmoid": 3, "hardsigmoid": 3, "tanh": 8, "softsign": 8, "hardtanh": 8}
"""How many in a row are told of: three sigmoids leave at most 1/64 of a gradient."""


OPERATORS = ("Sigmoid", "HardSigmoid", "Tanh", "Softsign", "Clip")


@dataclass(frozen=True, slots=True)
class Run:
    """Saturating activations in a row: how many, the first of them, and the steepest slope of all together."""

    length: int
    first: LayerInstance
    slope: float


@rule("L408")
def saturating_stack(subject: Subject) -> Iterator[Diagnostic]:
    """Hidden layers with sigmoid or tanh follow each other so often that the gradient vanishes.

    ## What it does
    Counts, along every path since the last norm or the last place where two paths meet, activations that flatten on
    both sides, and reports the third sigmoid and the eighth tanh in a row. The last layer's doesn't count.

    ## Why is this bad
    The slope of a sigmoid is at most 1/4, and much less away from 0: of a gradient that comes back through three of
    them at most 1/64 is left, so that the first layers barely move (Hochreiter 1991; Glorot & Bengio 2010). Tanh has
    slope 1 at 0 alone. Rectifiers, norms and skip connections are what deep networks have in their place.

    ## Example
    ```
    net Flat {
      input x: 16
      repeat 4 { dense(32, act=sigmoid) }
      dense(2)
    }
    ```

    ## Use instead
    ```
    net Steep {
      input x: 16
      repeat 4 { dense(32, act=relu) }
      dense(2)
    }
    ```
    """
    for net in subject.nets:
        by_op = subject.wiring(net).by_op
        if sum(len(by_op.get(op, ())) for op in OPERATORS) >= min(LIMITS.values()):
            yield from _found(net)


def _found(net: Net) -> Iterator[Diagnostic]:
    runs: dict[Value, Run | None] = {}
    longest: dict[int, tuple[Run, LayerInstance, str]] = {}
    for layer in net.layers:
        before = data_inputs(layer)
        run = runs.get(before[0]) if len(before) == 1 and not is_norm(layer) else None
        word = activation_of(layer)
        if word in LIMITS and not set(layer.outputs) & set(net.outputs.values()):
            slope = SLOPES.get(word, 1.0)
            run = Run(run.length + 1, run.first, run.slope * slope) if run else Run(1, layer, slope)
            if run.length >= LIMITS[word]:
                longest[id(run.first)] = (run, layer, word)
        elif word is not None and word not in LIMITS:
            run = None
        runs |= dict.fromkeys(layer.outputs, run)
    for run, layer, word in longest.values():
        share = f"at most {run.slope:.2g} of it comes back" if run.slope < 1 else "each flattens on both sides"
        yield warning(
            f"a gradient goes through {counted(run.length, 'saturating activation')} in a row",
            layer.span,
            share,
            secondary=(Label(run.first.span, f"`{run.first.path}` is the first"),),
            help=f"use `relu` or `gelu` in place of {word}, or a norm or a skip connection between them",
        )
