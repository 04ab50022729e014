"""Metrics over an epoch and over held-out rows: sums of parts, not means of batches; weights that the data decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler import Net, compile_scorer, load
from netc.compiler.metrics.base import metric
from netc.compiler.metrics.tallies import Tallies, numbers_of, single
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.schema import FormError
from netc.runtime.folder.progress import Progress
from netc.runtime.runs.deployed import Deployed
from netc.runtime.show.figures import figure_lines

TEXT = """net Three {{
  input x: 4
  logits = x -> dense(3)
}}
train Three {{
  loss = cross_entropy(logits, label{loss})
  metrics = [{metrics}]
  batch = 8
  epochs = 1
}}
"""


def net_of(tmp_path: Path, metrics: str = "accuracy", loss: str = "") -> Net:
    path = tmp_path / "three.net"
    path.write_text(TEXT.format(metrics=metrics, loss=loss))
    return load(str(path))


def data(rows: int = 21, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=(rows, 4)).astype(np.float32), "label": rng.choice(3, rows, p=[0.6, 0.3, 0.1])}


def test_figures_are_those_of_all_rows(tmp_path: Path) -> None:
    """21 rows in batches of 8: what is added up is what numpy finds in one go."""
    metrics = "f1, confusion, f1(average=none), auc, perplexity"
    trainer = netc.Trainer(netc.Model(net_of(tmp_path, metrics)))
    rows = data()
    found = trainer.evaluate(rows)
    logits = trainer.model.forward({"x": rows["x"]}, ["logits"])["logits"].astype(np.float64)
    answer, label = logits.argmax(1), rows["label"]
    matrix = np.array([[int(((label == a) & (answer == b)).sum()) for b in range(3)] for a in range(3)])
    assert found["confusion"] == matrix.tolist()
    right, sums = np.diag(matrix), matrix.sum(0) + matrix.sum(1)
    each = np.divide(2 * right, sums, out=np.zeros(3), where=sums > 0)
    assert found["f1_3"] == pytest.approx(each.tolist())
    assert found["f1"] == pytest.approx(each[sums > 0].mean())
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    shares = shifted / shifted.sum(1, keepdims=True)
    areas = []
    for at in range(3):
        gaps = shares[label == at, at][:, None] - shares[label != at, at]
        areas.append(((gaps > 0) + (gaps == 0) / 2).mean())
    assert found["auc"] == pytest.approx(np.mean(areas), abs=1e-6)
    assert found["perplexity"] == pytest.approx(np.exp(-np.log(shares[np.arange(21), label]).mean()), rel=1e-5)


def test_an_epoch_adds_up(tmp_path: Path) -> None:
    """The figure of a training's epoch at rate 0 is that of its rows, though the last batch is smaller."""
    trainer = netc.Trainer(netc.Model(net_of(tmp_path, "f1, auc")), lr=0.0)
    rows = data()
    with pytest.warns(UserWarning, match="auc is measured on held-out rows alone, and none are held out"):
        record = trainer.fit(rows, quiet=True)[0]
    assert record["f1"] == pytest.approx(trainer.evaluate(rows)["f1"], abs=1e-6)
    assert "auc" not in record, "measured on held-out rows alone"


def test_a_checkpoint_keeps_the_sums(tmp_path: Path) -> None:
    progress = Progress()
    progress.add({"loss": 1.0}, 2, {"f1.both": np.array([1.0, 2.0])})
    progress.add({"loss": 2.0}, 2, {"f1.both": np.array([0.5, 0.0])})
    kept = Progress.from_json(json.loads(json.dumps(progress.to_json())))
    assert kept.parts["f1.both"].tolist() == [1.5, 2.0]
    assert kept.to_json() == progress.to_json()
    older = {name: value for name, value in progress.to_json().items() if name != "parts"}
    with pytest.raises(FormError, match=r"`progress.parts` is missing"):
        Progress.from_json(older)


def test_a_mask_weighs_held_out_rows_together(tmp_path: Path) -> None:
    """The loss by a mask over uneven batches is one quotient, whatever the batches."""
    net = net_of(tmp_path, "accuracy", ", mask=weight")
    rows = data() | {"weight": np.linspace(0, 3, 21).astype(np.float32)}
    trainer = netc.Trainer(netc.Model(net))
    found = trainer.evaluate(rows)
    logits = trainer.model.forward({"x": rows["x"]}, ["logits"])["logits"].astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    weights, label = rows["weight"].astype(np.float64), rows["label"]
    assert found["loss"] == pytest.approx(-(weights * logs[np.arange(21), label]).sum() / weights.sum(), rel=1e-5)
    right = logits.argmax(1) == label
    assert found["accuracy"] == pytest.approx((weights * right).sum() / weights.sum(), rel=1e-5)


