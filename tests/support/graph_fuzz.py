"""Random graphs of all declared operators: reverse mode against slopes in float64, then the same graph in every target.

    python tests/support/graph_fuzz.py --cases 100000 --seed 1

An operator is drawn with one of its samples; what it takes are values made before, brought to the sample's shape and
range, or new inputs. Many graphs go through one model, because a session costs more than a small graph. What differs is
looked at on other numbers before it counts: a slope across a kink is no derivative, and float32 may amplify rounding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1]), str(Path(__file__).parent)]

from here import CPU_TARGETS  # noqa: E402
from ops.one_operator import Array, evaluator  # noqa: E402
from sessions import session_of  # noqa: E402

from netc.compiler import Options  # noqa: E402
from netc.compiler.emit import emit  # noqa: E402
from netc.compiler.ir import Builder, DType, Graph, Value  # noqa: E402
from netc.compiler.ops import Sample, all_ops  # noqa: E402
from netc.compiler.passes import dead_code  # noqa: E402
from netc.compiler.pipeline import STAGES, Context, through  # noqa: E402
from netc.compiler.training.gradient import gradients  # noqa: E402

LEFT_OUT = {
    "MaxPoolGradient", "BatchNormalizationGradient",  # what they take belongs together
    "BatchNormalization", "BatchStatistics",  # running statistics are constants, whatever they are made from
    "Scan",  # its samples are graphs of their own
}  # fmt: skip
DRAWN = [
    (name, one)
    for name, definition in all_ops().items()
    for one in definition.samples
    if name not in LEFT_OUT
    and definition.differentiable
    and definition.draw is None
    and definition.as_scan is None
    and not definition.domain
    and 0 < sum(int(np.prod(shape)) for shape in one.shapes) <= 1500
    and all(0 not in shape for shape in one.shapes)
    and (one.dtypes or (DType.FLOAT32,))[-1 if name == "Where" else 0] == DType.FLOAT32
    and one.attributes.get("to") in (None, DType.FLOAT32)
]
"""Operators with the samples that are drawn from."""

STEP = 1e-6
WAYS = [(target, simplified) for target in CPU_TARGETS for simplified in (True, False)]
"""How a graph is written: for a target, with the passes that simplify or without."""


@dataclass
class Case:
    """One graph among others in a model: its loss, what it is differentiated by, and the operators in it."""

    number: int
    loss: Value
    wanted: list[Value]
    words: list[str] = field(default_factory=list)


@dataclass
class Batch:
    """Graphs that share a model, and numbers for all of their inputs."""

    graph: Graph
    cases: list[Case]
    ranges: dict[str, tuple[float, float]]

    def forward(self) -> Graph:
        """The losses alone."""
        graph = self.graph.copy()
        graph.outputs = {f"loss{case.number}": case.loss for case in self.cases}
        return dead_code(graph)

    def feeds(self, draw: int) -> dict[str, Array]:
        """Numbers in the range of each input, others for each draw."""
        rng = np.random.default_rng([self.cases[0].number, draw])
        found: dict[str, Array] = {}
        for value in self.graph.inputs:
            low, high = self.ranges[value.name]
            if value.dtype == DType.FLOAT32:
                found[value.name] = np.asarray(rng.uniform(low, high, value.shape))
            else:
                found[value.name] = np.asarray(rng.integers(int(low), int(high), value.shape)).astype(value.dtype.value)
        return found


def batch_of(numbers: Sequence[int], seed: int) -> Batch:
    """The graphs of these numbers, with the gradients of their losses."""
    graph = Graph("fuzz")
    batch = Batch(graph, [], {})
    for number in numbers:
        batch.cases.append(_grow(batch, number, np.random.default_rng([seed, number])))
    for case in batch.cases:
        graph.outputs[f"loss{case.number}"] = case.loss
    for case in batch.cases:
        for value, slope in gradients(graph, case.loss, case.wanted).items():
            graph.outputs[f"d{value.name}"] = slope
    return batch


def _grow(batch: Batch, number: int, rng: np.random.Generator) -> Case:
    graph, g = batch.graph, Builder(batch.graph)
    made: list[Value] = []
    case = Case(number, None, [])  # type: ignore[arg-type]

    def leaf(shape: tuple[int, ...], dtype: DType, ranges: tuple[float, float]) -> Value:
        value = Value(f"x{number}_{len(graph.inputs)}", dtype, shape)
        graph.inputs.append(value)
        batch.ranges[value.name] = ranges
        if dtype == DType.FLOAT32:
            case.wanted.append(value)
        return value

    for _ in range(int(rng.integers(2, 6))):
        word, one = DRAWN[int(rng.integers(len(DRAWN)))]
        case.words.append(word)
        inputs = [_input(g, rng, made, leaf, one, at) for at in range(len(one.shapes))]
        results = g.add(word, tuple(inputs), dict(one.attributes))
        made += [value for value in results if value.dtype == DType.FLOAT32]
    ends = made[-2:] if rng.integers(2) else made[-1:]
    total: Value | None = None
    for value in ends:
        weights = g.constant(rng.uniform(-1, 1, int(np.prod(value.shape))).tolist())
        term = g.ReduceSum(g.Mul(value, g.Reshape(weights, shape=value.shape)), axes=tuple(range(value.rank)))
        total = term if total is None else g.Add(total, term)
    assert total is not None
    case.loss = total
    return case


def _input(g: Builder, rng: np.random.Generator, made: Sequence[Value], leaf: Any, one: Sample, at: int) -> Value:
    dtype = one.dtypes[at] if one.dtypes else DType.FLOAT32
    ranges = one.ranges[at] if one.ranges else (-1.0, 1.0)
    shape = one.shapes[at]
    if dtype != DType.FLOAT32 or not made or rng.random() < 0.3:
        return leaf(shape, dtype, ranges)
    return _fitted(g, rng, made[int(rng.integers(len(made)))], shape, ranges)


def _fitted(
    g: Builder, rng: np.random.Generator, value: Value, shape: tuple[int, ...], ranges: tuple[float, float]
) -> Value:
    """A value in another shape and in a range, its elements again from the start where there are too few.

    Those that come again have factors: of equal numbers the variance is 0, and what float32 rounds their mean by comes
    out of a batch norm 316 times as large, 1 / sqrt(1e-5), which no rounding of the inputs shows.
    """
    count, has = int(np.prod(shape)), int(np.prod(value.shape))
    flat = g.Reshape(value, shape=(has,))
    if has < count:
        times = -(-count // has)
        again = g.Expand(g.Reshape(flat, shape=(1, has)), shape=(times, has))
        factors = g.Reshape(g.constant(rng.uniform(0.3, 1.7, times).tolist()), shape=(times, 1))
        flat = g.Reshape(g.Mul(again, factors), shape=(times * has,))
    if flat.shape[0] != count:
        flat = g.Slice(flat, axes=(0,), starts=(0,), stops=(count,), steps=(1,))
    low, high = ranges
    inside = g.Add(g.Mul(g.Tanh(flat), (high - low) / 2), (high + low) / 2)
    return g.Reshape(inside, shape=shape)


def written(graph: Graph, target: str, simplified: bool) -> Graph:
    """The graph in a target's operators, by all stages or by those alone that rewrite operators."""
    stages = STAGES if simplified else tuple(stage for stage in STAGES if stage.name.startswith("legalise/"))
    return through(stages, graph, Context("gradient", target, Options()))


