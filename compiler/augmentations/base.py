"""What an augmentation declares: changes to the maps of a training batch, most of them random.

A change has two halves, so that all maps of an example (its image, its mask) get the same: what is drawn for each
example, and what that makes of a map. What an augmentation changes is its `kind`:

    MOVES   where pixels are: images, masks of labels and float maps among the targets, all of them alike
    COLOURS what pixels are: images alone, never a target
    MIXES   whole examples with others of the batch, images and answers
    NET     nothing here: what is not drawn and later examples get too becomes a layer of the net
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Drawn, Wrong
from netc.compiler.ir import DType, Shape, Value

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Size = tuple[int, int]
WHITE = 255.0


class Kind(Enum):
    """What an augmentation changes."""

    MOVES = "moves"
    COLOURS = "colours"
    MIXES = "mixes"
    NET = "net"


class Augmentation(Declared):
    """Base of every augmentation.

    kind      what it changes
    in_pixels whether what is drawn counts pixels, which are another share of an image of another size
    unit      whether images must lie between 0 and 1 (bytes do);  unbounded: whether they may leave that range
    samples   at least one `Drawn`: the shape of a map, and how what is drawn lies
    errors    at least one `Wrong` call where there are arguments
    """

    kind: ClassVar[Kind] = Kind.MOVES
    in_pixels: ClassVar[bool] = False
    unit: ClassVar[bool] = False
    unbounded: ClassVar[bool] = False
    samples: ClassVar[tuple[Drawn, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """What decides each of `count` examples' change, along axis 0; of what mixes one is drawn for a batch."""
        raise AssertionError("an augmentation declares draw")

    def change(self, maps: Array, drawn: Array) -> Array:
        """Images `[N, C, H, W]`, floats or bytes, after the change; an array of its own of the same type."""
        raise AssertionError("an augmentation declares change")

    def change_labels(self, labels: Array, drawn: Array) -> Array:
        """The same for maps `[N, 1, H, W]` of whole numbers, which are not mixed: each is one that was there."""
        return self.change(labels, drawn)

    def formula(self, numpy: Any, image: Any, drawn: Any) -> Any:
        """What one example's draw makes of its map `[C, H, W]`, pixel by pixel; the tests compare `change` with it.

        Bytes are not rounded here. What mixes gets two images: the example's own and the other one.
        """
        raise AssertionError("an augmentation declares formula")

    @property
    def size(self) -> Size | None:
        """The height and width of maps after the change, whatever they are before; None where they stay."""
        return None

    def misfit(self, channels: Any) -> tuple[str, str] | None:
        """Why images of so many channels can't be changed so, and the way out; None where they can."""
        return None

    def too_small(self, side: Any) -> tuple[str, str] | None:
        """Why images of which the shorter side has so many pixels can't be changed so, and the way out."""
        return None


class Fixed(Augmentation):
    """Base of what is the same for every example."""

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        import numpy as np

        return np.zeros((count, 0))


class Mixing(Augmentation):
    """Base of what mixes each example of a batch with the one at the same place from behind: the first with the last.

    The loss is mixed as images are: `share` of the loss for the example's own answers, the rest for the other's.
    """

    kind = Kind.MIXES
    cuts: ClassVar[bool] = False
    """Whether answers that are maps are cut together with the images, and count in full."""

    def share(self, drawn: Array, height: int, width: int) -> float:
        """The share of an example's own answers, of the one draw of a batch."""
        raise AssertionError("a mixing augmentation declares share")


augmentation = Registry[Augmentation](
    "augmentation", __package__, samples=1, errors=1, declares=("draw", "change", "formula")
)
"""Decorator that registers an augmentation; `augmentation.all()` gives every one by its word."""


def in_floats(maps: Array) -> Array:
    """Images as float32 for arithmetic: bytes keep their numbers, 0 to 255."""
    import numpy as np

    return maps.astype(np.float32, copy=False)


def as_before(changed: Array, maps: Array) -> Array:
    """What came out of arithmetic in the type of the maps before: bytes are rounded, and end at 0 and 255."""
    import numpy as np

    if maps.dtype.kind == "f":
        return np.asarray(changed, maps.dtype)
    return np.asarray(np.rint(np.clip(changed, 0, WHITE)), maps.dtype)


def white(maps: Array) -> float:
    """The largest brightness of images: 1, or 255 of bytes."""
    return 1.0 if maps.dtype.kind == "f" else WHITE


def size_of(image: Value) -> Shape:
    """How high and wide an input is that is a map: `[N, C, H, W]` of floats, or `[N, H, W, C]` of bytes."""
    return image.shape[1:3] if image.dtype is DType.UINT8 else image.shape[2:]


def is_map_beside(target: Shape, inputs: Sequence[Value]) -> bool:
    """Whether a target is a map as high and as wide as an image: `[N, H, W]` of labels, or `[N, C, H, W]`."""
    sizes = [size_of(value) for value in inputs if len(value.shape) == 4]
    return len(target) in (3, 4) and target[-2:] in sizes
