"""A model with some of its outputs: the nodes, weights and inputs that they need."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from netc.compiler.model_checksum import BESIDE_KEY, CHECKSUM_KEY


def without_taps(content: bytes, taps: Collection[str]) -> bytes | None:
    """A model without those of its taps that need inputs which nothing else needs; None where there are none."""
    from onnx import ModelProto

    model = ModelProto.FromString(content)
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    inputs = {item.name for item in graph.input}
    plain = [item.name for item in graph.output if item.name not in taps]
    read = _needed(plain, makers) & inputs
    kept = [item.name for item in graph.output if item.name in plain or _needed([item.name], makers) & inputs <= read]
    if not plain or len(kept) == len(graph.output):
        return None
    needed = _needed(kept, makers)
    _keep(graph.output, lambda item: item.name in kept)
    _keep(graph.node, lambda node: not needed.isdisjoint(node.output))
    for items in (graph.input, graph.initializer, graph.value_info):
        _keep(items, lambda item: item.name in needed)
    _keep(model.metadata_props, lambda entry: entry.key not in (CHECKSUM_KEY, BESIDE_KEY))
    rest: bytes = model.SerializeToString(deterministic=True)
    return rest


def _needed(outputs: Iterable[str], makers: Mapping[str, Any]) -> set[str]:
    """The names of all values that go into these, and theirs."""
    found: set[str] = set()
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in makers:
            waiting += _read(makers[name])
    return found


def _read(node: Any) -> list[str]:
    """What a node reads, by graphs in its attributes too."""
    bodies = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    return [*node.input, *(name for body in bodies for inner in body.node for name in _read(inner))]


def _keep(items: Any, wanted: Callable[[Any], bool]) -> None:
    for at in reversed([at for at, item in enumerate(items) if not wanted(item)]):
        del items[at]
