"""The identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.initial import Stream
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.initializers.base import Initializer, initializer

if TYPE_CHECKING:
    from netc.compiler.declare.initial import Array


@initializer("identity")
class IdentityMatrix(Initializer):
    """w = gain where output and input have the same number, else 0; of a kernel the place in the middle alone.

    PyTorch's eye_ for matrices, dirac_ for kernels: with it a convolution of odd size and `pad=same` hands its input
    on. A vector, which has no inputs, is `gain` everywhere.
    """

    also = ("dirac_", "eye_", "identity_initializer")

    gain: float = argument(Real(), "the number on the diagonal", default=1.0)

    samples = (
        Drawn("identity", "30x40", mean=0.025, std=0.156125, low=0, high=1),
        Drawn("identity(-2)", "8x8x3x4", mean=-0.0208333, std=0.203058, low=-2, high=0),
    )
    errors = (Wrong("identity(true)", code="E224", says="a number, found true"),)

    def draw(self, shape: tuple[int, ...], layout: str, dtype: str, stream: Stream) -> Array:
        import numpy as np

        if len(shape) < 2:
            return np.full(shape, self.gain, dtype)
        found = np.zeros(shape, dtype)
        outputs, inputs = layout.index("O"), layout.index("I")
        for number in range(min(shape[outputs], shape[inputs])):
            place = [number if axis in (outputs, inputs) else size // 2 for axis, size in enumerate(shape)]
            found[tuple(place)] = self.gain
        return found

    def formula(self, torch: Any, tensor: Any) -> Any:
        fill = torch.nn.init.eye_ if tensor.ndim == 2 else torch.nn.init.dirac_
        return self.gain * fill(tensor)
