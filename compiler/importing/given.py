"""What is said from outside about a model's inputs: numbers for those that are one number, and open sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netc.compiler.importing.records import Array, Constant, ForeignGraph, ForeignInput
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, brief, did_you_mean

Given = Mapping[str, int | float]
MOST = 2**31 - 1
"""The largest size that is taken."""
KINDS = {"b": "0 or 1", "i": "a whole number of 64 bits", "f": "a number that 32 bits hold"}
"""What inputs of one number take, by numpy's letter for their kind."""


def fixed(graph: ForeignGraph, given: Given) -> dict[str, Array]:
    """Put what is given into a graph: returns the numbers of inputs that are none any more.

    A key is an input of one number, or an open size: by its name, or as `input.1` for axis 1 of an input. Raises
    DiagnosticError E588 for what the model doesn't have, and for numbers that don't fit.
    """
    numbers: dict[str, Array] = {}
    sizes: set[str] = set()
    inputs: list[ForeignInput] = []
    for item in graph.inputs:
        if item.name in given and item.shape is not None and all(size == 1 for size in item.shape):
            numbers[item.name] = np.full([1] * len(item.shape), _number(item, given), item.dtype)
            graph.constants[item.name] = Constant(numbers[item.name], item.name, item.name)
            continue
        keys = [_key(item, axis, size) for axis, size in enumerate(item.shape or ())]
        sizes |= {key for key in keys if key}
        shape_now = tuple(
            _size(key, given) if key in given else size for key, size in zip(keys, item.shape or (), strict=True)
        )
        inputs.append(item if item.shape is None else replace(item, shape=shape_now))
    graph.inputs[:] = inputs
    unknown = [name for name in given if name not in numbers and name not in sizes]
    if unknown:
        single = [item.name for item in inputs if item.shape == ()]
        known = [*single, *numbers, *sorted(sizes)]
        raise DiagnosticError(
            Diagnostic("E588", f"the model has no input of one number, and no open size, called `{unknown[0]}`",
                       help=did_you_mean(unknown[0], known) or _those(known))
        )  # fmt: skip
    return numbers


def _key(item: ForeignInput, axis: int, size: int | str | None) -> str:
    """What an open size is called; nothing for one that is known."""
    if isinstance(size, int) and size > 0:
        return ""
    return size if isinstance(size, str) and size else f"{item.name}.{axis}"


def _number(item: ForeignInput, given: Given) -> int | float:
    """The number for an input, which holds it as it is; only fractions are rounded."""
    number, kind = given[item.name], np.dtype(item.dtype).kind
    if kind == "f":
        about = np.finfo(item.dtype)
        held = number == 0 or float(about.tiny) <= abs(number) <= float(about.max)
    else:
        least, most = (0, 1) if kind == "b" else (-(2**63), 2**63 - 1)
        held = least <= number <= most and number == int(number)
    if not held:
        raise _unfit(item.name, KINDS[kind], number, "1")
    return number


def _size(key: str, given: Given) -> int:
    size = given[key]
    if not (1 <= size <= MOST and size == int(size)):
        raise _unfit(key, f"a size: a positive whole number up to {MOST:,}", size, "128")
    return int(size)


def _unfit(name: str, what: str, found: int | float, example: str) -> DiagnosticError:
    message = f"`{name}` is {what}, found {brief(str(found))}"
    return DiagnosticError(Diagnostic("E588", message, help=f"write `--given {name}={example}`"))


def _those(known: list[str]) -> str:
    return f"it has {', '.join(f'`{name}`' for name in known)}" if known else "it has neither: leave it out"
