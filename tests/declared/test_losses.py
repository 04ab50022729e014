"""Every loss and metric on every sample against its formula in float64, gradients against PyTorch's of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from netc.compiler.declare.arguments import ArgumentError
from netc.compiler.declare.samples import Pair
from netc.compiler.ir import BATCH, Builder, DType, Graph, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.losses.base import ANY, LabelRow, Loss, TargetSpec, loss
from netc.compiler.losses.checks import require_map, require_same
from netc.compiler.losses.classes import label_target
from netc.compiler.losses.functions import distance
from netc.compiler.losses.mean import positions_of
from netc.compiler.metrics.base import Mean, metric
from netc.compiler.metrics.labels import AVERAGE, Rates
from netc.compiler.plan.terms import Term
from netc.compiler.training.gradient import gradients
from netc.compiler.training.scan_gradient import saved_behind

from .in_the_language import KINDS, instance_of, net_of
from .numbers import Array, assert_near, floats, generator, run

torch = pytest.importorskip("torch")

LARGE = 3e4
LENGTH = 3
"""Of a target whose length the data decide."""
gradients_of = gradients
DRAWS = {"plain": 4, "large": 3, "equal": 5, "single": 1}
"""What is drawn, and for how many examples."""

SAMPLES = [
    pytest.param(kind, one, id=f"{one.call} of {' '.join(one.inputs)}")
    for kind in ("loss", "metric")
    for definition in KINDS[kind].all().values()
    for one in definition.samples
]
FIRST = [
    pytest.param(kind, definition, id=word)
    for kind in ("loss", "metric")
    for word, definition in KINDS[kind].all().items()
]


def term_of(kind: str, one: Pair) -> Term:
    """The sample's loss or metric in its net."""
    plan = net_of(kind, one).plans[0]
    return plan.losses[0] if kind == "loss" else plan.metrics[-1]


def feeds_of(kind: str, one: Pair, draw: str, declared: Any) -> list[Array]:
    """What stands in the places."""
    values = term_of(kind, one).values
    rng, size = generator(one.call, *one.inputs, draw), DRAWS[draw]
    numbers = "plain" if draw == "single" else draw
    shapes = [(size, *(int(length) for length in value.shape[1:])) for value in values]  # type: ignore[arg-type]
    drawn = iter([floats(rng, shape, numbers, one.values, LARGE) for shape in shapes])
    specs = iter(declared.targets(*values))
    return [_data(rng, next(specs), size, numbers, one) if place.data else next(drawn) for place in declared.places]


def _data(rng: np.random.Generator, spec: TargetSpec, size: int, numbers: str, one: Pair) -> Array:
    assert spec.shape[0] == BATCH
    sizes = (size, *(LENGTH if length == ANY else int(length) for length in spec.shape[1:]))  # type: ignore[arg-type]
    if spec.dtype == DType.FLOAT32:
        return floats(rng, sizes, numbers, one.targets, LARGE)
    low, high = one.targets or (0, spec.classes or 2)
    labels = rng.integers(int(low), int(high), sizes)
    if labels.size > 1:
        labels.flat[0], labels.flat[-1] = low, high - 1
    return labels


def formula(declared: Any, given: Sequence[Array]) -> Any:
    """The formula's value in float64."""
    numbers = [torch.from_numpy(x.astype(np.float64) if x.dtype.kind == "f" else x) for x in given]
    found = declared.formula(torch, *numbers)
    return found.numpy() if hasattr(found, "numpy") else found


def slopes(declared: Any, given: Sequence[Array], at: int) -> Array:
    """The formula's slope in each element of what stands in a place, by PyTorch's automatic differentiation."""
    numbers = [torch.from_numpy(x.astype(np.float64) if x.dtype.kind == "f" else x) for x in given]
    numbers[at].requires_grad_()
    (found,) = torch.autograd.grad(declared.formula(torch, *numbers), numbers[at])
    return np.asarray(found.numpy())


