"""What a drawing of a net consists of: boxes of layers, frames around them, and wires between both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Size


class State(StrEnum):
    """What training does with a box or a frame. `mixed`: a part of its weights is frozen."""

    PLAIN = ""
    FROZEN = "frozen"
    MIXED = "partly frozen"
    TRAINING = "training only"


@dataclass(frozen=True, slots=True)
class Cost:
    """Weights, multiply-accumulates and elements of outputs for one example, over all passes that are drawn once.

    trainable  those of `params` that training moves
    """

    params: int = 0
    trainable: int = 0
    flops: Size = 0
    activations: Size = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.params + other.params,
            self.trainable + other.trainable,
            self.flops + other.flops,
            self.activations + other.activations,
        )


@dataclass(eq=False, slots=True)
class Box:
    """Layers that are drawn as one: a layer, with the activation, normalization and dropout that follow it alone.

    key      what it is called in files: `b12`
    kind     the family of its first layer, `input`, `output` or `state`
    name     what the text calls it, "" where it is called after its word
    title    the layer and its main arguments: `conv 64, 3x3`;  notes: other arguments, and what follows it
    count    its weights as they are written: `36,928`, `640…36,928` where passes differ, `shared`
    times    how often in a row it is applied
    path     its first layer's dotted name, and line its place in the text, 0 where it has none
    facts    lines that say all of it
    layers   its layers, those of every pass
    """

    key: str
    kind: str
    title: str
    name: str = ""
    notes: tuple[str, ...] = ()
    count: str = ""
    times: int = 1
    path: str = ""
    line: int = 0
    state: State = State.PLAIN
    cost: Cost = Cost()
    facts: tuple[str, ...] = ()
    layers: list[LayerInstance] = field(default_factory=list)
    parent: Frame | None = None


@dataclass(eq=False, slots=True)
class Port:
    """A place on the edge of a frame where a value goes in, or out."""

    frame: Frame
    key: str
    out: bool


@dataclass(eq=False, slots=True)
class Wire:
    """A value on its way from one end to another, inside one frame.

    An end is a box, a port of the frame itself, or a port of a frame in it. `back` is a state that goes to the next
    step of a scan: it is drawn from below to above. `shape` is that of the value; "" where it stands elsewhere.
    """

    source: Box | Port
    target: Box | Port
    shape: str
    back: bool = False


@dataclass(eq=False, slots=True)
class Frame:
    """A part of the text that has a name, or repeats: what is in it, and how that hangs together.

    title    `layer.1…35 bottleneck`;  times: how many passes of a loop it stands for
    closed   drawn as one box
    entries, exits   the ports on its edge
    """

    key: str
    title: str
    times: int = 1
    path: str = ""
    line: int = 0
    closed: bool = False
    state: State = State.PLAIN
    cost: Cost = Cost()
    facts: tuple[str, ...] = ()
    items: list[Box | Frame] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    entries: list[Port] = field(default_factory=list)
    exits: list[Port] = field(default_factory=list)
    parent: Frame | None = None

    def walk(self) -> Iterator[Box | Frame]:
        """Everything in it, each before what is in that."""
        stack: list[Box | Frame] = list(reversed(self.items))
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, Frame):
                stack.extend(reversed(item.items))

    def boxes(self) -> Iterator[Box]:
        """The boxes in it, at any depth."""
        return (item for item in self.walk() if isinstance(item, Box))

    def frames(self) -> Iterator[Frame]:
        """The frames in it, at any depth, and itself first."""
        yield self
        for item in self.walk():
            if isinstance(item, Frame):
                yield item


Item = Box | Frame
End = Box | Port


@dataclass(eq=False, slots=True)
class Drawing:
    """A net as boxes and frames.

    title    the net with its arguments;  below: lines that are written under it
    root     the frame of all
    depth    how many levels of frames are open
    heat     what boxes are coloured by: `params`, `flops`, `memory`; None for the kinds of layers
    """

    title: str
    below: tuple[str, ...]
    root: Frame
    depth: int
    heat: str | None = None

    def shown(self) -> Iterator[Item]:
        """The boxes and frames that are seen: nothing inside a closed frame."""
        stack: list[Item] = list(reversed(self.root.items))
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, Frame) and not item.closed:
                stack.extend(reversed(item.items))
