"""NaN and infinity: the step, the layer where they first appear, the weights before; steps that are skipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.runs.listing import read_run
from netc.runtime.sessions.resident import Resident

TEXT = """
net Small {{
  input x: 4
  first = dense(8, act=relu)
  {middle}
  y = dense(1)
}}
train Small {{ loss = {loss}; optimizer = {optimizer}; batch = 8; epochs = 3 }}
"""
PLAIN = {"middle": "second = dense(8)", "loss": "mse(y, t)", "optimizer": "sgd(lr=0.01)"}


def trainer(tmp_path: Path, skip: int = 0, **parts: str) -> netc.Trainer:
    path = tmp_path / "small.net"
    path.write_text(TEXT.format(**{**PLAIN, **parts}), encoding="utf-8")
    return netc.Trainer(netc.Model(netc.load(str(path)), device="cpu"), skip_bad_steps=skip)


def rows(scale: float = 1.0, bad: int | None = None) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = (scale * rng.normal(size=(32, 4))).astype(np.float32)
    if bad is not None:
        x[bad] = 1e30
    return {"x": x, "t": x[:, :1].clip(-1, 1)}


def test_a_run_knows_that_it_diverged(tmp_path: Path) -> None:
    made, run = trainer(tmp_path, middle="large = first * 100 -> exp\n  second = dense(8)"), tmp_path / "run"
    with pytest.raises(DiagnosticError, match="E701"):
        made.fit(rows(100), out=run, quiet=True)
    assert read_run(run).status == "diverged"
    again = trainer(tmp_path)
    again.fit(rows(), out=tmp_path / "fine", epochs=1, quiet=True)
    (tmp_path / "fine/model.onnx").unlink()
    assert read_run(tmp_path / "fine").status == "finished"
    (tmp_path / "fine/diverged.json").write_bytes((run / "diverged.json").read_bytes())
    again = trainer(tmp_path)
    again.resume(tmp_path / "fine")
    again.fit(rows(), out=tmp_path / "fine", epochs=2, quiet=True)
    assert read_run(tmp_path / "fine").status == "finished"
    assert not (tmp_path / "fine/diverged.json").exists()


def finding(made: netc.Trainer, data: dict[str, np.ndarray]) -> Diagnostic:
    before = {name: array.copy() for name, array in made.model.state_dict().items()}
    with pytest.raises(DiagnosticError) as error:
        made.step(data)
    after = made.model.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    (found,) = error.value.diagnostics
    assert found.code == "E701"
    return found


def test_the_layer_whose_output_is_first_not_finite(tmp_path: Path) -> None:
    made = trainer(tmp_path, middle="large = first * 100 -> exp\n  second = dense(8)")
    found = finding(made, rows(100))
    assert "in step 1" in found.message
    assert found.notes[0].startswith("the output of `large` is the first")
    assert found.primary is not None
    assert found.primary.span.line == 5


def test_the_gradient_that_is_first_not_finite(tmp_path: Path) -> None:
    """The root of zero is finite, and its slope there is not."""
    made = trainer(tmp_path, middle="small = first - 1e9 -> relu -> sqrt\n  second = dense(8)")
    found = finding(made, rows())
    assert found.message == "the update is not finite in step 1"
    assert "`small" in found.notes[0] or "`first" in found.notes[0]
    assert found.notes[0].endswith("from the loss back")


def test_a_loss_alone(tmp_path: Path) -> None:
    found = finding(trainer(tmp_path), {**rows(), "t": np.full((32, 1), 3e38, np.float32)})
    assert found.notes[0] == "the outputs of all layers are finite: it is the loss itself that is not"


def test_an_update_that_overflows(tmp_path: Path) -> None:
    found = finding(trainer(tmp_path, optimizer="sgd(lr=1e38)"), rows(100))
    assert found.notes[0] == "loss and gradients are finite: it is the optimizer's update that is not"


@pytest.mark.parametrize("optimizer", ["sgd(lr=0.01)", "adam(lr=0.01)"])
def test_bad_steps_are_skipped_and_change_nothing(tmp_path: Path, optimizer: str) -> None:
    """With a batch that is not finite, and skipped, weights and state are those of the others alone."""
    good = [{name: array[8 * n : 8 * n + 8] for name, array in rows().items()} for n in range(3)]
    bad = {name: array[:8] for name, array in rows(bad=0).items()}
    made, plain = trainer(tmp_path, 2, optimizer=optimizer), trainer(tmp_path, optimizer=optimizer)
    for batch in (good[0], bad, good[1], bad):
        made.step(batch)
    assert made.progress.skipped == 2
    for batch in good[:2]:
        plain.step(batch)
        plain.progress.step += batch is good[0]  # the numbers of steps go on
    for name, array in plain.checkpoint().items():
        assert np.array_equal(array, made.checkpoint()[name]), name
    with pytest.raises(DiagnosticError, match=r"E701.*in step 5"):
        made.step(bad)


def test_skipped_steps_are_told_and_counted_across_a_resume(tmp_path: Path) -> None:
    made = trainer(tmp_path, 2)
    with pytest.warns(UserWarning, match=r"step \d is skipped: the loss is (inf|nan) \(1 of 2\)"):
        made.fit(rows(bad=3), epochs=1, out=tmp_path / "run", quiet=True)
    assert len(made.history) == 1
    again = trainer(tmp_path, 2)
    again.resume(tmp_path / "run")
    assert again.progress.skipped == 1
    with pytest.raises(DiagnosticError, match="E701"), pytest.warns(UserWarning, match="2 of 2"):
        again.fit(rows(bad=3), epochs=3, out=tmp_path / "run", quiet=True)


@pytest.mark.parametrize("extra", ["accumulate = 2", "accumulate = 4; clip_norm = 1.0"])
def test_gradients_that_are_added_up(tmp_path: Path, extra: str) -> None:
    made = trainer(tmp_path, loss=f"mse(y, t); {extra}")
    found = finding(made, rows(bad=12))
    assert "in step 1" in found.message


PARTS = {
    "batches": """
