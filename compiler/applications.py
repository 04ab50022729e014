"""What a net applies, as its text writes it: a tree of blocks, loops, merges and chains; its leaves are the layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import Node, Size, Value, format_shape, language_shape
from netc.compiler.layers.base import Layer
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Span


@dataclass(eq=False, slots=True, repr=False)
class LayerInstance:
    """One application of a layer, in execution order. Applications of a `shared` layer list the same parameters.

    path      its dotted name: `stage1.basic1.conv1`
    word      its kind in the language: `conv`
    layer     the declaration's instance with its arguments; None for tensor arithmetic (`a - b`)
    inputs    the values it reads, `outputs` the values it makes
    nodes     the operators it became
    span      the call in the text; `argument_spans` the arguments in it
    training_only  inside `train only { … }`
    steps     how often it runs for an example: in a scan, for each step
    """

    path: str
    word: str
    layer: Layer | None
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...]
    parameters: tuple[Parameter, ...]
    span: Span
    argument_spans: Mapping[str, Span] = field(default_factory=dict)
    training_only: bool = False
    steps: Size = 1

    def __repr__(self) -> str:
        return f"<{self.path} ({self.word}) {_shapes(self.outputs)}>"


class Kind(StrEnum):
    """What an application is in the text.

    net     the net itself, which is the root, or a net that is used as a layer
    block   a block
    merge   braces with branches behind a word: the branches, then the merge (or the block that takes them), last.
            Where control is written out in them (`concat { for … }`), the branches are inside the loop
    branch  a statement of a merge's braces; without layers where it hands a value on
    chain   layers in a row with a name or braces of their own, or that are a layer as a value
            (`norm = batchnorm -> relu`). One that holds nothing but an application of its own name is that
            application: `head = dense(10)` is a layer, and `stage = repeat 3 { … }` a repeat called `stage`
    scan    the braces of a scan: what happens in one step, then the scan itself
    repeat, for  a loop, which holds its passes
    pass    one pass of a loop
    if      the braces that were taken
    train only   the side road
    train   a train section whose loss or metrics compute with values: it is written outside of the net
    """

    NET = "net"
    BLOCK = "block"
    MERGE = "merge"
    BRANCH = "branch"
    CHAIN = "chain"
    SCAN = "scan"
    REPEAT = "repeat"
    FOR = "for"
    PASS = "pass"
    IF = "if"
    TRAIN_ONLY = "train only"
    TRAIN = "train"


@dataclass(eq=False, slots=True, repr=False)
class Application:
    """One thing that the text applies around layers, and what is applied in it, in execution order.

    The leaves of a net's tree are its `layers`, in their order. A layer given as an argument (`act=relu`) belongs to
    the one that applies it; a layer inside an argument (`add(x -> conv(8))`) stands in front of it. What nothing
    reaches isn't here, nor is control that applied nothing: an `if` that wasn't taken, a pass with such an `if` alone.
    A block without layers is, for it hands on its value.

    kind      what it is in the text, see Kind
    word      how the text calls it: `basic`, `concat`; else its kind
    path      the dotted name that it gives to what is inside; that of what is around it where it opens no scope
    weights   the same of its parameters: `path`, except under a `shared` layer, where it is the shared layer's
    span      where it is applied
    definition  where what is inside it is written: the definition of a block or net, the braces, the layers of a chain
    arguments what it was given, by name: numbers, words, lists, Values; a layer is its word. The root has defaults
              too, `repeat` its `count`, a pass of `for` what the names stand for
    argument_spans  where arguments stand in the text
    outputs   what flows out of it, as far as something reaches it
    children  what is applied in it
    """

    kind: Kind
    word: str
    path: str
    weights: str
    span: Span
    definition: Span
    arguments: Mapping[str, Any]
    argument_spans: Mapping[str, Span]
    outputs: tuple[Value, ...] = ()
    children: list[Applied] = field(default_factory=list)

    def __repr__(self) -> str:
        name = f"{self.path} ({self.word})" if self.path else f"{self.word} ({self.kind})"
        count = len(self.layers())
        return f"<{' '.join(filter(None, [name, _shapes(self.outputs)]))}, {counted(count, 'layer')}>"

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The values that layers in it read and none of them makes, in the order in which they are read."""
        layers = self.layers()
        made = {output for layer in layers for output in layer.outputs}
        return tuple(dict.fromkeys(value for layer in layers for value in layer.inputs if value not in made))

    def walk(self) -> Iterator[Applied]:
        """This application and everything in it: each before what is in it, in execution order."""
        stack: list[Applied] = [self]
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, Application):
                stack.extend(reversed(item.children))

    def layers(self) -> list[LayerInstance]:
        """The layers in it, in execution order."""
        return [item for item in self.walk() if isinstance(item, LayerInstance)]

    def fold(self, depth: int) -> list[Applied]:
        """What stands for this application where no more than `depth` levels of it are opened, in execution order.

        A level is a scope, a part of the text that has a name: control, branches and chains without one are looked
        through. Every layer is in exactly one of them, or is one.
        """
        found: list[Applied] = []
        stack: list[tuple[Applied, int]] = [(self, 0)]
        while stack:
            item, level = stack.pop()
            if level == depth or isinstance(item, LayerInstance):
                found.append(item)
            else:
                stack += [(child, level + (child.path != item.path)) for child in reversed(item.children)]
        return found


Applied = Application | LayerInstance
"""What is in the tree: applications, and layers as its leaves."""


def _shapes(values: tuple[Value, ...]) -> str:
    return ", ".join(format_shape(language_shape(value)) for value in values)
