"""Parts that begin to move, gradients added up, averaged weights, weights from files: against PyTorch, resumed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from tiers import ALL

import netc
import netc.cli
from netc.compiler import Options, check, totals
from netc.compiler.net import Net
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime import model as model_module
from netc.runtime.devices import precision as precision_module
from netc.runtime.folder.initial import read_initial

Arrays = dict[str, np.ndarray[Any, Any]]
Load = Callable[[str], Net]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def load(text: str) -> Net:
        path = tmp_path / "net.net"
        path.write_text(text)
        return netc.load(path)

    return load


NET = """net Cnn {
  input x: 4
  stem = dense(4, act=tanh)
  body = dense(4, act=tanh)
  head = dense(2)
}
train Cnn { loss = mse(head, t); batch = 4; epochs = 4; %s }
"""
ROWS = {
    "x": np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32),
    "t": np.random.default_rng(1).normal(size=(12, 2)).astype(np.float32),
}
BATCH = {name: array[:8] for name, array in ROWS.items()}


def trainer_of(net: Net, **settings: Any) -> netc.Trainer:
    return netc.Trainer(netc.Model(net, device="cpu", seed=3), **settings)


def theirs_of(trainer: netc.Trainer) -> dict[str, Any]:
    return {name: torch.tensor(array).requires_grad_() for name, array in trainer.model.state_dict().items()}


def their_loss(theirs: dict[str, Any], batch: Arrays) -> Any:
    x = torch.tensor(batch["x"])
    for name in ("stem", "body"):
        x = torch.tanh(x @ theirs[f"{name}.weight"].T + theirs[f"{name}.bias"])
    x = x @ theirs["head.weight"].T + theirs["head.bias"]
    return ((x - torch.tensor(batch["t"])) ** 2).mean()


def close(found: Arrays, expected: dict[str, Any], rtol: float = 2e-5) -> None:
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value.detach().numpy(), rtol=rtol, atol=2e-6, err_msg=name)


def equal(one: Arrays, other: Arrays) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


# ---------------------------------------------------------------- unfreeze
THAW = 'optimizer = %s; freeze = ["stem", "body"]; unfreeze = [2: ["body"], 3: ["stem.weight"]]'


@pytest.mark.quick(1)
@pytest.mark.parametrize("word", ["adam(lr=0.05)", "nadam(lr=0.05)", "radam(lr=0.05)", "sgd(lr=0.1, momentum=0.9)"])
def test_what_begins_to_move_counts_its_own_steps(loaded: Load, word: str) -> None:
    """PyTorch counts the steps of each parameter from its first gradient."""
    trainer = trainer_of(loaded(NET % (THAW % word)))
    theirs = theirs_of(trainer)
    make = {"adam": torch.optim.Adam, "nadam": torch.optim.NAdam, "radam": torch.optim.RAdam, "sgd": torch.optim.SGD}
    kind = word.partition("(")[0]
    more = {"momentum": 0.9} if kind == "sgd" else {}
    optimizer = make[kind](list(theirs.values()), lr=0.1 if kind == "sgd" else 0.05, **more)
    for epoch in (1, 2, 3):
        trainer.enter(epoch)
        moves = {"head", "body"} if epoch > 1 else {"head"}
        for _ in range(4):
            trainer.step(BATCH)
            optimizer.zero_grad()
            their_loss(theirs, BATCH).backward()
            for name, value in theirs.items():
                if name.split(".")[0] not in moves and not (epoch == 3 and name == "stem.weight"):
                    value.grad = None
            optimizer.step()
            close(trainer.model.state_dict(), theirs)


def test_a_training_lets_go_epoch_by_epoch(loaded: Load) -> None:
    trainer = trainer_of(loaded(NET % (THAW % "adam(lr=0.05)")))
    moved = []
    for epochs in (1, 2, 3):
        before = trainer.model.state_dict()
        trainer.fit(ROWS, epochs=epochs, quiet=True)
        after = trainer.model.state_dict()
        moved.append({name for name in after if not np.array_equal(before[name], after[name])})
    head, body = {"head.weight", "head.bias"}, {"body.weight", "body.bias"}
    assert moved == [head, head | body, head | body | {"stem.weight"}]


@pytest.mark.quick(1)
@pytest.mark.parametrize("lines", [THAW % "adam(lr=0.05)", "optimizer = adam(lr=0.05); average = 0.9",
                                   "optimizer = adam(lr=0.05); accumulate = 2"])  # fmt: skip
def test_a_resume_goes_on_to_the_bit(loaded: Load, tmp_path: Path, lines: str) -> None:
    net = loaded(NET % lines)
    whole = trainer_of(net)
    whole.fit(ROWS, quiet=True, out=tmp_path / "whole")
    for stop in (1, 2, 3) if ALL else (2,):
        trainer_of(net).fit(ROWS, epochs=stop, quiet=True, out=tmp_path / f"cut{stop}")
        again = trainer_of(net)
        again.resume(tmp_path / f"cut{stop}")
        again.fit(ROWS, epochs=4, quiet=True, out=tmp_path / f"cut{stop}")
        equal(again.checkpoint(), whole.checkpoint())
        equal(load_file(tmp_path / f"cut{stop}/best.safetensors"), load_file(tmp_path / "whole/best.safetensors"))


def test_frozen_braces_can_be_let_go(loaded: Load) -> None:
    text = NET.replace("stem = dense(4, act=tanh)", "frozen { stem = dense(4, act=tanh) }")
    trainer = trainer_of(loaded(text % 'unfreeze = [2: "stem"]'))
    before = trainer.model.state_dict()["stem.weight"]
    trainer.step(BATCH)
    np.testing.assert_array_equal(trainer.model.state_dict()["stem.weight"], before)
    trainer.enter(2)
    trainer.step(BATCH)
    assert not np.array_equal(trainer.model.state_dict()["stem.weight"], before)


@pytest.mark.quick(1)
# ---------------------------------------------------------------- accumulate
@pytest.mark.parametrize("more", ["", "clip_norm = 0.05", "clip_value = 0.01", "average = 0.5"])
@pytest.mark.parametrize("rows", [8, 7, 5, 3])
def test_batches_added_up_are_one_large_batch(loaded: Load, more: str, rows: int) -> None:
    line = f"optimizer = adam(lr=0.05); {more}"
    small = trainer_of(loaded(NET % line), accumulate=2)
    large = trainer_of(loaded(NET % line), batch=8)
    for shift in range(3):
        batch = {name: array[shift : shift + rows] for name, array in ROWS.items()}
        found, expected = small.step(batch), large.step(batch)
        assert found == pytest.approx(expected, rel=1e-5)
    for one, other in ((small.model, large.model), (small.averaged(), large.averaged())):
        close(one.state_dict(), {name: torch.tensor(array) for name, array in other.state_dict().items()})


def test_an_epoch_counts_updates(loaded: Load) -> None:
    """12 rows in batches of 4, two a time: an update of 8 rows and one of 4."""
    line = "optimizer = sgd(lr=0.1, momentum=0.9); schedule = cosine"
    small, large = trainer_of(loaded(NET % line), accumulate=2), trainer_of(loaded(NET % line), batch=8)
    for trainer in (small, large):
        trainer.fit(ROWS, quiet=True)
        assert trainer.progress.step == 8
    close(small.model.state_dict(), {name: torch.tensor(array) for name, array in large.model.state_dict().items()})
    assert [one["learning_rate"] for one in small.history] == [one["learning_rate"] for one in large.history]


def test_batches_from_elsewhere_are_added_up(loaded: Load) -> None:
    line = "optimizer = sgd(lr=0.1)"
    batches = [{name: array[at : at + 4] for name, array in ROWS.items()} for at in (0, 4, 8)]
    pairs = [{name: array[:8] for name, array in ROWS.items()}, batches[2]]
    small, large = trainer_of(loaded(NET % line), accumulate=2), trainer_of(loaded(NET % line), batch=8)
    small.fit(batches, epochs=2, quiet=True)
    large.fit(pairs, epochs=2, quiet=True)
    assert small.progress.step == large.progress.step == 4
    close(small.model.state_dict(), {name: torch.tensor(array) for name, array in large.model.state_dict().items()})


def test_each_batch_of_an_update_has_masks_of_its_own(loaded: Load) -> None:
    """With one mask for both halves, equal rows would have equal losses whether they are added up or not."""
    text = NET.replace("body = dense(4, act=tanh)", "body = dropout(0.5)") % "optimizer = sgd(lr=0.0)"
    trainer = trainer_of(loaded(text), accumulate=2)
    twice = {name: np.concatenate([array[:4], array[:4]]) for name, array in ROWS.items()}
    once = {name: array[:4] for name, array in ROWS.items()}
    assert trainer.step(twice)["loss"] != pytest.approx(trainer_of(loaded(text), accumulate=2).step(once)["loss"])


def test_steps_in_turn_add_up_each(loaded: Load) -> None:
    text = NET.replace("loss = mse(head, t); ", "") % (
        'step a { trains = ["head"]; loss = mse(head, t) }; step b { trains = ["stem", "body"]; loss = mse(head, 0) }'
    )
    small, large = trainer_of(loaded(text), accumulate=2), trainer_of(loaded(text), batch=8)
    for _ in range(2):
        assert small.step(BATCH) == pytest.approx(large.step(BATCH), rel=1e-5)
    close(small.model.state_dict(), {name: torch.tensor(array) for name, array in large.model.state_dict().items()})


def test_gradients_added_up_in_mixed_precision(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision_module, "HAS", {"cpu": ("float32", "mixed", "bfloat16")})
    monkeypatch.setattr(model_module, "target_for", lambda device: "std")
    options = Options(precision="mixed")
    line = "optimizer = sgd(lr=0.1)"
    small = trainer_of(loaded(NET % line), accumulate=2, options=options)
    large = trainer_of(loaded(NET % line), batch=8, options=options)
    for _ in range(3):
        assert small.step(BATCH)["loss"] == pytest.approx(large.step(BATCH)["loss"], rel=1e-2)
    assert float(small.state.get("good_steps")) == 3
    huge = {name: array * np.float32(1e30) for name, array in BATCH.items()}
    before = small.model.state_dict()
    small.step({**huge, "x": BATCH["x"]})
    equal(small.model.state_dict(), before)
    assert float(small.state.get("loss_scale")) == 2.0**15
    small.step(BATCH)
    assert all(np.isfinite(array).all() for array in small.model.state_dict().values())


# ---------------------------------------------------------------- average
def test_the_average_is_timms(loaded: Load) -> None:
    trainer = trainer_of(loaded(NET % "optimizer = sgd(lr=0.5); average = 0.9"))
    mean = trainer.model.state_dict()
    for _ in range(4):
        trainer.step(BATCH)
        mean = {name: 0.9 * mean[name] + 0.1 * array for name, array in trainer.model.state_dict().items()}
    found = trainer.averaged().state_dict()
    close(found, {name: torch.tensor(array) for name, array in mean.items()})
    assert not np.allclose(found["head.weight"], trainer.model.state_dict()["head.weight"])


def test_the_last_of_a_run_is_the_average(loaded: Load, tmp_path: Path) -> None:
    """What the last epoch measured, and not the weights that training goes on with; those are in the file."""
    trainer = trainer_of(loaded(NET % "optimizer = sgd(lr=0.5); average = 0.99"))
    trainer.fit(ROWS, validation=ROWS, epochs=3, quiet=True, out=tmp_path / "run")
    run = netc.load_run(tmp_path / "run", device="cpu")
    equal(run.last.state_dict(), trainer.averaged().state_dict())
    loss = float(np.mean((run.last(ROWS["x"]) - ROWS["t"]) ** 2))
    assert run.history[-1]["validation_loss"] == pytest.approx(loss, rel=1e-5)
    raw = read_initial(tmp_path / "run/last.safetensors", run.net).weights
    equal(raw, trainer.model.state_dict())
    assert not np.allclose(raw["head.weight"], run.last.state_dict()["head.weight"])


def test_a_layer_may_be_called_average(loaded: Load, tmp_path: Path) -> None:
    """Its weights are not taken for averages of others, with and without a moving average."""
    text = (NET % "optimizer = sgd(lr=0.5){}").replace("stem", "average")
    for more in ("", "; average = 0.9"):
        trainer = trainer_of(loaded(text.replace("{}", more)))
        trainer.fit(ROWS, epochs=2, quiet=True, out=tmp_path / f"run{len(more)}")
        run = netc.load_run(tmp_path / f"run{len(more)}", device="cpu")
        equal(run.last.state_dict(), trainer.averaged().state_dict())


def test_the_average_is_what_is_measured_and_kept(loaded: Load, tmp_path: Path) -> None:
    net = loaded(NET % "optimizer = sgd(lr=0.5); average = 0.99")
    trainer = trainer_of(net)
    trainer.fit(ROWS, validation=ROWS, epochs=1, quiet=True, out=tmp_path / "run")
    kept = netc.Model(net, device="cpu")
    kept.load(tmp_path / "run/best.safetensors")
    equal(kept.state_dict(), trainer.averaged().state_dict())
    loss = float(np.mean((kept(ROWS["x"]) - ROWS["t"]) ** 2))
    assert trainer.history[0]["validation_loss"] == pytest.approx(loss, rel=1e-5)
    assert trainer.evaluate(ROWS)["loss"] == pytest.approx(loss, rel=1e-5)
    raw = float(np.mean((trainer.model(ROWS["x"]) - ROWS["t"]) ** 2))
    assert raw != pytest.approx(loss, rel=1e-3)


def test_statistics_are_averaged_too(loaded: Load) -> None:
    text = NET.replace("body = dense(4, act=tanh)", "body = batchnorm") % "optimizer = sgd(lr=0.5); average = 0.75"
    for settings in ({}, {"accumulate": 2}):
        trainer = trainer_of(loaded(text), **settings)
        before = trainer.model.state_dict()["body.running_mean"]
        trainer.step(BATCH)
        after = trainer.model.state_dict()["body.running_mean"]
        assert not np.array_equal(before, after)
        found = trainer.averaged().state_dict()["body.running_mean"]
        np.testing.assert_allclose(found, 0.75 * before + 0.25 * after, rtol=1e-5, atol=1e-7)


# ---------------------------------------------------------------- init
PARTS = """block trunk() { stem = dense(4, act=tanh); fc = dense(3) }
net Whole {
  input x: 4
  cnn = trunk()
  head = dense(2)
}
train Whole { loss = mse(head, t); batch = 4; init = %s }
"""


@pytest.fixture
def file(tmp_path: Path) -> Arrays:
    rng = np.random.default_rng(5)
    shapes = {"stem.weight": (4, 4), "stem.bias": (4,), "fc.weight": (7, 4), "fc.bias": (7,)}
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(tensors, tmp_path / "r.safetensors")
    return tensors


def test_a_part_starts_from_a_file_beside_the_text(loaded: Load, file: Arrays) -> None:
    net = loaded(PARTS % '["cnn": weights("r.safetensors", map = ["fc": none])]')
    drawn = netc.Model(net, device="cpu", seed=3).state_dict()
    trainer = trainer_of(net)
    found = trainer.model.state_dict()
    np.testing.assert_array_equal(found["cnn.stem.weight"], file["stem.weight"])
    np.testing.assert_array_equal(found["cnn.stem.bias"], file["stem.bias"])
    np.testing.assert_array_equal(found["cnn.fc.weight"], drawn["cnn.fc.weight"])
    np.testing.assert_array_equal(found["head.weight"], drawn["head.weight"])
    assert "2 of 4 tensors" in trainer.notes[0]
    assert trainer.notes[1] == "freshly initialised: cnn.fc.weight, cnn.fc.bias"


def test_a_map_renames(loaded: Load, file: Arrays, tmp_path: Path) -> None:
    save_file({f"old.{name}": array for name, array in file.items()}, tmp_path / "old.safetensors")
    net = loaded(PARTS % '["cnn": weights("old.safetensors", map = ["old.fc": none, "fc": none, "old.stem": "stem"])]')
    np.testing.assert_array_equal(trainer_of(net).model.state_dict()["cnn.stem.weight"], file["stem.weight"])


def test_weights_that_were_loaded_win(loaded: Load, file: Arrays) -> None:
    net = loaded(PARTS % '["cnn": weights("r.safetensors", map = ["fc": none])]')
    model = netc.Model(net, device="cpu")
    given = {name: np.ones_like(array) for name, array in model.state_dict().items()}
    model.load_state_dict(given)
    equal(netc.Trainer(model).model.state_dict(), given)


@pytest.mark.parametrize(
    ("init", "code", "words"),
    [
        ('["cnn": weights("none.safetensors")]', "E553", "there is no such file"),
        ('["cnn": weights("r.safetensors")]', "E552", "cnn.fc.weight"),
        ('["cnn": weights("r.safetensors", map = ["fc": none, "stem": none])]', "E550", "`init` takes no tensor"),
        ('weights("r.safetensors", map = ["fc": none])', "E550", "cnn.stem.weight"),
    ],
)
def test_files_that_do_not_fit(loaded: Load, file: Arrays, init: str, code: str, words: str) -> None:
    net = loaded(PARTS % init)
    with pytest.raises(DiagnosticError) as caught:
        trainer_of(net)
    assert caught.value.diagnostics[0].code == code
    assert words in "".join(found.message for found in caught.value.diagnostics)


def test_compiled_models_start_from_files_too(loaded: Load, file: Arrays, tmp_path: Path) -> None:
    loaded(PARTS % '["cnn": weights("r.safetensors", map = ["fc": none])]; average = 0.9')
    assert netc.cli.run(["compile", str(tmp_path / "net.net"), "--train", "-o", str(tmp_path / "step.onnx")]) == 0
    tensors = load_file(tmp_path / "step.safetensors")
    np.testing.assert_array_equal(tensors["cnn.stem.weight"], file["stem.weight"])
    np.testing.assert_array_equal(tensors["average.cnn.stem.weight"], file["stem.weight"])


# ---------------------------------------------------------------- findings
def test_a_summary_counts_what_a_plan_freezes(loaded: Load) -> None:
    whole = totals(loaded(NET % 'freeze = ["stem", "body.bias"]; unfreeze = [2: "stem"]'))
    assert (whole.frozen, whole.trainable) == (20 + 4, 16 + 10)


@pytest.mark.parametrize("lines", ['freeze = ["stem", "body"]', 'follow = ["body": copy("stem")]; freeze = ["body"]'])
def test_freezing_what_is_frozen_is_a_warning(tmp_path: Path, lines: str) -> None:
    text = NET.replace("body = dense(4, act=tanh)", "frozen { body = dense(4, act=tanh) }") % lines
    found = check("net.net", text).diagnostics
    assert [(one.code, one.message) for one in found] == [
        ("L006", "`freeze` names `body`, where nothing moves anyway"),
    ]


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        ('freeze = ["stem"]; unfreeze = [1: ["stem"]]', "E406", "an epoch to unfreeze in is a whole number from 2"),
        ('freeze = ["stem"]; unfreeze = [2: ["stam"]]', "E415",
         "`unfreeze` names `stam`, and nothing that can move is called so"),
        ('freeze = ["stem"]; unfreeze = [2: ["body"]]', "E416",
         "`unfreeze` names `body`, which is not frozen in epoch 2"),
        ('freeze = ["stem"]; unfreeze = [2: ["stem"], 3: ["stem"]]', "E416",
         "`unfreeze` names `stem`, which is not frozen in epoch 3"),
        ('freeze = ["stem"]; unfreeze = [9: ["stem"]]', "E416", "epoch 9 is not reached: there are 4"),
        ("unfreeze = 3", "E406", "`unfreeze` is a table from epochs to names"),
        ('freeze = ["stem", "body", "head"]', "E416", "everything that this would train is frozen"),
        ('freeze = ["head"]; trains = ["head"]', "E416", "everything that this would train is frozen"),
        ("accumulate = 0", "E406", "`accumulate` is a positive whole number, found 0"),
        ('accumulate = 2; trains = ["x"]', "E416",
         "`accumulate` adds up the gradients of weights, and this step moves an input"),
        ("average = 1", "E406", "`average` is a number of at least 0 and below 1, found 1"),
        ('init = ["had": weights("r.safetensors")]', "E415",
         "`init` names `had`, and nothing that can move is called so"),
        ('init = ["head": load("r.safetensors")]', "E406", "a part starts from `weights` of a file"),
        ('init = ["head": weights("r.safetensors", map = 3)]', "E406",
         "`map` is a table from names in the file to names here, or to none"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_its_line(loaded: Load, lines: str, code: str, message: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        loaded(NET % f"\n  {lines}\n")
    found = [(one.code, one.message, one.primary.span.line) for one in caught.value.diagnostics if one.primary]
    assert found == [(code, message, 8)]