def graph_of(kind: str, declared: Any, given: Sequence[Array], mask: Array | None = None) -> Graph:
    """The loss with its gradient for all values, or the parts of a metric; inputs are called by their places."""
    graph = Graph("sample")
    names = [place.name for place in declared.places] + ["mask"] * (mask is not None)
    arrays = [*given, *([] if mask is None else [mask])]
    graph.inputs = [
        Value(name, DType(str(x.dtype)), (BATCH, *x.shape[1:])) for name, x in zip(names, arrays, strict=True)
    ]
    stand = graph.inputs[: len(given)]
    masked = {} if mask is None else {"mask": graph.inputs[-1]}
    g = Builder(graph)
    if kind == "metric":
        graph.outputs = declared.tally(g, *stand, **masked)
        return graph
    value = saved_behind(graph, 0, declared.build(g, *stand, **masked))
    assert (value.shape, value.dtype) == ((), DType.FLOAT32)
    graph.outputs = {"value": value}
    wanted = [x for x, place in zip(stand, declared.places, strict=True) if not place.data]
    graph.outputs |= {f"d.{x.name}": slope for x, slope in gradients_of(graph, value, wanted).items()}
    return graph


def measured(kind: str, declared: Any, given: Sequence[Array], mask: Array | None = None) -> dict[str, Array]:
    """What ONNX Runtime makes of it: `value` is the loss, or the metric's figure."""
    names = [place.name for place in declared.places]
    feeds = dict(zip(names, given, strict=True)) | ({} if mask is None else {"mask": mask})
    found = run(graph_of(kind, declared, given, mask), feeds)
    if kind == "metric":
        sums = {name: part.astype(np.float64) for name, part in found.items()}
        with np.errstate(over="ignore"):
            return {"value": np.asarray(declared.figure(sums), np.float32)}
    return found


def compare(kind: str, one: Pair, draw: str, declared: Any = None) -> None:
    """A loss or metric on one draw of numbers; `declared` may be another than the sample's."""
    declared = declared or instance_of(kind, one)
    given = feeds_of(kind, one, draw, declared)
    found = measured(kind, declared, given)
    what = f"{one.call} on {draw} numbers"
    assert_near(found["value"], formula(declared, given), what)
    for at, place in enumerate(declared.places):
        if kind == "loss" and not place.data:
            slope = found[f"d.{place.name}"]
            assert np.isfinite(slope).all(), what
            if draw != "equal":
                assert_near(slope, slopes(declared, given, at), f"gradient of {what}", 1e-5)


@pytest.mark.quick(80)
@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(("kind", "one"), SAMPLES)
def test_value_and_gradient(kind: str, one: Pair, draw: str) -> None:
    compare(kind, one, draw)


@pytest.mark.quick(10)
@pytest.mark.parametrize(("kind", "one"), [item for item in SAMPLES if item.values[0] == "loss"])
def test_a_mask_takes_rows_out(kind: str, one: Pair) -> None:
    """A loss by a mask of rows is that of the rows alone, and a mask of ones changes nothing."""
    declared = instance_of(kind, one)
    if not declared.maskable:
        pytest.skip("no mean over positions")
    given = feeds_of(kind, one, "plain", declared)
    whole = measured(kind, declared, given, np.ones(4, np.float32))
    assert_near(whole["value"], formula(declared, given), "a mask of ones")
    found = measured(kind, declared, given, np.array([1, 0, 1, 1], np.float32))
    assert_near(found["value"], formula(declared, [x[[0, 2, 3]] for x in given]), "without a row")
    empty = measured(kind, declared, given, np.zeros(4, np.float32))
    assert all(not part.any() for part in empty.values()), "nothing counts"


POSITIONS = [item for item in SAMPLES if item.values[0] == "loss" and item.values[1].call.split("(")[0] != "ctc"]


@pytest.mark.quick(17)
@pytest.mark.parametrize(("kind", "one"), POSITIONS)
def test_a_mask_takes_positions_out(kind: str, one: Pair) -> None:
    """A loss by a mask of positions, alike in every example, is that of the other positions alone."""
    declared = instance_of(kind, one)
    values = term_of(kind, one).values
    shape = declared.positions(*values)
    if not declared.maskable or len(shape) < 2:
        pytest.skip("no mean over positions of an example")
    given = feeds_of(kind, one, "plain", declared)
    axis = next(at for at in range(1, values[0].rank) if values[0].shape[at:][: len(shape) - 1] == shape[1:])
    mask = np.ones([4, *(int(size) for size in shape[1:])], np.float32)  # type: ignore[arg-type]
    mask[:, 0] = 0.0
    whole = values[0].rank
    kept = [np.delete(x, 0, axis if x.ndim == whole else 1) for x in given]
    if mask.shape[1] > 1:
        assert_near(measured(kind, declared, given, mask)["value"], formula(declared, kept), one.call)
    assert_near(measured(kind, declared, given, mask * 0 + 1)["value"], formula(declared, given), one.call)


