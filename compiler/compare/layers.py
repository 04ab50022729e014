"""What a comparison looks at of a network: its layers in execution order, each with its place, shape and costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from math import prod
from typing import Any

from netc.compiler.applications import Application, Applied, Kind, LayerInstance
from netc.compiler.declare.arguments import describe
from netc.compiler.declare.declared import Declared
from netc.compiler.facts.count import VIEWS, distinct_parameters, elements, layer_flops
from netc.compiler.ir import Size, Value, language_shape
from netc.compiler.net import Net

UNSEEN = frozenset(("init", "bias_init", "l1", "l2"))
"""Arguments that change no network, only its training."""


PARTS = frozenset((Kind.NET, Kind.BLOCK, Kind.REPEAT, Kind.FOR))
"""What a reader calls a part of a network."""


@dataclass(eq=False)
class Layer:
    """One application of a layer.

    family     the folder of its kind: pooling, activations
    arguments  as they are written, those that are given and those that have their defaults
    weights    shapes of its weights and buffers by their last names, shared ones too
    params     numbers in its weights, those left out that an earlier layer has too
    depth      how many of the parts around it hold the layer before it too
    blocks     the parts that it stands in, from the net on
    """

    instance: LayerInstance
    family: str
    arguments: Mapping[str, str]
    weights: tuple[tuple[str, tuple[int, ...]], ...]
    params: int
    buffers: int
    flops: Size
    activations: Size
    depth: int
    blocks: tuple[Application, ...]

    @property
    def path(self) -> str:
        """Its dotted name."""
        return self.instance.path

    @property
    def word(self) -> str:
        """Its kind."""
        return self.instance.word

    @cached_property
    def kind(self) -> tuple[Any, ...]:
        """What makes it the same layer as another, whatever the two are called."""
        return self.word, self.shape, tuple(self.arguments.items()), self.weights

    @property
    def shape(self) -> tuple[Size, ...]:
        """Of its first output, without the batch."""
        return tuple(language_shape(self.instance.outputs[0]))

    @property
    def size(self) -> int | None:
        """Numbers in its first output; None where a size is open."""
        sizes = [size for size in self.shape if isinstance(size, int)]
        return prod(sizes) if len(sizes) == len(self.shape) else None


def layers_of(net: Net) -> list[Layer]:
    """The layers of the network that is used: what exists in training alone is left out."""
    counted: set[int] = set()
    found = []
    before: tuple[Application, ...] = ()
    for instance, blocks in _leaves(net.tree):
        if instance.training_only:
            continue
        depth = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(before, blocks, strict=False)))
        before = blocks
        own = [item for item in distinct_parameters([instance]) if id(item) not in counted]
        counted.update(map(id, own))
        kept = () if instance.word in VIEWS else instance.outputs
        found.append(
            Layer(
                instance, _family(instance), _arguments(instance), _weights(instance),
                sum(item.count for item in own if not item.buffer), sum(item.count for item in own if item.buffer),
                layer_flops([instance]), sum((instance.steps * elements(value) for value in kept), 0), depth, blocks,
            )
        )  # fmt: skip
    return found


def sources(layers: list[Layer], net: Net) -> list[frozenset[int]]:
    """Which layers each layer reads, by place, and which inputs: -1 is the first. Other nodes are looked through."""
    makers: dict[Value, int] = {value: -at for at, value in enumerate(net.inputs, 1)}
    makers.update((value, place) for place, layer in enumerate(layers) for value in layer.instance.outputs)
    found = []
    for place, layer in enumerate(layers):
        reached: set[int] = set()
        waiting = list(layer.instance.inputs)
        while waiting:
            value = waiting.pop()
            if value in makers and makers[value] != place:
                reached.add(makers[value])
            elif value.node is not None and value not in layer.instance.outputs:
                waiting.extend(value.node.inputs)
        found.append(frozenset(reached))
    return found


def _leaves(tree: Application) -> Iterator[tuple[LayerInstance, tuple[Application, ...]]]:
    """The layers of a tree, with the parts around each."""
    stack: list[tuple[Applied, tuple[Application, ...]]] = [(tree, ())]
    while stack:
        item, around = stack.pop()
        if isinstance(item, LayerInstance):
            yield item, around
        else:
            around = (*around, item) if item.kind in PARTS else around
            stack.extend((child, around) for child in reversed(item.children))


def _family(instance: LayerInstance) -> str:
    return "" if instance.layer is None else type(instance.layer).__module__.split(".")[-2]


def _arguments(instance: LayerInstance) -> dict[str, str]:
    layer = instance.layer
    if layer is None:
        return {}
    specs = [spec for name, spec in type(layer).arguments.items() if name not in UNSEEN]
    return {spec.name: _said(getattr(layer, spec.attribute, None)) for spec in specs}


def _is_extent(value: Sequence[object]) -> bool:
    return bool(value) and all(isinstance(item, int) for item in value)


def _listed(value: Sequence[object]) -> str:
    return f"[{', '.join(_said(item, nested=True) for item in value)}]"


def _said(value: object, nested: bool = False) -> str:
    """An argument as one writes it; a tensor by its shape, for its name is another in each net."""
    if isinstance(value, Declared):
        specs = [spec for name, spec in type(value).arguments.items() if name not in UNSEEN]
        given = {spec.name: getattr(value, spec.attribute, None) for spec in specs}
        shown = [f"{spec.name}={_said(given[spec.name])}" for spec in specs if given[spec.name] != spec.default]
        return f"{value.word}({', '.join(shown)})" if shown else value.word
    if isinstance(value, Value):
        return "a tensor"
    if isinstance(value, (list, tuple)):
        return describe(value) if nested else "x".join(map(_said, value)) if _is_extent(value) else _listed(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if isinstance(value, str) else describe(value)
    return getattr(value, "word", type(value).__name__)


def _weights(instance: LayerInstance) -> tuple[tuple[str, tuple[int, ...]], ...]:
    found = []
    for item in distinct_parameters([instance]):
        shape = tuple(size for size in item.value.shape if isinstance(size, int))
        found.append((item.name.rpartition(".")[2], shape))
    return tuple(found)