net Parts { input x: 4; dense(3) -> batchnorm; y = dense(1) }
train Parts { loss = mse(y, u); optimizer = adam(lr=0.1); batch = 4; accumulate = 3 }
""",
    "steps": """
net Parts { input x: 4; a = dense(3); y = dense(1); z = x -> dense(1) }
train Parts {
  optimizer = adam(lr=0.1); batch = 12
  step one { trains = ["a", "y"]; loss = mse(y, t) }
  step two { trains = ["z"]; loss = mse(z, u) }
}
""",
    "steps on the same": """
net Parts { input x: 4; a = dense(3) -> batchnorm; y = dense(1); z = a -> dense(1) }
train Parts {
  optimizer = adam(lr=0.1); batch = 12; average = 0.9
  step one { loss = mse(y, t) }
  step two { loss = mse(y, t) + mse(z, u) }
}
""",
}
"""Updates that several runs of a model make, the last of which has an infinite loss where one target is too large."""


def in_parts(text: str, skip: int) -> netc.Trainer:
    return netc.Trainer(netc.Model(netc.loads(text), device="cpu", seed=1), skip_bad_steps=skip)


def batch_in_parts(text: str, *, bad: bool = False) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(int(bad))
    found = {name: rng.normal(size=(12, size)).astype(np.float32) for name, size in (("x", 4), ("t", 1), ("u", 1))}
    found["u"][-1] = 1e30 if bad else 1
    return found if "t)" in text else {"x": found["x"], "u": found["u"]}


@pytest.mark.parametrize("text", PARTS.values(), ids=PARTS)
def test_an_update_in_parts_is_skipped_as_a_whole(text: str) -> None:
    """Running statistics, weights and optimizer state are those of the other batches alone."""
    check_skipped_as_a_whole(in_parts(text, 1), in_parts(text, 0), text)


def check_skipped_as_a_whole(made: netc.Trainer, plain: netc.Trainer, text: str) -> None:
    good = batch_in_parts(text)
    for batch in (good, batch_in_parts(text, bad=True), good):
        made.step(batch)
    assert made.progress.skipped == 1
    for number in range(2):
        plain.step(good)
        plain.progress.step += number == 0
    assert_equal_tensors(made.checkpoint(), plain.checkpoint())


@pytest.mark.parametrize("text", PARTS.values(), ids=PARTS)
def test_an_update_in_parts_that_diverges_leaves_the_weights(text: str) -> None:
    """The step of the plan is made again, to find the layer, on the weights that the steps before it left."""
    made = in_parts(text, 0)
    made.step(batch_in_parts(text))
    before = made.model.state_dict()
    with pytest.raises(DiagnosticError, match="E701") as error:
        made.step(batch_in_parts(text, bad=True))
    assert error.value.diagnostics[0].notes[0].endswith("it is the loss itself that is not")
    assert_equal_tensors(made.model.state_dict(), before)
    made.step(batch_in_parts(text))


def assert_equal_tensors(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name].tobytes() != expected[name].tobytes()] == []


@pytest.mark.parametrize(("name", "expected"), [("batches", ["running_mean", "running_var"]), ("steps", [])])
def test_what_one_run_alone_writes_is_not_copied(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: list[str]
) -> None:
    copied: list[str] = []
    read = Resident.get_other
    monkeypatch.setattr(Resident, "get_other", lambda resident, name: copied.append(name) or read(resident, name))
    in_parts(PARTS[name], 1).step(batch_in_parts(PARTS[name]))
    assert sorted(name.rpartition(".")[2] for name in copied) == expected