@pytest.mark.parametrize(
    ("call", "shape", "labels", "masked"),
    [
        ("mse(prediction, target)", "4x4x5", False, (4,)),
        ("mse(prediction, target)", "3x4x5", False, (4,)),
        ("mse(prediction, target)", "4x4x5", False, (4, 5)),
        ("mse(prediction, target)", "4x4x5", False, (4, 4, 5)),
        ("cross_entropy(prediction, target)", "5x4x4x4", True, (4, 4)),
        ("cross_entropy(prediction, target)", "5x4x4x4", True, (4,)),
    ],
)
def test_a_mask_of_the_first_axes_of_positions(call: str, shape: str, labels: bool, masked: tuple[int, ...]) -> None:
    """Whatever other axes are as long: `[H]` for a map `[C, H, W]` weighs rows, also where there are H channels."""
    rng, sizes = np.random.default_rng(0), tuple(map(int, shape.split("x")))
    x = rng.normal(size=(2, *sizes)).astype(np.float32)
    y = rng.integers(0, sizes[0], (2, *sizes[1:])) if labels else rng.normal(size=x.shape).astype(np.float32)
    mask = rng.random((2, *masked)).astype(np.float32)
    if labels:
        each = torch.nn.functional.cross_entropy(torch.from_numpy(x), torch.from_numpy(y), reduction="none").numpy()
    else:
        each = (x - y) ** 2
    weights = mask if len(masked) == len(sizes) or labels else mask[:, None]
    weights = np.broadcast_to(weights.reshape(*weights.shape, *[1] * (each.ndim - weights.ndim)), each.shape)
    found = measured("loss", instance_of("loss", Pair(call, shape)), [x, y], mask)
    assert_near(found["value"], (each * weights).sum() / weights.sum(), call)


@pytest.mark.parametrize(("kind", "one"), SAMPLES)
def test_masks_of_elements_go_with_what_is_measured(kind: str, one: Pair) -> None:
    """Of elements there is one `each`, or else of positions."""
    declared = instance_of(kind, one)
    if not declared.maskable or one.call.startswith("ctc") or not isinstance(declared, (Loss, Mean)):
        pytest.skip("it has no `each`")
    given, graph = feeds_of(kind, one, "plain", declared), Graph("sample")
    graph.inputs = [
        Value(place.name, DType(str(x.dtype)), (BATCH, *x.shape[1:]))
        for place, x in zip(declared.places, given, strict=True)
    ]
    each = declared.each(Builder(graph), *graph.inputs)
    assert each.shape == (graph.inputs[0].shape if declared.by_element else declared.positions(*graph.inputs))


@pytest.mark.quick(100)
@pytest.mark.parametrize("mask", [None, np.array([1, 0, 2, 0.5], np.float32)], ids=["all", "masked"])
@pytest.mark.parametrize(("kind", "one"), [item for item in SAMPLES if item.values[0] == "loss"])
def test_a_loss_is_the_quotient_of_its_sums(kind: str, one: Pair, mask: Array | None) -> None:
    """Where positions don't count alike; elsewhere it is a mean, which has none."""
    declared = instance_of(kind, one)
    if not declared.maskable:
        pytest.skip("no mean over positions")
    given = feeds_of(kind, one, "plain", declared)
    graph = graph_of(kind, declared, given, mask)
    stand = {value.name: value for value in graph.inputs}
    masked = {} if mask is None else {"mask": stand.pop("mask")}
    counted = declared.counts(Builder(graph), *stand.values()) is not None
    sums = declared.sums(Builder(graph), *stand.values(), **masked)
    assert (sums is not None) == (counted or mask is not None)
    if sums is None:
        return
    graph.outputs = {"value": graph.outputs["value"], "total": sums[0], "count": sums[1]}
    feeds = dict(zip([place.name for place in declared.places], given, strict=True))
    found = run(graph, feeds | ({} if mask is None else {"mask": mask}))
    assert found["count"] > 0
    assert_near(found["total"] / found["count"], found["value"].astype(np.float64), one.call)
    if not counted and mask is not None:
        assert found["count"] % mask.sum() == 0


