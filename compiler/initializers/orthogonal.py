"""Orthogonal matrices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("orthogonal")
class Orthogonal(Initializer):
    """w, as a matrix of outputs by all else, has orthogonal rows of length gain, or columns where those are fewer.

    It is drawn from all such matrices alike, by the QR decomposition of a normal one; as in PyTorch and Keras
    (Saxe et al. 2014, arXiv:1312.6120). A vector is a matrix of one row.
    """

    also = ("orthogonal_initializer",)

    gain: float = argument(Real(0), "a factor", default=1.0)

    samples = (
        Drawn("orthogonal", "300x200", mean=0, std=0.057735, low=-0.35, high=0.35),
        Drawn("orthogonal(2)", "32x16x3x3", mean=0, std=0.166667, low=-1, high=1),
    )
    errors = (Wrong("orthogonal(-1)", code="E224", says="a number of at least 0, found -1"),)

    def draw(self, shape: tuple[int, ...], layout: str, dtype: str, stream: Stream) -> Array:
        import numpy as np

        axis = layout.index("O") if len(shape) > 1 else 0
        front = (shape[axis], *shape[:axis], *shape[axis + 1 :]) if len(shape) > 1 else (1, math.prod(shape))
        rows, columns = front[0], math.prod(front[1:])
        numbers = stream.normal(rows * columns).reshape(max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(numbers)
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
        matrix = q if rows >= columns else q.T
        found = np.moveaxis(matrix.reshape(front), 0, axis) if len(shape) > 1 else matrix.reshape(shape)
        return np.ascontiguousarray(self.gain * found, dtype)

    def formula(self, torch: Any, tensor: Any) -> Any:
        return torch.nn.init.orthogonal_(tensor, self.gain)