def test_balanced_weights_are_those_of_the_rows_to_train_on(tmp_path: Path) -> None:
    net = net_of(tmp_path, "accuracy", ", class_weights=balanced")
    trainer = netc.Trainer(netc.Model(net))
    rows = data()
    batch = {name: array[:8] for name, array in rows.items()}
    with pytest.raises(DiagnosticError, match="decided by data"):
        trainer.step(batch)
    trainer.fit(rows, out=tmp_path / "run", quiet=True)
    counts = np.bincount(rows["label"], minlength=3)
    weights = trainer.plan.losses[0].loss.class_weights
    assert weights == pytest.approx((21 / (3 * counts)).tolist())
    deployed = Deployed.open(tmp_path / "run")
    again = netc.Trainer(netc.Model(net))
    again.resume(tmp_path / "run")
    assert again.plan.losses[0].loss.class_weights == weights
    assert again.evaluate(rows)["loss"] == pytest.approx(trainer.evaluate(rows)["loss"])
    assert deployed.evaluate(rows)[1]["loss"] == pytest.approx(trainer.evaluate(rows)["loss"], rel=0.2)


def test_figures_as_lines() -> None:
    assert figure_lines("f1", 0.5, 4, None) == ["f1    0.5000"]
    assert figure_lines("f1", [0.5, 1.0], 2, ["cat", "dog"]) == ["f1  cat  0.5000", "f1  dog  1.0000"]
    table = figure_lines("confusion", [[3.0, 12.0], [0.0, 1.0]], 9, None)
    assert table[1:] == ["   0   1", "0  3  12", "1  0   1"]


SUMS = [
    {"output": "a", "name": "main", "weight": 2.0, "logged": True},
    {"output": "b", "name": "side", "weight": 0.5, "logged": False},
]


def tallies(kind: str) -> Tallies:
    """Of a model that gives the sums of two losses."""
    return Tallies({"kind": kind, "outputs": [], "settings": {"sums": SUMS}})  # type: ignore[typeddict-item]


def test_losses_stand_where_their_sums_were() -> None:
    found = tallies("score").whole({"accuracy": 0.5, "a": 3.0, "b": 4.0})
    assert found == {"loss": 8.0, "loss.main": 3.0, "accuracy": 0.5}
    assert list(found) == ["loss", "loss.main", "accuracy"]
    assert [tallies("score").figure_of(name) for name in ("a", "b", "accuracy")] == ["loss.main", "loss", "accuracy"]


def test_a_step_puts_out_its_losses_itself() -> None:
    assert tallies("train").whole({"loss": 1.0, "a": 3.0}) == {"loss": 1.0, "a": 3.0}
    assert tallies("train").whole({"accuracy": 1.0}) == {"accuracy": 1.0}
    assert tallies("train").figure_of("a") == "a"


def test_what_is_no_metric_is_refused() -> None:
    output = {"name": "f1.both", "shape": [3], "metric": "f1", "part": "both", "combine": "sum"}
    listed = {"name": "f1", "metric": {"name": "f1"}}
    cases = [
        ([], "parts of f1"),
        ([{**listed, "metric": {"name": "f2"}}], "nothing is called f2"),
        ([{**listed, "metric": {"name": "f1", "sides": 2}}], "f1 has other arguments"),
        ([{**listed, "metric": {"name": "f1", "threshold": 7}}], "a number"),
    ]
    for metrics, says in cases:
        with pytest.raises(ValueError, match=says):
            Tallies({"kind": "score", "outputs": [output], "settings": {"metrics": metrics}})  # type: ignore[typeddict-item]
    made = Tallies({"kind": "score", "outputs": [output], "settings": {"metrics": [listed]}})  # type: ignore[typeddict-item]
    assert list(made.metrics) == ["f1"]


