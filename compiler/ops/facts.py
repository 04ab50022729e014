"""What is to be known about an operator besides shape and gradient: every list of operators is derived from this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """How the elements of the results hang together with those of the inputs."""

    ELEMENTWISE = "each element is made of those at its place; the inputs broadcast"
    MOVEMENT = "the input's elements at other places, perhaps repeated, left out or with others between them"
    WINDOW = "each element is made of a window of the input, without weights"
    PRODUCT = "sums of products of two inputs' elements: products of matrices, convolutions and their gradients"
    REDUCTION = "elements are combined along axes: sums, extremes, softmax, normalization"
    CONTROL = "what a graph of operators makes of the inputs"
    SOURCE = "made of nothing"


class Half(Enum):
    """What an operator wants where a training step computes in 16 bits."""

    ALWAYS = "16 bits: tensor cores multiply these and add up in float32; or what it reads is small, its result large"
    WITH_ALL = "16 bits where all it reads has them: it rounds no worse than what it reads"
    WITH_ONE = "16 bits where one of the tensors that it adds has them, or one wide gradient would keep the rest wide"
    DATA = "what has its first input's shape in 16 bits where that has them, vectors and arithmetic in float32"
    NEVER = "float32: its results need the digits or the range, or it reads no floating-point numbers"


class Cost(Enum):
    """What it takes to make a result again instead of keeping it in memory."""

    VIEW = "nothing: its result is its input's memory"
    MEMORY = "about as long as reading its inputs and writing its results"
    COMPUTE = "more than that"


@dataclass(frozen=True)
class Neutral:
    """The number that changes nothing as the second input, or as either one: 0 in `x + 0`, 1 in `x / 1`."""

    number: float
    either_side: bool


HALF: Mapping[Kind, Half] = {
    Kind.MOVEMENT: Half.WITH_ALL,
    Kind.PRODUCT: Half.ALWAYS,
    Kind.REDUCTION: Half.NEVER,
    Kind.CONTROL: Half.NEVER,
    Kind.SOURCE: Half.NEVER,
}
COST: Mapping[Kind, Cost] = {
    Kind.ELEMENTWISE: Cost.MEMORY,
    Kind.PRODUCT: Cost.COMPUTE,
    Kind.REDUCTION: Cost.COMPUTE,
    Kind.CONTROL: Cost.COMPUTE,
    Kind.SOURCE: Cost.COMPUTE,
    Kind.WINDOW: Cost.COMPUTE,
}
"""What follows from the kind, unless a class says otherwise; what does not is said in each class."""


def complete(definition: Any, said: Callable[[str], bool]) -> list[str]:
    """Add to an operator's class what follows from its kind; returns what to write where something doesn't.

    said   whether the class or its family says a fact
    """
    if not said("kind"):
        return [f"`kind = Kind.…`, how results and inputs hang together:\n{_choices(Kind)}"]
    kind, missing = definition.kind, []
    if not said("half") and kind not in HALF:
        missing.append(f"`half = Half.…`, what it wants in half precision:\n{_choices(Half)}")
    elif not said("half"):
        definition.half = HALF[kind]
    if not said("cost") and kind not in COST:
        missing.append(f"`cost = Cost.…`, what it takes to make its results again:\n{_choices(Cost)}")
    elif not said("cost"):
        definition.cost = COST[kind]
    if not said("field_before") and kind not in (Kind.ELEMENTWISE, Kind.SOURCE):
        missing.append("`field_before(node, at, field)`, what of input `at` a part of the result depends on: fields.py")
    if not said("torch_name") and not said("torch"):
        missing.append('`torch_name = "…"`, the function of PyTorch that does the same; None if there is none')
    if said("flops") != (kind is Kind.PRODUCT):
        missing.append("`flops(node)` if it is a Kind.PRODUCT, and only then")
    if not said("torch_keeps"):
        definition.torch_keeps = kind is not Kind.PRODUCT
    return missing


def _choices(which: type[Enum]) -> str:
    """The members with what they mean, a line each."""
    return "\n".join(f"    {which.__name__}.{member.name}: {member.value}" for member in which)