def test_what_is_a_map() -> None:
    """Channels and at least one axis of positions, each of the size that is needed, as far as it is known."""
    for shape in [(BATCH, 2, 3, 3), (BATCH, 1, 3), (BATCH, 2, ANY, 4)]:
        require_map("word", Value("x", DType.FLOAT32, shape), fewest=3)
    for shape in [(BATCH, 3, 2, 3), (BATCH, 3, 3, 2), (BATCH, 4), (2, 3, 4), (BATCH,)]:
        with pytest.raises(
            ShapeError, match=r"word works on maps `\[C, H, W\]` of at least 3 positions along each axis"
        ):
            require_map("word", Value("x", DType.FLOAT32, shape), fewest=3)
    with pytest.raises(ShapeError, match=r"of at least 2 positions"):
        require_map("word", Value("x", DType.FLOAT32, (BATCH, 4)), fewest=2)
    with pytest.raises(ShapeError, match=r"`\[C, H, W\]`, found 4"):
        require_map("word", Value("x", DType.FLOAT32, (BATCH, 4)))
    with pytest.raises(ShapeError, match="floating-point"):
        require_map("word", Value("x", DType.INT64, (BATCH, 2, 3, 3)))


@pytest.mark.parametrize("word", ["accuracy", "focal", "dice", "f1", "auc"])
def test_a_yes_or_no_of_classes_has_a_way_out(word: str) -> None:
    kind = "loss" if word in loss.all() else "metric"
    with pytest.raises(ShapeError) as found:
        KINDS[kind].all()[word]().target(Value("x", DType.FLOAT32, (BATCH, 1)))
    assert f"or write `{word}(…, binary=true)` for the logit of a yes" in str(found.value.help)


def test_a_rate_of_zero_counts_as_very_small() -> None:
    one = next(one for one in loss.all()["poisson_nll"].samples if "log=false" in one.call)
    declared = instance_of("loss", one)
    given = [np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)]
    assert_near(measured("loss", declared, given)["value"], np.asarray(-np.log(1e-8)), "a rate of 0")


@pytest.mark.parametrize("epsilon", [0.0, 1e-6])
def test_equal_vectors_are_hardly_apart(epsilon: float) -> None:
    graph = Graph("apart", [Value("a", DType.FLOAT32, (2, 4)), Value("b", DType.FLOAT32, (2, 4))])
    graph.outputs = {"y": distance(Builder(graph), *graph.inputs, epsilon)}
    x = np.ones((2, 4), np.float32)
    np.testing.assert_allclose(run(graph, {"a": x, "b": x})["y"], max(2 * epsilon, 1e-12), rtol=1e-3)


LOWER_IS_BETTER = {"mae", "mse", "rmse", "perplexity"}


def test_the_better_figure_is_the_better_one() -> None:
    """Which epoch is the best is decided by this."""
    assert {word for word, made in metric.all().items() if not made.higher_is_better} == LOWER_IS_BETTER
    assert {word for word, made in metric.all().items() if made.rows} == {"auc", "mean_average_precision", "r2"}


@pytest.mark.parametrize(("kind", "one"), [item for item in SAMPLES if item.values[0] == "metric"])
def test_a_mean_is_the_figure_itself(kind: str, one: Pair) -> None:
    """Where rows weigh alike, a mean over positions can be taken in the graph; else there is none."""
    declared = instance_of(kind, one)
    if not isinstance(declared, Mean):
        pytest.skip("no mean over positions")
    given = feeds_of(kind, one, "plain", declared)
    graph = graph_of(kind, declared, given)
    g = Builder(graph)
    found = declared.whole(g, *graph.inputs)
    alike = declared.counts(g, *graph.inputs) is None and type(declared).figure is Mean.figure
    assert (found is not None) == alike
    assert declared.whole(g, *graph.inputs, mask=graph.inputs[0]) is None
    if found is not None:
        graph.outputs = {"value": found}
        names = [place.name for place in declared.places]
        assert_near(run(graph, dict(zip(names, given, strict=True)))["value"], formula(declared, given), one.call)


