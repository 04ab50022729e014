"""Normalization by statistics of the batch, of examples, and of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow
from netc.compiler.importing.folding import limited
from netc.compiler.importing.lower.products import last_axis
from netc.compiler.importing.lowering import Lowering, Weight, lowers
from netc.compiler.importing.records import Constant, ForeignNode


def epsilon(value: float, default: float = 1e-5) -> dict[str, Any]:
    """The argument, where it isn't the default."""
    return {} if abs(value - default) <= 1e-4 * default else {"epsilon": float(f"{value:.6g}")}


@lowers("BatchNormalization")
def batch_norm(g: Lowering, node: ForeignNode) -> Flow:
    x, said = g.value(node), node.attributes
    given = epsilon(said.get("epsilon", 1e-5))
    momentum = float(f"{said.get('momentum', 0.9):.6g}")
    if momentum != 0.9:
        given["momentum"] = momentum
    g.training = g.training or bool(said.get("training_mode", 0))
    weights = {}
    for leaf, at in (("weight", 1), ("bias", 2), ("running_mean", 3), ("running_var", 4)):
        found = g.constant(node, at)
        assert found is not None
        weights[leaf] = Weight(found.key, found.array)
    return Flow.of(g.layer("batchnorm", [x], x.shape, given, weights))


@lowers("InstanceNormalization")
def instance_norm(g: Lowering, node: ForeignNode) -> Flow:
    x = g.value(node)
    weights, given = affine(g, node)
    return Flow.of(
        g.layer("instancenorm", [x], x.shape, given | epsilon(node.attributes.get("epsilon", 1e-5)), weights)
    )


def affine(g: Lowering, node: ForeignNode, off: bool = True) -> tuple[dict[str, Weight], dict[str, Any]]:
    """Scale and shift of a norm whose layer has none unless said; ones and zeros are none."""
    weights: dict[str, Weight] = {}
    given: dict[str, Any] = {}
    for word, leaf, at, nothing in (("scale", "weight", 1, 1), ("shift", "bias", 2, 0)):
        found = g.constant(node, at)
        if found is not None and not (off and (found.array == nothing).all()):
            weights[leaf], given[word] = Weight(found.key, found.array), True
    return weights, given


@lowers("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization")
def layer_norm(g: Lowering, node: ForeignNode) -> Flow:
    x, said = g.flow(node), node.attributes
    start = x.axis(said.get("axis", -1))
    word, default = ("layernorm", 1e-5) if node.op == "LayerNormalization" else ("rmsnorm", 1.19209e-7)
    given = epsilon(said.get("epsilon", 1e-5), default)
    scale, shift = _learned(g, node, 1), _learned(g, node, 2) if word == "layernorm" else None
    weights = {}
    if start == x.rank - 1:
        x = last_axis(g, x)
    else:
        value = g.value(node)
        x = Flow.of(value)
        given["from"] = start - 1
    sizes = x.shape[start:]
    for leaf, found in (("weight", scale), ("bias", shift)):
        if found is not None:
            weights[leaf] = Weight(found.key, np.broadcast_to(found.array, limited(sizes)))
    if scale is None:
        given["scale"] = False
    if word == "layernorm" and shift is None:
        given["shift"] = False
    return Flow(g.layer(word, [x.value], x.value.shape, given, weights), x.axes)


def _learned(g: Lowering, node: ForeignNode, at: int) -> Constant | None:
    """A scale or shift; computed ones and zeros are none, also where only a run knows how many there are."""
    found = g.at(node, at) if g.has(node, at) else None
    if isinstance(found, Flow) and found.value.node is not None and found.value.node.op == "Expand":
        maker = found.value.node.inputs[0].node
        number = None if maker is None or maker.op != "Constant" else maker.attributes["value"].values
        if number == (1.0 if at == 1 else 0.0,):
            return None
    found = g.constant(node, at)
    computed = found is not None and found.key != found.name
    return None if found is None or (computed and (found.array == (1 if at == 1 else 0)).all()) else found


@lowers("GroupNormalization")
def group_norm(g: Lowering, node: ForeignNode) -> Flow:
    x, groups = g.value(node), node.attributes["num_groups"]
    weights = {}
    for leaf, at in (("weight", 1), ("bias", 2)):
        found = g.constant(node, at)
        assert found is not None
        array = found.array
        if array.size == groups and groups != x.shape[1]:  # opset 18 has one a group
            array = np.repeat(array, x.shape[1] // groups)
        weights[leaf] = Weight(found.key, array)
    given = {"groups": groups} | epsilon(node.attributes.get("epsilon", 1e-5))
    return Flow.of(g.layer("groupnorm", [x], x.shape, given, weights))


@lowers("LRN")
def local_response(g: Lowering, node: ForeignNode) -> Flow:
    x, said = g.value(node), node.attributes
    given = {
        "size": said["size"],
        "alpha": float(f"{said.get('alpha', 1e-4):.6g}"),
        "beta": float(f"{said.get('beta', 0.75):.6g}"),
        "k": float(f"{said.get('bias', 1.0):.6g}"),
    }
    if said["size"] % 2 == 0:
        raise unsupported("neighbours on one side more than on the other", node=node)
    default = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0}
    return Flow.of(
        g.layer("lrn", [x], x.shape, {word: value for word, value in given.items() if value != default[word]})
    )


@lowers("MeanVarianceNormalization")
def standardized(g: Lowering, node: ForeignNode) -> Flow:
    if tuple(node.attributes.get("axes", (0, 2, 3))) == (2, 3):
        x = g.value(node)
        return Flow.of(g.layer("instancenorm", [x], x.shape, {"epsilon": 1e-9}))
    raise unsupported("statistics over the batch at use", node=node)


@lowers("LpNormalization")
def lp_norm(g: Lowering, node: ForeignNode) -> Flow:
    x, axis = g.value(node), node.attributes.get("axis", -1)
    if node.attributes.get("p", 2) != 2 or axis % x.rank == 0:
        raise unsupported("a length other than the Euclidean one", node=node)
    place = axis % x.rank - 1
    given = {} if place == x.rank - 2 else {"axis": place}
    return Flow.of(g.layer("l2_normalize", [x], x.shape, given))
