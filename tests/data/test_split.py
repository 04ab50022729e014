"""Rows held out: of each class in proportion, always the same ones, and as a card of before drew them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import bind_data, open_data
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card
from netc.runtime.data.divide import stratified

from .makers import image_port, label_port, value_port

SHARES = st.sampled_from([0.05, 0.1, 0.2, 0.25, 0.5, 0.9])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), SHARES, st.integers(0, 99))
def test_each_class_in_proportion(counts: list[int], share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts)) * 3 - 4, counts))
    order = rng.permutation(len(labels))
    held = stratified(labels, order, share)
    assert len(set(held.tolist())) == len(held)
    if len(labels) < 2 or max(counts) < 2:
        return
    for number, count in enumerate(counts):
        taken = int((labels[held] == number * 3 - 4).sum())
        if count == 1:
            assert taken == 0
        else:
            assert 1 <= taken <= count - 1
            assert abs(taken - np.clip(count * share, 1, count - 1)) < 1
    exact = min(len(labels) - 1, max(1, round(len(labels) * share)))
    bounds = [(min(1, count // 2), count - 1) for count in counts]
    assert sum(low for low, _ in bounds) <= len(held) <= sum(high for _, high in bounds)
    if all(count * share >= 1 and count * (1 - share) >= 1 for count in counts):
        assert len(held) == exact


def npz(path: Path, labels: np.ndarray) -> str:
    np.savez(path, x=np.arange(len(labels), dtype=np.float32), label=labels)
    return str(path)


def test_a_rare_class_is_on_both_sides_and_the_split_is_the_same_each_time(tmp_path: Path) -> None:
    labels = np.array([0] * 300 + [1] * 12 + [2] * 2)
    spec, ports = npz(tmp_path / "d.npz", labels), [image_port(name="x"), label_port(3)]
    one, other = (bind_data(open_data(spec), ports) for _ in range(2))
    assert np.bincount(one.held.fields["label"]).tolist() == [30, 1, 1]
    assert np.array_equal(one.held.fields["x"], other.held.fields["x"])
    assert "of each class alike" in one.split_note
    assert (one.card.seeded, one.card.stratified) == ((0.1, 0), "label")
    name, again = bind_part(open_data(spec), ports, one.card, "val")
    assert (name, again.fingerprint) == ("val", one.held.fingerprint)


def test_text_labels_too_and_numbers_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x,kind,price\n" + "".join(f"{at},{'ab'[at % 20 == 0]},{at}\n" for at in range(60)))
    bound = bind_data(open_data(f"{path}:drop=price"), [image_port(1, name="x"), label_port(2, "kind")])
    assert np.bincount(bound.held.fields["kind"]).tolist() == [5, 1]
    plain = bind_data(open_data(f"{path}:inputs=x"), [image_port(1, name="x"), value_port(1, name="price")])
    assert (plain.card.stratified, "alike" in plain.split_note) == (None, False)


def test_a_card_of_before_holds_out_the_rows_that_it_held_out(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(8), 5)
    spec, ports = npz(tmp_path / "d.npz", labels), [image_port(name="x"), label_port(8)]
    now = bind_data(open_data(spec), ports).card
    text = now.to_json() | {"version": 1}
    del text["stratified"]
    for item in text["inputs"]:
        del item["levels"]
    text = {key: [*value] if isinstance(value, tuple) else value for key, value in text.items()}
    before = Card.from_json(json.loads(json.dumps(text)), "run.json")
    assert (before.version, before.stratified) == (2, None)
    bound = bind_data(open_data(spec), ports, before)
    order = np.random.default_rng([0, 40]).permutation(40)  # the rule before classes were looked at
    assert bound.held.fields["x"].tolist() == sorted(order[:4].tolist())
    assert bind_part(open_data(spec), ports, before, "val")[1].fingerprint == bound.held.fingerprint
    assert bound.card.stratified is None
    follows = bind_data(open_data(spec), ports, bound.card)
    assert follows.held.fingerprint == bound.held.fingerprint
    assert now.parts[1].fingerprint != bound.held.fingerprint


@pytest.mark.parametrize(("option", "seed"), [("", 0), (":validation=0.02", 0), ("", 5), (":validation=0.3", 7)])
def test_rows_are_divided_later_as_the_training_did_it(tmp_path: Path, option: str, seed: int) -> None:
    spec, ports = npz(tmp_path / "d.npz", np.arange(200) % 2), [image_port(name="x"), label_port(2)]
    bound = bind_data(open_data(f"{spec}{option}", seed=seed), ports)
    for part, rows in (("train", bound.train), ("val", bound.held)):
        later = bind_part(open_data(spec, card=bound.card), ports, bound.card, part)[1]
        assert later.fields["x"].tolist() == rows.fields["x"].tolist()
    other = bind_part(open_data(f"{spec}:validation=0.5", card=bound.card), ports, bound.card, "val")[1]
    assert len(other) == 100


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_are_refused(tmp_path: Path, rows: int) -> None:
    spec = npz(tmp_path / "d.npz", np.zeros(rows, np.int64))
    with pytest.raises(DiagnosticError) as caught:
        bind_data(open_data(spec), [image_port(name="x"), label_port(2)])
    assert caught.value.diagnostics[0].code == "E508"


def test_classes_of_one_row_each_are_held_out_by_chance(tmp_path: Path) -> None:
    spec = npz(tmp_path / "d.npz", np.arange(10))
    bound = bind_data(open_data(spec), [image_port(name="x"), label_port(10)])
    assert (len(bound.train), len(bound.held)) == (9, 1)
    assert {item.code for item in bound.warnings} == {"E525"}
