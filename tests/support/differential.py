"""One random net in every way there is to run it: each has to give what onnx.reference says in double precision.

The ways: each target of this machine, its model as ONNX Runtime rewrites it and as it is; and the pipeline without
each of the stages that may be left out, and without all of them. Other numbers are tried before a difference counts:
float32 amplifies rounding, and where two numbers are almost equal it may choose the other one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1])]

from here import CPU_TARGETS  # noqa: E402
from ops.one_operator import Array, evaluator_of_legal  # noqa: E402
from random_nets import errors, open_sizes, resolved, runs, text  # noqa: E402
from sessions import session_of  # noqa: E402
from stages import passes_that_change  # noqa: E402

from netc.compiler import Net, Options, initial_weights  # noqa: E402
from netc.compiler.artifact import Kind  # noqa: E402
from netc.compiler.build import network  # noqa: E402
from netc.compiler.emit import emit  # noqa: E402
from netc.compiler.ir import Graph  # noqa: E402
from netc.compiler.pipeline import OPTIONAL, Context, run  # noqa: E402
from netc.compiler.training.step import gradient_step  # noqa: E402

FAULTY = ("Pad_Fusion",)
"""A rewrite of ONNX Runtime's that drops zeros around what max pooling reads; netc's sessions go without it."""
ALL = frozenset(OPTIONAL)
FIRST, DRAWS = 2, 4
"""So many draws are tried, and so many in all where one of the first differs or cannot be compared."""
CLOSE = 2e-5
"""Of the largest value, beside what rounding moves."""
LARGE = 1e30
"""Numbers so large may not be in float32 on the way."""


@dataclass(frozen=True)
class Way:
    """How a graph becomes numbers."""

    target: str
    without: frozenset[str] = frozenset()
    optimize: bool = True

    def __str__(self) -> str:
        left_out = "everything" if self.without == ALL else " ".join(sorted(self.without))
        return f"{self.target}{' without ' + left_out if left_out else ''}{'' if self.optimize else ', unoptimized'}"


@dataclass
class Compared:
    """What differs, how many models were run in which way, and how many of their outputs could be compared."""

    wrong: list[str] = field(default_factory=list)
    ways: Counter[str] = field(default_factory=Counter)
    outputs: int = 0
    compared: int = 0


def ways(number: int) -> Iterator[Way]:
    """Every way; a stage is left out for one of the targets, which `number` rotates."""
    for target in CPU_TARGETS:
        for optimize in (False, True):
            yield Way(target, optimize=optimize)
            yield Way(target, ALL, optimize)
    for at, name in enumerate(sorted(OPTIONAL)):
        yield Way(CPU_TARGETS[(number + at) % len(CPU_TARGETS)], frozenset({name}))


def net_of(shape: str, statements: list[str], names: list[str]) -> tuple[str, Net, bool]:
    """A drawn net, its text, and whether it has a loss: of every number it puts out."""
    plain = text(shape, [*statements, f"output {', '.join(names)}"])
    (net,) = errors(plain)[0].nets
    floats = [name for name in names if name in net.outputs and net.outputs[name].dtype.is_float]
    if floats:
        loss = " + ".join(f"mse({name}, wanted_{name})" for name in floats)
        source = f"{plain}train Random {{ loss = {loss}; optimizer = sgd(lr=0.1) }}\n"
        result, found = errors(source)
        if not found and result.nets[0].plans:
            return source, result.nets[0], True
    return plain, net, False


def compare(number: int, net: Net, learns: bool) -> Compared:
    """The net's answers, and its loss with every gradient, in every way."""
    found = Compared()
    kinds: list[tuple[Kind, Graph]] = [("infer", network(net).graph)]
    if learns:
        kinds.append(("gradient", gradient_step(net, net.plan()).graph))
    for kind, graph in kinds:
        _compare(number, net, kind, graph, found)
    return found


def _compare(number: int, net: Net, kind: Kind, graph: Graph, found: Compared) -> None:
    plainest = run(graph, Context(kind, "std", Options(without=ALL)))
    reference = evaluator_of_legal(plainest)
    names = list(plainest.outputs)
    truth = cache(lambda draw: _truth(reference, names, _feeds(net, plainest, draw)))
    active = {}
    for target in CPU_TARGETS:
        with passes_that_change() as active[target]:
            run(graph, Context(kind, target))
    models: dict[tuple[str, bytes], Any] = {}
    for way in ways(number):
        if len(way.without) == 1 and not way.without & active[way.target]:
            continue
        written = run(graph, Context(kind, way.target, Options(without=way.without)))
        model = emit(written).SerializeToString()
        key = (f"{way.target} {way.optimize}", model)
        if key in models:
            continue
        models[key] = session = session_of(model, optimize=way.optimize, without=FAULTY)
        found.ways[f"{kind} {way}"] += 1
        wrong, outputs = _wrong(session, names, truth)
        found.compared += outputs
        found.outputs += len(names)
        if wrong:
            found.wrong.append(f"{kind}, {way}: {wrong}")


