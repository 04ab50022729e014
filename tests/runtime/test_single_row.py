"""A last batch of one example, which has no variance for batch normalization, is joined to the batch before."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.batches import Batches, number_of_batches
from netc.runtime.show.progress import PlainProgress

NORMALIZED = "dense(8, bias=false) -> batchnorm -> relu"
random = np.random.default_rng(0)
X = (random.normal(size=(65, 6)) + 2).astype(np.float32)
LABELS = (X[:, :3] - 2).argmax(axis=1)


def trained(body: str, rows: int, folder: Path, *, epochs: int = 40, batch: int = 32, **settings: Any) -> Any:
    file = folder / "a.net"
    file.write_text(
        f"net A {{ input x: 6\n {body}\n logits = dense(3) }}\n"
        f"train A {{ loss = cross_entropy(logits, label); optimizer = adam(lr=1e-2)\n"
        f"epochs = {epochs}; batch = {batch} }}"
    )
    net = netc.load(file)
    trainer = netc.Trainer(netc.Model(net, device="cpu", seed=3), replace(net.plan(), **settings))
    sizes, start = [], trainer.start

    def watched(feeds: Any, rates: Any) -> Any:
        sizes.append(len(feeds["x"]))
        return start(feeds, rates)

    trainer.start = watched  # type: ignore[method-assign]
    history = trainer.fit({"x": X[:rows], "label": LABELS[:rows]})
    return trainer, sizes[: len(sizes) // epochs], history


@pytest.mark.quick(3)
@pytest.mark.filterwarnings("ignore:the last batch")
@pytest.mark.parametrize(("rows", "sizes"), [(32, [32]), (33, [33]), (34, [32, 2]), (64, [32, 32]), (65, [32, 33])])
def test_statistics_are_those_of_the_data(rows: int, sizes: list[int], tmp_path: Path) -> None:
    trainer, found, history = trained(NORMALIZED, rows, tmp_path)
    assert found == sizes
    assert history[-1]["step"] == 40 * len(sizes)
    weights = trainer.model.state_dict()
    variance = (X[:rows].astype(float) @ weights["dense1.weight"].T).var(axis=0)
    if sizes[-1] > 2:
        np.testing.assert_allclose(weights["batchnorm1.running_var"] / variance, 1, atol=0.25)


def test_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    what = "the last batch of 33 rows would hold one.*joined to the batch before"
    with pytest.warns(UserWarning, match=what) as said:
        trainer, _, _ = trained(NORMALIZED, 33, tmp_path, epochs=1)
    assert [item.filename for item in said] == [__file__]  # the line that called `fit`
    trainer.fit({"x": X[:33], "label": LABELS[:33]}, epochs=2, listener=PlainProgress())
    assert "note         the last batch of 33 rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "rows", "settings", "sizes"),
    [
        ("dense(8, act=relu)", 33, {}, [32, 1]),
        (NORMALIZED, 33, {"freeze": ("batchnorm1",)}, [32, 1]),
        ("dense(8, act=relu)", 1, {}, [1]),
    ],
)
def test_where_there_is_nothing_to_join(
    body: str, rows: int, settings: dict[str, Any], sizes: list[int], tmp_path: Path
) -> None:
    """Without statistics of the batch, and where there is no batch before."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "arrays has (no row|one row)")  # most classes are absent
        assert trained(body, rows, tmp_path, epochs=2, **settings)[1] == sizes


def test_one_row_in_all_has_no_variance(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="E613"):
        trained(NORMALIZED, 1, tmp_path, epochs=2)


@pytest.mark.filterwarnings("ignore:the last batch")
def test_a_resumed_run_makes_the_same_batches(tmp_path: Path) -> None:
    """Stopped after the first of two batches, the second has 33 rows, and the weights are the same bits."""

    class Stopping(PlainProgress):
        def stepped(self, progress: Any, results: Any) -> None:
            if progress.step == 3:
                import _thread

                _thread.interrupt_main()

    rows = {"x": X, "label": LABELS}
    whole, _, _ = trained(NORMALIZED, 65, tmp_path, epochs=3)
    first = netc.Trainer(netc.Model(whole.model.net, device="cpu", seed=3))
    with pytest.raises(KeyboardInterrupt):
        first.fit(rows, out=tmp_path / "run", listener=Stopping())
    assert first.progress.step == 3
    again = netc.Trainer(netc.Model(whole.model.net, device="cpu", seed=9))
    again.resume(tmp_path / "run")
    history = again.fit(rows, out=tmp_path / "run")
    assert [record["step"] for record in history] == [2, 4, 6]
    for name, array in whole.model.state_dict().items():
        assert np.array_equal(again.model.state_dict()[name], array), name


@pytest.mark.parametrize(
    ("rows", "batch", "fewest"), [(33, 32, 2), (65, 32, 2), (7, 3, 2), (10, 4, 3), (1, 4, 2), (5, 1, 2)]
)
def test_every_row_comes_once(rows: int, batch: int, fewest: int) -> None:
    class Numbers:
        def __len__(self) -> int:
            return rows

        def batch(self, indices: Any) -> dict[str, Any]:
            return {"x": np.asarray(indices)}

    with Batches(Numbers(), batch, fewest=fewest) as ready:
        made = [arrays["x"] for arrays in ready]
    assert len(made) == number_of_batches(rows, batch, fewest)
    assert sorted(np.concatenate(made).tolist()) == list(range(rows))
    assert all(len(one) >= min(fewest, batch, rows) for one in made)