def check(batch: Batch, way: tuple[str, bool]) -> list[str]:
    """What is wrong with the graphs of a batch, a line each."""
    exact, losses = evaluator(batch.graph), evaluator(batch.forward())
    names = list(batch.graph.outputs)
    session = session_of(emit(written(batch.graph, *way)).SerializeToString(), optimize=way[1])
    suspects: dict[int, list[str]] = {case.number: [] for case in batch.cases}
    for draw in range(3):
        feeds = batch.feeds(draw)
        truth = _run(exact, names, feeds)
        slopes = _slopes(losses, batch, feeds, draw)
        rounding = cache(partial(_rounding, exact, names, feeds, truth))
        narrow = {name: x.astype(np.float32) if x.dtype == np.float64 else x for name, x in feeds.items()}
        found = dict(zip(names, session.run(names, narrow), strict=True))
        for case in batch.cases:
            wrong = _wrong(case, truth, slopes[case.number], found, rounding)
            if wrong and len(suspects[case.number]) == draw:
                suspects[case.number].append(wrong)
        if all(len(found) <= draw for found in suspects.values()):
            return []
    return [f"graph {case.number} ({' '.join(case.words)}), {way}: {suspects[case.number][-1]}" for case in batch.cases
            if len(suspects[case.number]) == 3]  # fmt: skip