@pytest.mark.quick(14)
@pytest.mark.parametrize(("kind", "one"), [item for item in SAMPLES if item.values[0] == "metric"])
def test_a_single_figure_is_a_number(kind: str, one: Pair) -> None:
    """And where nothing counts, it still is one."""
    declared = instance_of(kind, one)
    given = feeds_of(kind, one, "plain", declared)
    assert (measured(kind, declared, given)["value"].ndim == 0) == declared.single
    assert {part.dtype for part in graph_of(kind, declared, given).outputs.values()} == {DType.FLOAT32}
    if declared.maskable:
        nothing = measured(kind, declared, given, np.zeros(4, np.float32))["value"]
        assert np.isfinite(nothing).all()
        assert (nothing.ndim == 0) == declared.single
        if isinstance(declared, Rates):
            assert not nothing.any()
        if isinstance(declared, Mean):
            assert nothing == (1.0 if "perplexity" in one.call else 0.0)


@pytest.mark.parametrize(("kind", "definition"), FIRST)
def test_whole_numbers_are_refused(kind: str, definition: Any) -> None:
    declared = instance_of(kind, definition.samples[0])
    whole = [Value(value.name, DType.INT64, value.shape) for value in term_of(kind, definition.samples[0]).values]
    with pytest.raises(ShapeError, match="works on floating-point numbers, found int64"):
        declared.targets(*whole)


def test_labels_need_scores_of_classes() -> None:
    numbers, whole = Value("x", DType.FLOAT32, (BATCH, 3)), Value("x", DType.INT64, (BATCH, 3))
    assert label_target("word", numbers) == TargetSpec(DType.INT64, (BATCH,), 3)
    with pytest.raises(ShapeError, match="word works on floating-point numbers"):
        label_target("word", whole)
    for shape in [(BATCH,), (BATCH, 1)]:
        with pytest.raises(ShapeError, match="needs a score for each class") as found:
            label_target("word", Value("x", DType.FLOAT32, shape))
        assert "binary" not in str(found.value.help)


def test_balanced_weights_are_for_labels() -> None:
    made = loss.all()["cross_entropy"]
    assert made(class_weights="balanced").conflict() is None
    assert made(class_weights="balanced", soft=True).conflict() is not None


@pytest.mark.parametrize("word", ["f1", "confusion"])
def test_a_yes_or_no_each_needs_their_number(word: str) -> None:
    for shape in [(BATCH, ANY), (BATCH, ANY, 3, 3)]:
        with pytest.raises(ShapeError):
            metric.all()[word](binary=True).target(Value("x", DType.FLOAT32, shape))


@pytest.mark.parametrize("word", ["kl_normal", "cosine_embedding", "contrastive", "triplet"])
def test_vectors_are_compared_along_their_last_axis(word: str) -> None:
    made = loss.all()[word]()
    number = Value("x", DType.FLOAT32, (BATCH,))
    with pytest.raises(ShapeError, match=f"{word} works on vectors"):
        made.targets(*[number] * 3)
    for shape in [(BATCH, 4), (BATCH, 3, 4), (BATCH, 2, 3, 4)]:
        assert made.positions(*[Value("x", DType.FLOAT32, shape)] * 3) == shape[:-1]


@pytest.mark.parametrize(("word", "of_the_other"), [("auc", 0.75), ("mean_average_precision", (1 + 0.8333333) / 2)])
def test_an_answer_that_is_always_yes_ranks_nothing(word: str, of_the_other: float) -> None:
    """The area has no side to compare with; precision is 1."""
    one = next(one for one in metric.all()[word].samples if one.call.endswith("binary=true)"))
    scores = np.array([[4, 4], [3, 3], [2, 2], [1, 1]], np.float32)
    there = np.array([[1, 1], [1, 0], [1, 1], [1, 0]], np.float32)
    made = metric.all()[word](**instance_of("metric", one).settings() | {"average": "macro"})
    assert measured("metric", made, [scores, there])["value"] == pytest.approx(of_the_other, abs=1e-6)


