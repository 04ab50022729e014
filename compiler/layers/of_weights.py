"""What every layer with weights takes besides its own arguments: how they start, and penalties for their size.

The `layer` decorator gives these arguments to each layer whose samples show weights; elaboration obeys them where a
parameter is made. No layer does anything for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from netc.compiler.declare.arguments import ArgumentSpec, Optional_, Real, argument
from netc.compiler.declare.declared import Declared
from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.declare.references import DeclaredType
from netc.compiler.initializers.base import initializer
from netc.compiler.ir.operators import ShapeError

INITIAL = Optional_(DeclaredType("initializer", initializer.all))
SPECS: dict[str, ArgumentSpec] = {
    name: replace(spec, name=name, attribute=name, by_name=True)  # so that layers' own arguments keep their places
    for name, spec in {
        "init": argument(INITIAL, "what its weights start with instead: `init=he_normal`", default=None),
        "bias_init": argument(INITIAL, "what its biases start with instead", default=None),
        "l1": argument(Real(0), "adds l1 * sum(abs(w)) over its weights to the training's loss", default=0.0),
        "l2": argument(Real(0), "adds l2 * sum(w**2) over its weights to the training's loss", default=0.0),
    }.items()
}


@cache
def is_bias(leaf: str) -> bool:
    """Whether a weight's own name is that of a bias: `bias`, `bias_ih_l0`, `in_proj_bias`, `out_proj.bias`."""
    return "bias" in leaf.replace(".", "_").split("_")


def arguments_for(leaves: Iterable[str]) -> dict[str, ArgumentSpec]:
    """The arguments of a layer whose weights are called so."""
    kinds = {is_bias(leaf) for leaf in leaves}
    return {name: spec for name, spec in SPECS.items() if (name == "bias_init") in kinds}


def start_of(layer: Declared, leaf: str, initial: Initial) -> Initial:
    """What a weight starts with: what the call says, or what the layer itself draws it from."""
    given: Initial | None = getattr(layer, "bias_init" if is_bias(leaf) else "init", None)
    return initial if given is None else given


def penalize(layer: Declared, leaf: str, made: Parameter) -> None:
    """Give a weight the penalties of its layer; biases have none."""
    if not is_bias(leaf):
        made.l1, made.l2 = max(made.l1, getattr(layer, "l1", 0.0)), max(made.l2, getattr(layer, "l2", 0.0))


def refuse_without_effect(layer: Declared, leaves: Collection[str], spans: Iterable[str]) -> None:
    """Raise ShapeError for an argument about weights that this call doesn't make: `dense(8, bias=false, bias_init=…)`.

    leaves  the weights that the layer made;  spans: the arguments that the call gives
    """
    for name in spans:
        about_bias = name == "bias_init"
        if name in SPECS and name in layer.arguments and about_bias not in map(is_bias, leaves):
            what = "bias" if about_bias else "weight of its own"
            raise ShapeError(f"{layer.word} makes no {what} here", argument=name, help=f"leave `{name}` out")


def own_arguments(definition: Any) -> dict[str, ArgumentSpec]:
    """The arguments of a layer's class without these."""
    return {name: spec for name, spec in definition.arguments.items() if name not in SPECS}


def accept(definition: Any) -> None:
    """Add the arguments to a layer's class, as its samples show what weights it has."""
    leaves = {leaf for one in definition.samples for leaf in one.weights or ()}
    definition.arguments = {**own_arguments(definition), **arguments_for(leaves)}
