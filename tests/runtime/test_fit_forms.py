"""What `fit` takes: every form of the same data gives the same weights, and what is no data is refused by code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import netc
from netc.compiler import Net, Port
from netc.runtime.data.batches import order
from netc.runtime.data.stream import Stream, joined

from .conftest import arrays

ROWS = 48
DATA = arrays(ROWS)
X, Y = DATA["image"], DATA["label"]
SHARES = [(0, 5), (1, 4), (2, 3)]
"""Rows to hold out of each class, of 18, 16 and 14: a quarter is 12, of equal remainders the first is rounded up."""


def trainer_of(net: Net, **settings: Any) -> netc.Trainer:
    return netc.Trainer(netc.Model(net, device="cpu", seed=1), **settings)


def epoch_of(epoch: int) -> list[np.ndarray]:
    """The rows of each batch as the loop orders them."""
    return np.split(order(ROWS, 1, epoch), ROWS // 16)


class InOrder:
    """Batches as the loop would make them of the rows, one epoch after the other."""

    def __init__(self, make: Any) -> None:
        self.make, self.passes = make, 0

    def __len__(self) -> int:
        return ROWS // 16

    def __iter__(self) -> Iterator[Any]:
        self.passes += 1
        return iter([self.make(X[rows], Y[rows]) for rows in epoch_of(self.passes - 1)])


def endless() -> Iterator[Any]:
    for epoch in range(100):
        yield from ((X[rows], Y[rows]) for rows in epoch_of(epoch))


FORMS: dict[str, Any] = {
    "pair": lambda: ((X, Y), {}),
    "list": lambda: ([X, Y], {}),
    "tensors": lambda: ((torch.tensor(X), torch.tensor(Y)), {}),
    "pair of dicts": lambda: (({"image": X}, {"label": Y}), {}),
    "float64 and int32": lambda: ((X.astype(np.float64), Y.astype(np.int32)), {}),
    "batches": lambda: (InOrder(lambda x, y: (x, y)), {}),
    "batches of dicts": lambda: (InOrder(lambda x, y: {"image": torch.tensor(x), "label": y}), {}),
    "generator": lambda: (endless(), {"steps": 3}),
}


@pytest.mark.quick(2)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_training(net: Net, form: str) -> None:
    expected, found = trainer_of(net, epochs=3), trainer_of(net, epochs=3)
    expected.fit(DATA, validation=DATA)
    data, settings = FORMS[form]()
    history = found.fit(data, validation=(X, Y), **settings)
    weights = expected.model.state_dict()
    for name, array in found.model.state_dict().items():
        np.testing.assert_array_equal(array, weights[name], err_msg=name)
    assert history["validation_loss"] == expected.history["validation_loss"]
    assert found.card is not None
    assert [item.name for item in (*found.card.inputs, *found.card.targets)] == ["image", "label"]


def test_a_loader_s_batches_are_what_is_trained_on(net: Net) -> None:
    """Eight of six rows; measured on itself it gives what the arrays give."""
    loader = DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=6, shuffle=True)
    trainer = trainer_of(net, epochs=2)
    history = trainer.fit(loader, validation=loader)
    assert history["step"] == [8, 16]
    assert trainer.evaluate(loader) == pytest.approx(trainer.evaluate(DATA), rel=1e-5)
    assert history[-1]["validation_loss"] == pytest.approx(trainer.evaluate(DATA)["loss"], rel=1e-5)


def test_an_epoch_of_steps_goes_on_where_the_last_one_ended(net: Net) -> None:
    seen: list[int] = []

    class Three:
        def __iter__(self) -> Iterator[Any]:
            for part in range(3):
                seen.append(part)
                yield X[16 * part : 16 * part + 16], Y[16 * part : 16 * part + 16]

    history = trainer_of(net, epochs=3).fit(Three(), steps=2)
    assert history["step"] == [2, 4, 6]
    assert seen == [0, 1, 2, 0, 1, 2]


def cut(*sizes: int) -> list[Any]:
    ends = np.cumsum(sizes)
    return [(X[end - size : end], Y[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def test_a_lone_last_row_is_joined_to_the_batch_before_and_said_once(net: Net) -> None:
    steady = netc.loads(net.source.replace("schedule  = cosine(warmup=1)", ""))  # whose rates don't count steps
    trainer, expected = trainer_of(steady, epochs=3), trainer_of(steady, epochs=3)
    with pytest.warns(UserWarning, match="batch 3 of an epoch has 1 row .* joined to the batch before") as said:
        trainer.fit(cut(16, 16, 1))
    assert [item.filename for item in said] == [__file__]
    expected.fit(cut(16, 17))
    weights = expected.model.state_dict()
    for name, array in trainer.model.state_dict().items():
        np.testing.assert_array_equal(array, weights[name], err_msg=name)
    assert trainer.history["step"] == [2, 4, 6]


@pytest.mark.parametrize(
    ("sizes", "kept", "said"),
    [
        ((4, 4, 1), [4, 5], "batch 3 of an epoch has 1 row and no variance for batch norm: it is joined"),
        ((4, 1, 4), [5, 4], "batch 2 of an epoch has 1 row and no variance for batch norm: it is joined"),
        ((4, 1, 1), [6], "batch 2 of an epoch has 1 row and no variance for batch norm: it is joined"),
        ((1, 4), [4], "a batch of 1 row before larger ones is left out"),
        ((1, 1, 1), [1, 1, 1], None),
        ((2, 2), [2, 2], None),
        ((1,), [1], None),
    ],
)
def test_which_batches_are_joined(sizes: tuple[int, ...], kept: list[int], said: str | None) -> None:
    heard: list[str] = []
    batches = [{"image": x, "label": y} for x, y in cut(*sizes)]
    found = list(joined(batches, 2, heard.append))
    assert [len(batch["label"]) for batch in found] == kept
    assert len(heard) == (sum(size == 1 for size in sizes) if said else 0)
    assert all(text.startswith(said or "") for text in heard[:1])
    rows = np.concatenate([batch["image"] for batch in found])
    np.testing.assert_array_equal(rows, X[sum(sizes) - len(rows) : sum(sizes)])


def test_a_lone_row_of_another_shape_is_left_out() -> None:
    heard: list[str] = []
    batches = [{"x": np.ones((3, 5))}, {"x": np.ones((1, 4))}]
    assert [batch["x"].shape for batch in joined(batches, 2, heard.append)] == [(3, 5)]
    assert heard == ["batch 2 of an epoch has 1 row and no variance for batch norm: it is left out"]


def test_a_pass_that_goes_on_counts_the_batches_that_were_trained_on(net: Net) -> None:
    """The third step of a pass is the same, be it begun at the first or after a resume."""
    ports = trainer_of(net).ports
    whole = list(Stream(cut(4, 1, 4, 4, 1), ports).epoch(0, 2))
    rest = list(Stream(cut(4, 1, 4, 4, 1), ports).epoch(2, 2))
    assert [len(batch["label"]) for batch in whole] == [5, 4, 5]
    np.testing.assert_array_equal(rest[0]["image"], whole[2]["image"])
    assert len(rest) == 1


def test_a_net_without_batch_norm_takes_lone_rows(folder: Path) -> None:
    dense = netc.loads("""net D { input image: 1x6x6
      logits = flatten -> dense(3) }
    train D { loss = cross_entropy(logits, label); epochs = 1 }""")
    trainer = trainer_of(dense)
    trainer.fit(cut(16, 1))
    assert trainer.progress.step == 2


def test_texts_are_classes_by_name(net: Net) -> None:
    names = np.array(["ant", "bee", "cow"])
    trainer = trainer_of(net, epochs=20)
    trainer.fit((X, names[Y]), validation=0.25)
    assert trainer.card is not None
    assert trainer.card.class_names == ["ant", "bee", "cow"]
    answers = trainer.model.predict(X)
    assert np.mean([answer.name == name for answer, name in zip(answers, names[Y], strict=True)]) > 0.9
    with pytest.raises(netc.DiagnosticError, match="E520"):
        trainer.evaluate((X, np.array(["ant", "bee", "cat"])[Y]))


def test_a_share_is_held_out_by_seed_0(net: Net) -> None:
    trainer = trainer_of(net, epochs=1)
    history = trainer.fit((X, Y), validation=0.25)
    assert trainer.card is not None
    assert [(part.name, part.rows) for part in trainer.card.parts] == [("train", 36), ("val", 12)]
    shuffled = np.random.default_rng([0, ROWS]).permutation(ROWS)
    held = np.sort(np.concatenate([[row for row in shuffled if Y[row] == label][:share] for label, share in SHARES]))
    assert history[-1]["validation_loss"] == pytest.approx(trainer.evaluate((X[held], Y[held]))["loss"], rel=1e-6)


def test_bytes_are_divided_and_the_card_says_so(net: Net) -> None:
    stored = np.random.default_rng(0).integers(0, 256, X.shape, np.uint8)
    first, second = trainer_of(net, epochs=2), trainer_of(net, epochs=2)
    first.fit((stored, Y))
    second.fit((stored / np.float32(255), Y))
    for name, array in first.model.state_dict().items():
        np.testing.assert_array_equal(array, second.model.state_dict()[name], err_msg=name)
    assert first.card is not None
    assert first.card.inputs[0].dtype == "uint8"
    np.testing.assert_array_equal(first.model(stored), first.model(stored / np.float32(255)))
    np.testing.assert_array_equal(first.model(stored), first.model(stored.astype(np.float32)))  # still 0 to 255


class Unmeasured(IterableDataset):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        yield X[0], Y[0]


WRONG: dict[str, Any] = {
    "a number": (3, {}, "E580", "a value of type int is no data"),
    "one array": (X, {}, "E580", "one array for the input `image` and the target `label`"),
    "three arrays": ((X, Y, Y), {}, "E580", "3 arrays for"),
    "single rows": (TensorDataset(torch.tensor(X), torch.tensor(Y)), {}, "E580", "DataLoader"),
    "no length": (DataLoader(Unmeasured(), batch_size=2), {}, "E580", "add `steps=100`"),
    "steps of rows": ((X, Y), {"steps": 3}, "E580", "`steps=` counts batches"),
    "no batches": ([], {}, "E559", "no batches"),
    "a generator that ends": (((X[:4], Y[:4]) for _ in range(3)), {"steps": 2}, "E581", "ended after 1 of 2"),
    "channels last": ((X.transpose(0, 2, 3, 1), Y), {}, "E556", "channels last.*transpose"),
    "no channel": ((X[:, 0], Y), {}, "E556", r"x\[:, None\]"),
    "large pixels": ((X * 100 + 300, Y), {}, "E521", r"x / np.float32\(255\)"),
    "an empty batch": ([(X[:3], Y[:3]), (X[:0], Y[:0])], {}, "E556", "batch 2 of the epoch has no rows"),
    "other rows": ((X, Y[:5]), {}, "E556", "`label` has 5 on axis 0, where `image` has 48"),
    "text in batches": ([(X[:3], np.array(["a", "b", "c"]))], {}, "E557", "numbered from 0"),
    "a share of batches": ([(X, Y)], {"validation": 0.2}, "E582", "no share of list"),
    "no share": ((X, Y), {"validation": 1.5}, "E582", "no share to hold out"),
    "a share of parts": ("digits", {"validation": 0.2}, "E582", "rows to hold out come with digits: part `test`"),
    "a generator to measure on": ((X, Y), {"validation": (pair for pair in [(X, Y)])}, "E580", "once alone"),
}


@pytest.mark.quick(9)
@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_data_is_refused(net: Net, case: str) -> None:
    data, settings, code, says = WRONG[case]
    if case == "a generator that ends":
        settings = {**settings, "epochs": 2}
    with pytest.raises(netc.DiagnosticError, match=says) as caught:
        trainer_of(net, epochs=1).fit(data, **settings)
    assert caught.value.diagnostics[0].code == code


def test_batches_beyond_a_length_are_no_secret(net: Net) -> None:
    class Liar(InOrder):
        def __len__(self) -> int:
            return 2

    with pytest.raises(netc.DiagnosticError, match=r"E581.*more than the 2 batches"):
        trainer_of(net, epochs=1).fit(Liar(lambda x, y: (x, y)))


def test_an_autoencoder_takes_one_array() -> None:
    net = netc.loads("""net A { input x: 4
      code = dense(2)
      back = dense(4) }
    train A { loss = mse(back, x); optimizer = adam(lr=1e-2); batch = 8; epochs = 3 }""")
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    found = [netc.Trainer(netc.Model(net, device="cpu")).fit(data)["loss"] for data in (x, {"x": x}, torch.tensor(x))]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("fewest", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_of_one_buffer_that_is_filled_anew_are_those_that_came(fewest: int, dtype: type) -> None:
    """Those that are held back too: to be joined, and to be gathered for one update."""

    def filled() -> Iterator[dict[str, np.ndarray]]:
        buffer = np.zeros((2, 4), dtype)
        for value in range(4):
            buffer[:] = value
            yield {"x": buffer}

    ports: list[Port] = [{"name": "x", "shape": ["N", 4], "dtype": "float32", "role": "data"}]
    came = list(Stream(filled(), ports, 4).epoch(0, fewest))
    assert [float(batch["x"][0, 0]) for batch in came] == [0, 1, 2, 3]
