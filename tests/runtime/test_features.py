"""Features that are kept: the same training up to rounding, and refused where it would be another one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.cli import run
from netc.grammar.diagnostics import DiagnosticError

TEXT = """
net A {
  input image: 1x8x8, size: 2
  stem = image -> conv(4, 3x3, pad=same) -> batchnorm -> relu
  deep = conv(6, 3x3, pad=same, act=relu) -> __BETWEEN__
  side = stem -> global_avgpool -> dense(3, act=tanh)
  [deep -> flatten, side, size] -> concat -> dropout(0.3)
  hidden = dense(8, act=relu)
  logits = dense(10)
  output logits, deep
}
train A {
  loss      = cross_entropy(logits, label) + 1e-3 * mse(deep, 0)
  optimizer = adam(lr=0.01)
  metrics   = [accuracy]
  batch     = 16
  epochs    = 3
  __MORE__
}
"""
RANDOM = np.random.default_rng(0)
DATA = {
    "image": RANDOM.random((70, 1, 8, 8)).astype(np.float32),
    "size": RANDOM.random((70, 2)).astype(np.float32),
    "label": RANDOM.integers(0, 10, 70),
}


def text(more: str = 'freeze = ["stem", "deep"]', between: str = "maxpool(2x2)") -> str:
    return TEXT.replace("__MORE__", more).replace("__BETWEEN__", between)


def trained(cache: bool, **how: Any) -> netc.Trainer:
    trainer = netc.Trainer(netc.Model(netc.loads(text(**how)), device="cpu", seed=3), cache_features=cache)
    trainer.fit(DATA, validation=0.2, quiet=True)
    return trainer


FROZEN = 'freeze = ["stem", "deep"]'
HEAD = {"hidden", "logits"}


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("more", "moving"),
    [
        (FROZEN, {"side", *HEAD}),
        ('freeze = ["stem", "deep", "side"]; accumulate = 2', HEAD),
        (f'{FROZEN}; average = 0.9; adapt = ["hidden": lora(2)]', {"side", *HEAD}),
    ],
)
def test_the_training_is_the_same(more: str, moving: set[str]) -> None:
    """Losses, metrics and weights of each epoch, dropout's masks too."""
    kept, whole = trained(True, more=more), trained(False, more=more)
    for one, other in zip(kept.history, whole.history, strict=True):
        assert one.keys() == other.keys()
        for name, value in other.items():
            if name != "seconds":
                assert one[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name
    begun = netc.Model(whole.model.net, device="cpu", seed=3).state_dict()
    found = kept.model.state_dict()
    for name, array in whole.model.state_dict().items():
        np.testing.assert_allclose(found[name], array, rtol=1e-3, atol=1e-5, err_msg=name)
    assert {name.partition(".")[0] for name, array in found.items() if np.any(array != begun[name])} == moving


def test_the_front_runs_once_for_each_row() -> None:
    trainer = netc.Trainer(netc.Model(netc.loads(text()), device="cpu"), cache_features=True)
    assert trainer.features is not None
    seen: Counter[int] = Counter()
    forward = trainer.features._front.forward

    def counted(feeds: Any, *more: Any) -> Any:
        seen.update(map(hash, map(bytes, feeds["image"])))
        return forward(feeds, *more)

    trainer.features._front.forward = counted  # type: ignore[method-assign]
    trainer.fit(DATA, validation=0.2, quiet=True)
    assert set(seen.values()) == {1}
    assert len(seen) == 70
    operators = Counter(node.op for node in trainer.features.cut.head.graph.nodes)
    assert not operators["Conv"]
    assert not operators["BatchNormalization"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"more": ""}, "no frozen layer stands at the front"),
        ({"more": 'freeze = ["deep"]'}, "`deep.conv1.weight` is frozen, and `stem.conv1` in front of it is trained"),
        ({"more": 'freeze = ["stem", "deep"]; augmentation = [flip]'}, "augmentation (flip)"),
        ({"more": 'freeze = ["stem", "deep"]; unfreeze = [2: ["deep"]]'}, "`unfreeze` lets frozen layers go"),
        ({"between": "dropout(0.5) -> conv(6, 1x1) -> maxpool(2x2)"}, "`deep.dropout1` draws anew in each step"),
    ],
)
def test_what_would_be_another_training_is_refused(how: dict[str, str], says: str) -> None:
    with pytest.raises(DiagnosticError, match="E574") as caught:
        netc.Trainer(netc.Model(netc.loads(text(**how)), device="cpu"), cache_features=True)
    assert says in caught.value.diagnostics[0].message


def test_batches_from_elsewhere_are_refused() -> None:
    trainer = netc.Trainer(netc.Model(netc.loads(text()), device="cpu"), cache_features=True)
    with pytest.raises(DiagnosticError, match="E574"):
        trainer.fit([{name: array[:16] for name, array in DATA.items()}], quiet=True)


def test_a_step_and_an_evaluation_take_images() -> None:
    kept = netc.Trainer(netc.Model(netc.loads(text()), device="cpu", seed=1), cache_features=True)
    whole = netc.Trainer(netc.Model(netc.loads(text()), device="cpu", seed=1))
    batch = {name: array[:16] for name, array in DATA.items()}
    assert kept.step(batch)["loss"] == pytest.approx(whole.step(batch)["loss"], rel=1e-5)
    assert kept.evaluate(DATA)["loss"] == pytest.approx(whole.evaluate(DATA)["loss"], rel=1e-4)


def test_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text("""
net A { input image: 1x8x8; body = conv(4, 3x3, act=relu) -> flatten; logits = dense(10) }
train A { loss = cross_entropy(logits, label); optimizer = adam; metrics = [accuracy]; data = "digits"; batch = 100 }
""")
    given = ["train", "a.net", "--freeze", "body", "--epochs", "2"]
    assert run([*given, "--out", "kept", "--cache-features"]) == 0
    assert "features     body.flatten1 144 of every row, made once" in capsys.readouterr().err
    assert run([*given, "--out", "whole"]) == 0
    found, wanted = (netc.load_run(name).metrics for name in ("kept", "whole"))
    assert found == pytest.approx(wanted, rel=1e-4)
    assert run(["train", "--resume", "kept", "--epochs", "3"]) == 0
    assert run(["predict", "kept", "kept/sample.npz"]) == 0