def test_averages_are_words() -> None:
    assert AVERAGE.convert(None) == "none"
    assert AVERAGE.convert("micro") == "micro"
    with pytest.raises(ArgumentError, match="one of `micro`"):
        AVERAGE.convert("all")


@pytest.mark.parametrize(("predicted", "figure"), [([5, 5, 5], 1.0), ([5, 5, 6], 0.0), ([5, 5, 4], 0.0)])
def test_targets_that_are_all_the_same(predicted: list[float], figure: float) -> None:
    """Beside others in the same rows, which are predicted by their mean."""
    one = metric.all()["r2"].samples[0]
    given = [np.array([[x, 2] for x in predicted], np.float32), np.array([[5, 1], [5, 2], [5, 3]], np.float32)]
    assert measured("metric", instance_of("metric", one), given)["value"] == pytest.approx(figure / 2, abs=1e-6)


def test_what_is_compared() -> None:
    """Floats of one shape, and vectors where a loss goes along their last axis."""
    number, vector = Value("x", DType.FLOAT32, (BATCH,)), Value("y", DType.FLOAT32, (BATCH, 2))
    require_same("word", [vector, vector], vectors=True)
    require_same("word", [number, number])
    with pytest.raises(ShapeError, match="word works on vectors, found a single number an example"):
        require_same("word", [number, number], vectors=True)
    with pytest.raises(ShapeError, match="word compares values of one shape"):
        require_same("word", [number, vector])
    with pytest.raises(ShapeError, match="found 2 and 3"):
        require_same("word", [vector, Value("w", DType.FLOAT32, (BATCH, 3))])
    whole = Value("z", DType.INT64, (BATCH, 2))
    with pytest.raises(ShapeError, match="floating-point"):
        require_same("word", [whole, whole])


@pytest.mark.quick(11)
@pytest.mark.parametrize(("kind", "one"), [item for item in SAMPLES if item.values[0] == "metric"])
def test_batches_add_up(kind: str, one: Pair) -> None:
    """The figure of all rows is that of uneven batches together, and rows that a mask takes out are in neither."""
    declared = instance_of(kind, one)
    given = feeds_of(kind, one, "equal", declared)
    graph = graph_of(kind, declared, given, np.ones(5, np.float32))
    parts = []
    for rows, mask in (([0, 1, 2], [1, 1, 0]), ([3], [1]), ([2], [0]), ([4, 0], [1, 0])):
        names = [place.name for place in declared.places]
        feeds = {name: x[rows] for name, x in zip(names, given, strict=True)}
        parts.append(run(graph, feeds | {"mask": np.array(mask, np.float32)}))
    join = np.concatenate if declared.rows else sum
    sums = {name: np.asarray(join([part[name].astype(np.float64) for part in parts])) for name in graph.outputs}
    kept = [x[[0, 1, 3, 4]] for x in given]
    assert_near(np.asarray(declared.figure(sums)), formula(declared, kept), one.call)


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0])
@pytest.mark.parametrize(("kind", "definition"), FIRST)
def test_a_scaled_one_fails(kind: str, definition: Any, factor: float) -> None:
    one = definition.samples[0]
    given = instance_of(kind, one)

    class Scaled(definition):  # type: ignore[misc]
        def build(self, g: Builder, *given: Value, mask: Value | None = None) -> Value:
            return g.Mul(super().build(g, *given, mask=mask), factor)

        def figure(self, sums: Any) -> Any:
            return (np.asarray(super().figure(sums)) * factor).tolist()

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        compare(kind, one, "plain", Scaled(**given.settings()))


@pytest.mark.parametrize("definition", [pytest.param(made, id=word) for word, made in loss.all().items()])
def test_another_gradient_fails(definition: type[Loss], monkeypatch: pytest.MonkeyPatch) -> None:
    def halved(graph: Graph, value: Value, wanted: list[Value]) -> dict[Value, Value]:
        return {x: Builder(graph).Mul(slope, 0.5) for x, slope in gradients(graph, value, wanted).items()}

    monkeypatch.setattr(sys.modules[__name__], "gradients_of", halved)
    with pytest.raises(AssertionError, match="gradient of"):
        compare("loss", definition.samples[0], "plain")


