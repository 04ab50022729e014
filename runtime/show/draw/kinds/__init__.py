"""The kinds of drawings, one file each, in the order in which an answer is tried."""

from netc.runtime.show.draw.kinds.base import Kind
from netc.runtime.show.draw.kinds.boxes import BOXES
from netc.runtime.show.draw.kinds.classes import CLASSES
from netc.runtime.show.draw.kinds.image import IMAGE
from netc.runtime.show.draw.kinds.mask import MASK
from netc.runtime.show.draw.kinds.points import POINTS
from netc.runtime.show.draw.kinds.text import TEXT
from netc.runtime.show.draw.kinds.values import VALUES

KINDS: tuple[Kind, ...] = (BOXES, TEXT, MASK, CLASSES, POINTS, IMAGE, VALUES)
WORDS = tuple(kind.word for kind in KINDS)

__all__ = ["KINDS", "WORDS", "Kind"]
