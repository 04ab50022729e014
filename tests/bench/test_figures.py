"""Rounds, ratios, goals, results and the page, on fixed figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench import tables
from bench.__main__ import measure, parse, usual
from bench.goals import FAMILIES, GOALS, Goal, geometric_mean, verdict
from bench.nets import NETS
from bench.report import report, write_report
from bench.sections import SECTIONS
from bench.store import Results
from netc.runtime.measure.rounds import Spread, interleave, ratio


def test_a_ratio_is_taken_round_by_round_over_the_better_peer() -> None:
    # a machine that is ten times slower in the second round changes no ratio
    assert ratio([2.0, 20.0, 2.0], [[4.0, 40.0, 4.0], [8.0, 10.0, 2.0]]) == Spread(1.0, 0.5, 2.0)


def test_contenders_take_turns() -> None:
    called: list[str] = []
    times = interleave(
        {"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=3, seconds=0.0, warmup=1
    )
    assert called == ["a", "b"] + ["a", "b"] * 3
    assert {name: len(figures) for name, figures in times.items()} == {"a": 3, "b": 3}


def test_verdicts() -> None:
    goal = Goal(None, 0.80, 0.70)
    assert [verdict(ratio, goal) for ratio in (0.69, 0.70, 0.75, 0.80, 0.88)] == [
        "stretch", "stretch", "reached", "reached", "missed by 10 %",
    ]  # fmt: skip
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)


def training_row(net: str, ours: list[float], eager: list[float], last: list[float]) -> dict[str, Any]:
    return {
        "net": net, "variant": "", "batch": 128, "gflop": 1.0, "processor": "Chip(R) 9",
        "busy_windows": dict.fromkeys(("netc cpu", "netc session", "eager", "channels_last"), 0),
        "first_loss": {"netc cpu": 2.3, "eager": 2.3, "channels_last": 2.300023},
        "seconds": {"netc cpu": ours, "netc session": ours, "eager": eager, "channels_last": last},
    }  # fmt: skip


@pytest.fixture
def results(tmp_path: Path) -> Results:
    made = Results("fixed", tmp_path)
    about: dict[str, Any] = {"command": "python -m bench training --quick --name fixed", "date": "2026-01-02T03:04:05"}
    made.begin("machine", about, resume=False)
    machine = {
        "net": "ceilings", "processor": "Chip(R) 9", "cores": 2, "threads": 2, "system": "Linux", "python": "3.11",
        "versions": {"torch": "2", "keras": None}, "sgemm_gflops": {"onnxruntime": 90.0, "torch": 100.0},
        "copy_gbytes": 12.0, "absent": {"keras": "not installed"},
    }  # fmt: skip
    made.put("machine", "ceilings", machine)
    made.begin("training", about, resume=False)
    mlp = training_row("MLP 784-512-10", [0.010, 0.011, 0.012], [0.020, 0.022, 0.024], [0.040, 0.040, 0.040])
    made.put("training", "MLP 784-512-10", mlp)
    lenet = training_row("LeNet-5", [0.020, 0.020, 0.020], [0.040, 0.040, 0.040], [0.010, 0.010, 0.010])
    made.put("training", "LeNet-5", lenet)
    made.put("training", "VGG-16 224", {"net": "VGG-16 224", "variant": "", "failed": "MemoryError"})
    return made


def test_the_page_says_what_the_figures_say(results: Results) -> None:
    page = report(results)
    assert "| MLP 784-512-10 (128) | Chip 9 | 10.0 (11.0) | 10.0 (11.0) | 20.0 (22.0) | 40.0 (40.0) |" in page
    assert "| **0.50** (0.50) |" in page
    assert "| **2.00** (2.00) |" in page
    assert "The geometric mean of the ratios is **1.00**." in page
    assert "agree to 1e-05" in page
    assert "- VGG-16 224 failed: MemoryError" in page
    assert "| MLP 784-512-10 | **0.50** | 0.80 | 0.70 | 0.83 | stretch |" in page
    assert "| LeNet-5 | **2.00** | 0.90 | 0.75 | 1.09 | missed by 122 % |" in page
    assert "| VGG-16 224 | – | 0.80 | 0.75 | 0.88 | not measured |" in page
    assert "| geometric mean | – | 0.85 | 0.75 | 0.99 | not measured |" in page  # not all were measured
    assert (
        "| LeNet-5 | 1.00 | 50 (50 %) | 25 (25 %) | 100 (100 %) |" in page
    )  # of the 100 GFLOP/s of the better product
    assert "- keras took no part: not installed" in page
    assert "`python -m bench training --quick --name fixed`, 2026-01-02" in page
    assert "Not measured in this run: Training steps: Adam; torch.compile; Keras; onnxruntime-training;" in page


def test_the_page_has_what_freezing_saves(results: Results) -> None:
    results.begin("frozen", {"command": "python -m bench frozen --all --name fixed", "date": "2026-01-02T03:04:05"},
                  resume=False)  # fmt: skip
    row = {
        "net": "CIFAR ResNet-20", "variant": "all but the head", "processor": "Chip(R) 9", "batch": 128, "steps": 12,
        "nodes": 1226, "seconds": {"netc": 0.15, "eager": 0.25}, "bytes": {"netc": 38e6, "eager": 93e6}, "busy": 0.9,
    }  # fmt: skip
    results.put("frozen", "CIFAR ResNet-20, all but the head", row)
    page = report(results)
    said = "| CIFAR ResNet-20 (128) | Chip 9 | all but the head | 1,226 | 38 MB | 93 MB | 150 ms | 250 ms | **0.60** |"
    assert said in page
    assert "the least of\n12 steps" in page
    assert "taken on a busy machine" not in page  # processor time


def test_the_page_is_written_beside_the_figures(results: Results) -> None:
    write_report(results)
    assert results.path.with_suffix(".md").read_text("utf-8") == report(results)


def test_the_mean_needs_every_network() -> None:
    rows = {name: training_row(name, [1.0], [2.0], [4.0]) for name in GOALS}
    assert "| geometric mean | **0.50** | 0.85 | 0.75 | 0.99 | stretch |" in tables.goals(rows)


def test_results_are_kept_and_resumed(results: Results, tmp_path: Path) -> None:
    again = Results("fixed", tmp_path)
    assert again.sections == results.sections
    again.begin("training", {"command": ""}, resume=True)
    assert list(again.rows("training")) == ["MLP 784-512-10", "LeNet-5", "VGG-16 224"]
    again.begin("training", {"command": ""}, resume=False)
    assert Results("fixed", tmp_path).rows("training") == {}
    assert json.loads(again.path.read_text("utf-8"))["version"] == 1


@pytest.mark.slow
def test_a_run_measures_what_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def call(function: str, section: str, net: str, *more: Any, **limits: Any) -> dict[str, Any]:
        asked.append((section, net))
        return {"batch": 1}

    monkeypatch.setattr("bench.__main__.call", call)
    given = parse(["training", "--nets", "lenet", "mlp", "--name", "run"])
    assert measure(given, Results("run", tmp_path)) == []
    assert asked == [("machine", "ceilings"), ("training", "MLP 784-512-10"), ("training", "LeNet-5")]
    asked.clear()
    given = parse(["training", "--quick", "--name", "run", "--resume"])
    measure(given, Results("run", tmp_path))
    assert asked == [
        ("training", "lecture CNN"), ("training", "lecture residual CNN"), ("training", "CIFAR ResNet-20"),
    ]  # fmt: skip
    asked.clear()
    given = parse(["inference", "--name", "run", "--resume", "--minutes", "1e-9"])
    assert len(measure(given, Results("run", tmp_path))) == 10
    assert asked == []


def test_the_headline_is_of_rows_that_were_measured_in_peace(results: Results) -> None:
    page = report(results)
    assert "That is of the training steps of 2 networks on Chip 9" in page
    rows = results.rows("training")
    busy = {**rows["LeNet-5"]["busy_windows"], "eager": 2}  # of twelve windows
    results.put("training", "LeNet-5", {**rows["LeNet-5"], "busy_windows": busy})
    page = report(results)
    assert "The geometric mean of the ratios is **0.50**. That is of the training steps of 1 network on" in page
    assert "Not among them, because they were not measured so: LeNet-5." in page
    assert "Not measured on a quiet machine, so that no ratio counts for much: LeNet-5." in page
    together = {name: figure for name, figure in rows["MLP 784-512-10"].items() if name != "busy_windows"}
    results.put("training", "MLP 784-512-10", together)
    page = report(results)
    assert "it\nhas no headline" in page
    assert "Measured earlier, all contenders in one process" in page


def test_two_peaks_are_marked_and_who_dropped_out_is_named(results: Results) -> None:
    row = training_row("LeNet-5", [0.01] * 12, [0.02, 0.03] * 6, [0.04] * 12)
    results.put("training", "LeNet-5", {**row, "dropped_out": {"netc std": "MemoryError"}})
    page = report(results)
    assert "| 20.0 (25.0)† | 40.0 (40.0) |" in page
    assert "† The times lie around two values: eager on LeNet-5 (20.0 and 30.0 ms)." in page
    assert "netc std dropped out on LeNet-5: MemoryError." in page
    del row["seconds"]["eager"], row["seconds"]["channels_last"]
    results.put("training", "LeNet-5", row)
    assert "| 10.0 (10.0) | 10.0 (10.0) | – | – | – |" in report(results)


def test_the_families_have_goals_of_their_own() -> None:
    rows = {name: training_row(name, [0.9], [1.0], [2.0]) for name in FAMILIES}
    for row in rows.values():
        row["seconds"]["netc fast"] = [0.7]
    lines = tables.goals(rows)
    assert "| LSTM 28x64 | **0.90** | **0.70** | 1.00 | – | – | reached | reached |" in lines
    assert "| the same of these seven | **0.90** | **0.70** | 0.80 | – | – | missed by 12 % | reached |" in lines


def test_every_section_has_a_table() -> None:
    from bench.report import SECTIONS as SHOWN

    assert {name for name, _, _ in SHOWN} == set(SECTIONS)


def test_a_busy_machine_is_told(results: Results) -> None:
    assert "busy machine" not in report(results)
    results.put("training", "LeNet-5", {**results.rows("training")["LeNet-5"], "busy": 0.98})
    assert "before some rows other programs used up to 98 %" in report(results)


def test_the_optional_library_has_columns_of_its_own_where_it_was_measured(results: Results) -> None:
    assert "netc[fast]" not in report(results).split("## Training steps")[1]
    rows = results.rows("training")
    quicker = {**rows["LeNet-5"], "seconds": {**rows["LeNet-5"]["seconds"], "netc fast": [0.008, 0.008, 0.008]}}
    results.put("training", "LeNet-5", quicker)
    page = report(results)
    assert (
        "| network (batch) | processor | netc cpu | netc session | eager | channels_last | netc fast | ratio |"
        " ratio, netc[fast] |" in page
    )
    assert "| **2.00** (2.00) | **0.80** (0.80) |" in page
    assert "| **0.50** (0.50) | – |" in page
    assert "The geometric mean of the ratios is **1.00**." in page  # not all have it
    assert "| LeNet-5 | **2.00** | **0.80** | 0.90 | 0.75 | 1.09 | missed by 122 % | reached |" in page
    assert "| LeNet-5 | 1.00 | 50 (50 %) | 125 (125 %) | 25 (25 %) | 100 (100 %) |" in page
    every = {name: {**training_row(name, [1.0], [2.0], [4.0])} for name in GOALS}
    for row in every.values():
        row["seconds"]["netc fast"] = [0.5]
    assert "| geometric mean | **0.50** | **0.25** | 0.85 | 0.75 | 0.99 | stretch | stretch |" in tables.goals(every)


def test_a_card_is_on_the_page_only_where_one_was_measured(results: Results) -> None:
    assert "card" not in report(results)
    results.begin("cuda", {"command": "c", "date": "2026-01-02"}, resume=False)
    seconds = {"netc cuda": [0.02], "eager": [0.04], "channels_last": [0.01], "torch.compile": [0.025]}
    row = {"net": "ResNet-50 224", "batch": 64, "card": "Card 9", "gflop": 4.0, "first_loss": {}, "seconds": seconds}
    results.put("cuda", "ResNet-50 224, batch 64", row)
    page = report(results)
    assert "Milliseconds a step on one Card 9" in page
    assert "| ResNet-50 224 (64) | 20.0 (20.0) | 40.0 (40.0) | 10.0 (10.0) | 25.0 (25.0) | 200 |" in page
    assert "| **2.00** (2.00) |" in page


def test_which_sections_a_device_has() -> None:
    assert usual(parse(["--device", "cuda"])) == ["cuda"]
    assert "cuda" not in usual(parse(["--all"]))
    assert set(usual(parse(["--all"]))) == set(SECTIONS) - {"cuda"}
    assert [row.name for row in SECTIONS["cuda"].rows(NETS)[7:9]] == ["ResNet-50 224, batch 64", "LSTM 28x64, batch 64"]


def test_other_contenders_stand_beside_ours(results: Results) -> None:
    losses = {"netc": 2.0, "keras": 2.0}
    row = {
        "net": "LeNet-5",
        "processor": "Chip",
        "batch": 128,
        "backend": "3 on torch",
        "version": "1.19.2",
        "first_loss": losses,
    }
    row["seconds"] = {"netc": [0.01], "keras": [0.02], "onnxruntime-training": [0.04], "torch.compile": [0.1],
                      "eager": [0.2]}  # fmt: skip
    row["first_step_s"] = 3.0
    about = {"command": "c", "date": "2026-01-02"}
    for section in ("keras", "ort_training", "compiled"):
        results.begin(section, about, resume=False)
        results.put(section, "LeNet-5", row)
    page = report(results)
    assert "| LeNet-5 (128) | Chip | 10.0 (10.0) | 20.0 (20.0) | **0.50** (0.50) |" in page
    assert "| LeNet-5 (128) | Chip | 10.0 (10.0) | 40.0 (40.0) | **0.25** (0.25) |" in page
    assert "| 100 (100) | 200 (200) | 3.0 s | 0.50 | **0.10** (0.10) |" in page


def test_rows_that_failed_are_measured_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    results = Results("run", tmp_path)
    results.begin("training", {"command": ""}, resume=False)
    results.put("training", "MLP 784-512-10", {"failed": "MemoryError"})
    results.put("training", "LeNet-5", {"batch": 1})
    asked: list[str] = []

    def call(function: str, section: str, net: str, *more: Any, **limits: Any) -> dict[str, Any]:
        asked.append(net)
        return {"batch": 1}

    monkeypatch.setattr("bench.__main__.call", call)
    measure(parse(["training", "--nets", "lenet", "mlp", "--name", "run", "--resume"]), results)
    assert asked == ["ceilings", "MLP 784-512-10"]


def test_rows_of_different_commits_are_told(results: Results) -> None:
    assert "different commits" not in report(results)
    results.put("training", "LeNet-5", {**results.rows("training")["LeNet-5"], "commit": "abc1234"})
    said = (
        "Rows were measured at different commits (+ with changes that were not committed yet): "
        "at an unknown one: MLP 784-512-10, VGG-16 224; at abc1234: LeNet-5."
    )
    assert said in report(results)


def test_a_row_of_another_processor_has_no_share_of_this_one(results: Results) -> None:
    results.put("training", "LeNet-5", {**results.rows("training")["LeNet-5"], "processor": "Other"})
    assert "| LeNet-5 | 1.00 | 50 | 25 | 100 |" in report(results)