def _run(exact: Any, names: Sequence[str], feeds: Mapping[str, Array]) -> dict[str, Array]:
    with np.errstate(all="ignore"):
        return dict(zip(names, map(np.asarray, exact.run(None, dict(feeds))), strict=True))


def _slopes(losses: Any, batch: Batch, feeds: Mapping[str, Array], draw: int) -> dict[int, Any]:
    """For each graph: the slope of its loss along a direction of all its inputs, and the direction."""
    rng = np.random.default_rng([draw, 3])
    directions = {value.name: rng.uniform(-1, 1, value.shape) for case in batch.cases for value in case.wanted}
    names = [f"loss{case.number}" for case in batch.cases]
    ahead, behind = (
        _run(losses, names, {**feeds, **{name: feeds[name] + sign * STEP * by for name, by in directions.items()}})
        for sign in (1, -1)
    )
    return {
        case.number: (float(ahead[name] - behind[name]) / (2 * STEP), directions)
        for case, name in zip(batch.cases, names, strict=True)
    }


def _rounding(exact: Any, names: Sequence[str], feeds: Mapping[str, Array], truth: Mapping[str, Array]) -> Any:
    """How far each result moves when every input is rounded to float32: what float32 cannot know better."""
    rounded = {name: x.astype(np.float32).astype(x.dtype) if x.dtype == np.float64 else x for name, x in feeds.items()}
    moved = _run(exact, names, rounded)
    return {name: float(np.abs(moved[name] - truth[name]).max(initial=0)) for name in names}


def _wrong(
    case: Case, truth: Mapping[str, Array], slope: tuple[float, Any], found: Mapping[str, Array], rounding: Any
) -> str:
    expected, directions = slope
    parts = [truth[f"d{value.name}"] * directions[value.name] for value in case.wanted]
    along, size = sum(float(part.sum()) for part in parts), sum(float(np.abs(part).sum()) for part in parts)
    cancelled = 1e-15 / STEP * abs(float(truth[f"loss{case.number}"]))  # what a difference of two losses leaves
    if not abs(along - expected) <= 1e-6 * max(size, 1e-2) + 30 * cancelled:
        return f"reverse mode says {along:.8g}, the slope is {expected:.8g}"
    usual = 0.2 * max(1.0, abs(float(truth[f"loss{case.number}"])))  # what is smaller has cancelled from such numbers
    for name in (f"loss{case.number}", *(f"d{value.name}" for value in case.wanted)):
        scale = max(usual, float(np.abs(truth[name]).max(initial=0)))
        off = float(np.abs(found[name].astype(np.float64) - truth[name]).max(initial=0))
        if not off <= 2e-5 * scale and not off <= 2e-5 * scale + 30 * rounding()[name]:
            return f"{name} is off by {off:.3g} of {scale:.3g}"
    return ""


def run(cases: int, seed: int, together: int = 8) -> list[str]:
    """What is wrong with so many graphs; each batch is written in another of the ways."""
    wrong: list[str] = []
    for start in range(0, cases, together):
        numbers = range(start, min(start + together, cases))
        wrong += check(batch_of(numbers, seed), WAYS[start // together % len(WAYS)])
    return wrong


def main() -> int:
    """Print what is wrong; the exit status is 1 where anything is."""
    parser = argparse.ArgumentParser(description="random graphs of all operators")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    wrong = run(given.cases, given.seed)
    print("\n".join(wrong) or f"{given.cases:,} graphs agree")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
