"""Gradients that are added up over the batches of one update."""

from __future__ import annotations

from netc.compiler.ir import DType
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.loss_scaling import Slopes

SHARE, FIRST = "share", "first"
"""Inputs of a backward pass that adds up: the batch's share of the update's rows, and 1 in the first batch, else 0."""


def add_up(a: Assembly, slopes: Slopes) -> None:
    """Each sum as state: share * gradient in the first batch, and what came before besides in the others.

    Shares are of rows, so that the sum is the gradient of the mean over the rows of all batches. The first batch does
    not read the sum, which may be of an update that went wrong.
    """
    share = a.input(SHARE, DType.FLOAT32, (), "hyper", "rows of the batch over those of the update")
    first = a.input(FIRST, DType.FLOAT32, (), "hyper", "1 in the first batch of an update, else 0")
    begins = a.builder("optimizer").Greater(first, 0.5)
    for value, slope in slopes:
        name = f"gradient.{value.name}"
        before = a.input(name, DType.FLOAT32, value.shape, "state", f"gradient so far for {value.name}", passing=True)
        g = a.builder("optimizer", value.name)
        part = g.Mul(slope, share)
        total = g.Where(begins, part, g.Add(before, part))
        a.output(f"{name}.next", total, "state", f"gradient for {value.name} with this batch", of=before.name)
