"""What operators say about themselves is what they do: places, fields and numbers, as the runtime has them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from sessions import session_of

from netc.compiler.ir import DType
from netc.compiler.ops import Sample, all_ops, sample
from netc.compiler.ops.facts import Kind

from .one_operator import CASES, Array, graph_of, inputs_of, model_of, runtime, sample_of

Place = tuple[int, ...]


def of_kind(kind: Kind) -> list[tuple[str, int]]:
    return [(name, index) for name, index in CASES if all_ops()[name].kind is kind]


def other_numbers(one: Sample, at: int, x: Array) -> Array:
    """Numbers that an input may have too, different everywhere."""
    if x.dtype == np.bool_:
        return ~x
    if not one.ranges:
        return x + 10
    low, high = one.ranges[at]
    return (x - low + (1 if x.dtype.kind == "i" else 0.4 * (high - low))) % (high - low) + low


class Runs:
    """An operator on a sample, in one session: what changes where an input changes."""

    def __init__(self, name: str, one: Sample) -> None:
        self.one = one
        graph = graph_of(name, one)
        (self.node,) = graph.nodes
        self.session = session_of(model_of(graph, "float32").SerializeToString())
        given = inputs_of(name, one)
        self.feeds = {key: x.astype(np.float32) if x.dtype.kind == "f" else x for key, x in given.items()}
        self.before = self.session.run(None, self.feeds)

    def changed(self, at: int, where: Any) -> list[Array]:
        """For each output, where it is another one when input `at` is changed there."""
        x = self.feeds[f"x{at}"]
        new = x.copy()
        new[where] = other_numbers(self.one, at, x)[where]
        after = self.session.run(None, {**self.feeds, f"x{at}": new})
        return [np.asarray(old != now) for old, now in zip(self.before, after, strict=True)]


@pytest.mark.parametrize(("name", "index"), of_kind(Kind.ELEMENTWISE))
def test_elementwise_operators_are(name: str, index: int) -> None:
    runs = Runs(name, sample_of(name, index))
    shape = runs.node.output.shape
    for at, source in enumerate(runs.node.inputs):
        if source.shape == shape:
            for place in np.ndindex(*runs.before[0].shape):
                (changed,) = runs.changed(at, place)
                changed[place] = False
                assert not changed.any()


@pytest.mark.parametrize(("name", "index"), of_kind(Kind.MOVEMENT))
def test_movements_make_no_new_numbers(name: str, index: int) -> None:
    runs = Runs(name, sample_of(name, index))
    filling = {0.0, 1.0, runs.one.attributes.get("value", 0.0)}
    given = {float(x) for array in runs.feeds.values() for x in array.ravel()} | filling
    assert {float(x) for array in runs.before for x in array.ravel()} <= given


def spans(places: list[Place], axis: int) -> int:
    return max(place[axis] for place in places) - min(place[axis] for place in places) + 1


# where border places of small samples see less than inner ones do, fields are upper bounds; here they are met
EXACT = {"AveragePool", "Concat", "Conv", "MaxPool", "Slice", "Softmax", "Transpose"}
MAPS = {
    "Concat": sample((1, 2, 3, 4), (1, 2, 3, 2), axis=3),
    "Expand": sample((1, 2, 1, 3), shape=(2, 2, 4, 3)),
    "Gather": sample((1, 2, 4, 3), (5,), axis=2, dtypes=(DType.FLOAT32, DType.INT64), ranges=((-1, 1), (0, 4))),
    "OneHot": sample((1, 2, 4), depth=3, dtypes=(DType.INT64,), ranges=((0, 3),)),
    "Pad": sample((1, 2, 3, 4), pads=(0, 1, 2, 1, 0, 0, 0, 3)),
    "ReduceMin": sample((1, 2, 3, 4), axes=(1, 3)),
    "Reshape": sample((4, 2, 3, 4), shape=(2, 4, 3, 4)),
    "Slice": sample((1, 2, 7, 6), starts=(0, -1), stops=(7, -7), axes=(2, -1), steps=(3, -2)),
    "Split": sample((1, 2, 3, 4), axis=2, sizes=(1, 2)),
    "Sub": sample((1, 2, 3, 4), (2, 3, 1)),
    "Transpose": sample((1, 2, 3, 4), axes=(0, 3, 1, 2)),
}
"""Samples with places, for operators whose own have too few."""

SPATIAL = [
    (name, sample_of(name, index))
    for name, index in CASES
    if any(len(shape) > 1 for shape in sample_of(name, index).shapes)
]


@pytest.mark.quick(120)
@pytest.mark.parametrize(("name", "one"), [*SPATIAL, *MAPS.items()])
def test_receptive_fields(name: str, one: Sample) -> None:
    """Change the places of an input one after the other: no result may see a wider part than is said."""
    runs = Runs(name, one)
    for at, source in enumerate(runs.node.inputs):
        if source.rank < 2:
            continue
        sizes = runs.feeds[f"x{at}"].shape[1:]
        seen: list[dict[Place, list[Place]]] = [{} for _ in runs.before]
        for place in np.ndindex(*sizes):
            for found, changed in zip(seen, runs.changed(at, (..., *place)), strict=True):
                over = changed.any(axis=tuple(range(min(1, changed.ndim))))
                for result in map(tuple, np.argwhere(over)):
                    found.setdefault(result, []).append(place)
        for found, output in zip(seen, runs.node.outputs, strict=True):
            for extent in product((1, 2), repeat=max(output.rank - 1, 0)):
                said = all_ops()[name].field_before(runs.node, at, extent)
                assert len(said) == len(sizes)
                widest = [0] * len(sizes)
                for corner in found:
                    parts = product(*(range(first, first + r) for first, r in zip(corner, extent, strict=True)))
                    places = [place for part in parts for place in found.get(part, [])]
                    widest = [max(size, spans(places, axis)) for axis, size in enumerate(widest)]
                for axis, size in enumerate(said):
                    assert size is None or widest[axis] <= size
                    if name in EXACT and axis > 0 and extent == (1,) * len(extent):
                        assert widest[axis] == (sizes[axis] if size is None else size)


@pytest.mark.parametrize("name", [name for name, one in all_ops().items() if one.fold is not None])
def test_numbers_fold_to_what_the_runtime_computes(name: str) -> None:
    definition = all_ops()[name]
    for index, one in enumerate(definition.samples):
        if len(set(one.shapes)) == 1:
            given = inputs_of(name, one)
            feeds = {key: x.astype(np.float32) if x.dtype.kind == "f" else x for key, x in given.items()}
            (expected,) = runtime(graph_of(name, sample_of(name, index)), feeds)
            rows = zip(*(x.ravel().tolist() for x in feeds.values()), strict=True)
            assert definition.fold is not None
            np.testing.assert_array_equal(np.array([definition.fold(*row) for row in rows], expected.dtype),
                                          expected.ravel())  # fmt: skip


@pytest.mark.parametrize(("a", "b"), [(7, 2), (-7, 2), (7, -2), (-7, -2), (6, -3), (-6, -3), (0, 5), (1, 3), (-1, 3)])
def test_whole_numbers_divide_toward_zero(a: int, b: int) -> None:
    graph = graph_of("Div", sample((), (), dtypes=(DType.INT64,) * 2))
    (expected,) = runtime(graph, {"x0": np.array(a), "x1": np.array(b)})
    fold = all_ops()["Div"].fold
    assert fold is not None
    assert fold(a, b) == expected


@pytest.mark.parametrize("name", [name for name, one in all_ops().items() if one.neutral is not None])
def test_what_is_neutral_changes_nothing(name: str) -> None:
    neutral, x = all_ops()[name].neutral, np.array([0.25, 1.0, 3.0], np.float32)
    assert neutral is not None
    graph = graph_of(name, sample((3,), (3,)))
    other = np.full(3, neutral.number, np.float32)
    np.testing.assert_array_equal(runtime(graph, {"x0": x, "x1": other})[0], x)
    turned = runtime(graph, {"x0": other, "x1": x})[0]
    assert np.array_equal(turned, x) == neutral.either_side


@pytest.mark.parametrize("name", [name for name, one in all_ops().items() if one.probabilities])
def test_probabilities_lie_between_0_and_1_whatever_they_are_made_of(name: str) -> None:
    attributes = {"axis": 1} if "axis" in all_ops()[name].attributes else {}
    x = np.random.default_rng(0).normal(0, 9, (4, 5))
    (y,) = runtime(graph_of(name, sample((4, 5), **attributes)), {"x0": x})
    probabilities = np.exp(y) if (y < 0).any() else y
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