def _feeds(net: Net, graph: Graph, draw: int) -> dict[str, Array]:
    """Weights and numbers for one draw, in double precision; each is one of float32."""
    rng = np.random.default_rng([draw, len(graph.nodes)])
    sizes = open_sizes(net)
    given: dict[str, Array] = {**initial_weights(net, draw), "seed": np.array(5), "step": np.array(3)}
    for value in graph.inputs:
        if value.name not in given:
            given[value.name] = rng.standard_normal(resolved(value.shape, sizes)).astype(np.float32)
    wanted = [value.name for value in (*graph.inputs, *graph.parameters)]
    return {name: x.astype(np.float64) if x.dtype == np.float32 else x for name, x in given.items() if name in wanted}


@dataclass
class Truth:
    """What onnx.reference says, and how far it moves with the inputs, which says what float32 can know."""

    feeds: dict[str, Array]
    values: dict[str, Array]
    moves: dict[str, Array]


def _truth(reference: Any, names: list[str], feeds: dict[str, Array]) -> Truth:
    rng = np.random.default_rng(1)
    values = _run(reference, names, feeds)
    moves = {name: np.zeros(x.shape) for name, x in values.items()}
    for _ in range(2):
        nudged = {name: x * (1 + rng.uniform(-1, 1, x.shape) * 2**-23) if x.dtype == np.float64 else x
                  for name, x in feeds.items()}  # fmt: skip
        with np.errstate(all="ignore"):
            for name, x in _run(reference, names, nudged).items():
                moves[name] = np.maximum(moves[name], np.abs(x.astype(np.float64) - values[name]))
    return Truth(feeds, values, moves)


def _run(reference: Any, names: list[str], feeds: Mapping[str, Array]) -> dict[str, Array]:
    with np.errstate(all="ignore"):
        return dict(zip(names, map(np.asarray, reference.run(names, dict(feeds))), strict=True))


def _wrong(session: Any, names: list[str], truth_of: Callable[[int], Truth]) -> tuple[str, int]:
    """What is off on more draws than not, and how many outputs could be compared."""
    known = {item.name for item in session.get_inputs()}
    verdicts: dict[str, list[str]] = {name: [] for name in names}
    for draw in range(DRAWS):
        if draw == FIRST and all(said == [""] * FIRST for said in verdicts.values()):
            break
        truth = truth_of(draw)
        narrow = {name: x.astype(np.float32) if x.dtype == np.float64 else x for name, x in truth.feeds.items()}
        came = session.run(names, {name: x for name, x in narrow.items() if name in known})
        for name, found in zip(names, came, strict=True):
            verdict = _off(name, found, truth)
            if verdict is not None:
                verdicts[name].append(verdict)
    wrong = [next(filter(None, said)) for said in verdicts.values() if sum(map(bool, said)) * 2 > len(said)]
    return "; ".join(wrong), sum(map(bool, verdicts.values()))


def _off(name: str, found: Array, truth: Truth) -> str | None:
    """What is off in a value; None where float32 has no such numbers, or where rounding decides."""
    expected, moved = truth.values[name], float(truth.moves[name].max(initial=0))
    if found.shape != expected.shape:
        return f"{name} has shape {found.shape}, not {expected.shape}"
    if expected.dtype.kind != "f":
        return None if moved else "" if np.array_equal(found, expected) else f"{name} differs"
    if not (np.isfinite(expected) & (np.abs(expected) < LARGE)).all():
        return None
    loss = float(truth.values["loss"]) if "loss" in truth.values else 0.0
    scale = max(0.2 * max(1.0, loss), float(np.abs(expected).max(initial=0)))
    off = float(np.abs(found.astype(np.float64) - expected).max(initial=0))
    return "" if off <= CLOSE * scale + 30 * moved else f"{name} is off by {off:.3g} of {scale:.3g}"


def usable(drawn: tuple[str, list[str], list[str]]) -> tuple[str, Net, bool] | None:
    """A drawn net that is valid, has statements, and whose open sizes are large enough for its windows."""
    shape, statements, names = drawn
    if not statements or errors(text(shape, [*statements, f"output {', '.join(names)}"]))[1]:
        return None
    found = net_of(*drawn)
    return found if runs(found[1], open_sizes(found[1])) else None
