"""What a parameter knows of how it starts: something that draws it from a stream. `initializers/` holds those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class Stream(Protocol):
    """Random numbers that belong to one parameter; `weights/draw.py` makes them of raw bits."""

    def uniform(self, count: int) -> Array:
        """The next doubles in (0, 1), the ends excluded."""
        ...

    def normal(self, count: int) -> Array:
        """The next standard normal doubles."""
        ...


class Initial(Protocol):
    """An initializer with its arguments."""

    def draw(self, shape: tuple[int, ...], layout: str, dtype: str, stream: Stream) -> Array:
        """The tensor; `layout` names its axes of outputs (`O`) and inputs (`I`), for the fans."""
        ...