@pytest.mark.parametrize(("weight", "figure"), [(4.0, 0.75), (0.0, 0.0)])
def test_a_sum_by_its_weight(weight: float, figure: float) -> None:
    """And 0 where nothing counts."""
    outputs = [{"name": f"a.{part}", "shape": [], "metric": "a", "part": part, "combine": "sum"}
               for part in ("total", "weight")]  # fmt: skip
    made = Tallies({"kind": "score", "outputs": outputs, "settings": {"sums": SUMS}})  # type: ignore[typeddict-item]
    sums: dict[str, Any] = {}
    for total in (1.0, 2.0):
        made.add(sums, made.split({"a.total": np.float32(total), "a.weight": np.float32(weight / 2)})[1])
    assert made.figures(sums) == {"a": figure}
    assert made.figure_of("a.total") == "loss.main"


def test_numbers_among_figures() -> None:
    figures: dict[str, Any] = {"a": 1.0, "b": [1.0, [2.0, 3.0]]}
    assert single(figures) == {"a": 1.0}
    assert list(numbers_of(figures["b"])) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("binary", "both", "predicted", "actual", "expected"),
    [
        (False, [2, 1, 0], [2, 2, 0], [3, 1, 0], (4 / 5 + 2 / 3) / 2),  # the third class is neither there nor predicted
        (True, [2, 1, 0], [2, 2, 0], [3, 1, 0], (4 / 5 + 2 / 3) / 3),  # a question that is never answered with yes
        (False, [2, 0, 0], [2, 1, 0], [2, 0, 0], 1 / 2),  # predicted once, and never right
        (False, [2, 0, 0], [2, 0, 0], [2, 1, 0], 1 / 2),  # there once, and never predicted
        (False, [1, 0, 0], [1, 0.5, 0], [1, 0, 0], 1 / 2),  # the same of an example that weighs half
    ],
)
def test_which_classes_a_mean_of_classes_is_over(
    binary: bool, both: list[float], predicted: list[float], actual: list[float], expected: float
) -> None:
    """Those that are there or predicted; of questions with yes or no all."""
    made = metric.all()["f1"](binary=binary)
    sums = {"both": both, "predicted": predicted, "actual": actual}
    found = made.figure({name: np.array([part], np.float64) for name, part in sums.items()})
    assert found == pytest.approx(expected)


def test_sums_of_other_figures_are_told(tmp_path: Path) -> None:
    """Those of an unfinished epoch, in a checkpoint, before a training goes on with them."""
    net = net_of(tmp_path, "f1, confusion, auc, perplexity")
    tallies, ports = Tallies(manifest := compile_scorer(net, net.plan()).manifest), manifest["outputs"]
    shapes = {port["name"]: [5 if size == "N" else int(size) for size in port["shape"]]
              for port in ports if "metric" in port}  # fmt: skip
    own = {name: np.zeros(shape) for name, shape in shapes.items()}
    assert {len(shape) for shape in shapes.values()} == {0, 1, 2}
    assert tallies.foreign({}) is None
    assert tallies.foreign(own) is None
    for name, shape in shapes.items():
        assert tallies.foreign({other: part for other, part in own.items() if other != name}) == name
        assert tallies.foreign(own | {name: np.zeros([*shape, 1])}) == name
        for axis in range(len(shape)):
            other = [size + (axis == at) for at, size in enumerate(shape)]
            open_ = name.startswith("auc") and axis == 0
            assert tallies.foreign(own | {name: np.zeros(other)}) == (None if open_ else name)
    more = {f"{sign}.{number}": np.zeros(3) for number in range(9) for sign in "az"}
    assert tallies.foreign(own | more) == "a.0"
    assert tallies.foreign({"z": np.zeros(3)}) == min(own)


@pytest.mark.parametrize("metric", ["r2(logits, t, mask=w)", "f1(logits, t, binary=true, mask=w)",
                                    "auc(logits, t, binary=true, mask=w)", "mae(logits, t, mask=w)"])  # fmt: skip
def test_a_mask_may_be_as_large_as_what_is_measured(tmp_path: Path, metric: str) -> None:
    def net(size: int) -> Net:
        plan = f"train A {{ loss = mse(logits, t); metrics = [{metric}] }}"
        return netc.loads(f"net A {{ input x: 4, w: {size}; logits = x -> dense(3) }}\n{plan}")

    rows = {"x": np.ones((2, 4), np.float32), "w": np.ones((2, 3), np.float32), "t": np.eye(2, 3, dtype=np.float32)}
    name = metric.partition("(")[0]
    assert name in netc.Trainer(netc.Model(net(3), device="cpu")).evaluate(rows)
    with pytest.raises(DiagnosticError, match="a mask has a weight for each example or position"):
        net(2)