def test_classes_are_where_they_belong() -> None:
    """The last axis of vectors and sequences, the channels of maps."""
    for kind in ("loss", "metric"):
        for definition in KINDS[kind].all().values():
            for one in definition.samples:
                term = term_of(kind, one)
                shape = [int(size) for size in term.prediction.shape[1:]]  # type: ignore[arg-type]
                for spec in (spec for _, spec in term.wanted if spec.classes is not None and ANY not in spec.shape):
                    axis = 0 if len(shape) >= 3 else -1
                    assert spec.classes == shape[axis]
                    assert list(spec.shape[1:]) == [size for at, size in enumerate(shape) if at != axis % len(shape)]


def test_metrics_say_which_way_is_better() -> None:
    assert all(isinstance(definition.higher_is_better, bool) for definition in metric.all().values())


def test_maps_of_known_sizes() -> None:
    """Textures are compared by numbers of places; roughness needs two along an axis, and no more."""
    style, roughness = loss.all()["style"](), loss.all()["total_variation"]()
    for shape in [(BATCH, ANY, 3, 4), (BATCH, 2, ANY, 4), (BATCH, 2, 3, ANY)]:
        with pytest.raises(ShapeError, match="the size of a map"):
            style.target(Value("x", DType.FLOAT32, shape))
    assert roughness.targets(Value("x", DType.FLOAT32, (BATCH, 1, 2, 2))) == ()
    for shape in [(BATCH, 1, 1, 2), (BATCH, 1, 2, 1)]:
        with pytest.raises(ShapeError, match="of at least 2 positions"):
            roughness.targets(Value("x", DType.FLOAT32, shape))


def test_positions_are_what_is_left_without_classes() -> None:
    for shape, positions in [((BATCH,), (BATCH,)), ((BATCH, 4), (BATCH,)), ((BATCH, 3, 4), (BATCH, 3)),
                             ((BATCH, 4, 3, 2), (BATCH, 3, 2))]:  # fmt: skip
        assert positions_of(Value("x", DType.FLOAT32, shape)) == positions


def test_exact_predictions_explain_all() -> None:
    one = metric.all()["r2"].samples[0]
    given = [np.array([[1, 2], [2, 5], [4, 1]], np.float32)] * 2
    assert measured("metric", instance_of("metric", one), given)["value"] == 1.0


def test_a_triplet_of_equal_vectors() -> None:
    """Both distances are as if a millionth apart along each axis."""
    same = [np.ones((1, 4), np.float32)] * 3
    made = loss.all()["triplet"](margin=2e-6)
    np.testing.assert_allclose(measured("loss", made, same)["value"], 2e-6, rtol=1e-2)


@pytest.mark.parametrize("dtype", [np.int64, np.bool_])
def test_a_mask_may_be_whole_numbers(dtype: Any) -> None:
    one = loss.all()["mse"].samples[0]
    declared = instance_of("loss", one)
    given = feeds_of("loss", one, "plain", declared)
    found = measured("loss", declared, given, np.array([1, 0, 1, 1]).astype(dtype))
    assert_near(found["value"], formula(declared, [x[[0, 2, 3]] for x in given]), "three of four rows")


def test_a_row_of_labels_as_a_manifest_holds_it() -> None:
    time = BATCH
    assert LabelRow(0, -1).to_json() == {"blank": 0, "end": -1}
    assert LabelRow(2, 2, (7,)).to_json() == {"blank": 2, "end": 2, "steps": 7}
    assert LabelRow(2, 2, (7, time)).to_json() == {"blank": 2, "end": 2, "steps": [7, str(time)]}
    assert LabelRow(2, 2, (time,)).to_json() == {"blank": 2, "end": 2, "steps": str(time)}


def test_a_loss_that_is_never_infinite_offers_no_way_out() -> None:
    sample = Pair("ctc(prediction, target, zero_infinity=true)", "3x5"), Pair("ctc(prediction, target)", "3x5")
    never, perhaps = (instance_of("loss", one) for one in sample)
    assert isinstance(never, Loss)
    assert isinstance(perhaps, Loss)
    assert never.infinite is None
    assert "zero_infinity=true" in (perhaps.infinite or "")
