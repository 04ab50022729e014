"""What callers of Python give in the place of something else is told, and what means the same is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.given import LARGEST_SEED

TEXT = """
net A { input x: 4; h = dense(3) -> relu; y = dense(2) }
train A { loss = cross_entropy(y, label); metrics = [accuracy]; optimizer = sgd(lr=0.1); batch = 4 }
"""
X, Y = np.linspace(-1, 1, 24, dtype=np.float32).reshape(6, 4), np.array([0, 1, 0, 1, 1, 0])


@pytest.fixture
def model() -> netc.Model:
    return netc.Model(netc.loads(TEXT), device="cpu")


def trainer(model: netc.Model) -> netc.Trainer:
    return netc.Trainer(model)


@pytest.mark.parametrize("seed", ["a", 1.5, None, True, np.True_, np.float32(1.0), [1]])
def test_a_seed_is_a_whole_number(model: netc.Model, seed: Any) -> None:
    with pytest.raises(TypeError, match="`seed` is a whole number from 0 to 2,147,483,647, not a"):
        netc.Model(model.net, device="cpu", seed=seed)
    with pytest.raises(TypeError, match="`seed` is a whole number"):
        netc.compile(model.net, seed=seed)
    if seed is not None:
        with pytest.raises(TypeError, match="`seed` is a whole number"):
            netc.Trainer(model, seed=seed)


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 2**70, np.int64(-3)])
def test_a_seed_lies_in_the_range_that_the_command_takes(model: netc.Model, seed: Any) -> None:
    with pytest.raises(ValueError, match="`seed` is a whole number from 0 to 2,147,483,647, not "):
        netc.Model(model.net, device="cpu", seed=seed)
    with pytest.raises(ValueError, match="`seed` is a whole number"):
        netc.Trainer(model, seed=seed)


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.array])
def test_numbers_of_numpy_are_numbers(model: netc.Model, kind: Any) -> None:
    """The same net, weights and training as of Python's numbers, and a run that says them as the language does."""
    net = netc.loads("net B(w=1, rate=0.5) { input x: 4; dense(w) -> dropout(rate) }", w=kind(4), rate=np.float64(0.25))
    assert net.params == 20
    assert net.given == {"w": 4, "rate": 0.25}
    assert {type(value) for value in net.given.values()} == {int, float}
    other = netc.Model(model.net, device="cpu", seed=kind(7)).state_dict()
    for name, array in netc.Model(model.net, device="cpu", seed=7).state_dict().items():
        np.testing.assert_array_equal(array, other[name])
    training = netc.Trainer(model, epochs=kind(2), lr=np.float32(0.5), seed=kind(1))
    assert (training.plan.epochs, training.plan.steps[0].optimizer.lr, training.seed) == (2, 0.5, 1)
    assert type(training.plan.epochs) is int
    assert len(training.fit((X, Y), epochs=kind(1), quiet=True)) == 1


def test_arrays_of_numbers_are_lists() -> None:
    net = netc.loads("net B(w=[1, 2]) { input x: 4; for k in w { dense(k) } }", w=np.array([3, 2]))
    assert net.params == 4 * 3 + 3 + 3 * 2 + 2


def test_one_path_is_one_value(model: netc.Model) -> None:
    """Not its letters: `hy` is none, though `h` and `y` are."""
    found = model(X, taps="h")
    assert list(found) == ["y", "h"]
    np.testing.assert_array_equal(found["h"], model(X, taps=["h"])["h"])
    with pytest.raises(netc.DiagnosticError, match=r"E280.*has no value `hy`"):
        model(X, taps="hy")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m, _: netc.Model(m.net, device=3), 'device= takes a str, not an int: write `device="auto"`'),
        (lambda m, _: netc.Model(m.net, threads="a"), "`threads` is a whole number from 0 to 1,024, not a str"),
        (lambda m, _: netc.loads(TEXT, net=3), 'net= takes a str, not an int: write `net="A"`'),
        (lambda m, _: netc.load(3), "netc.load takes a str or PathLike, not an int"),
        (lambda m, _: netc.load_run(None), "netc.load_run takes a str or PathLike, not a NoneType"),
        (lambda m, _: m(X, taps=[3]), 'a list of taps= takes a str, not an int: write `taps=["h"]`'),
        (lambda m, _: m(X, taps=3), "taps= takes a list of texts, not an int"),
        (lambda m, _: m.save(3), "model.save takes a str or PathLike, not an int"),
        (lambda m, _: m.load(3), "model.load takes a str or PathLike, not an int"),
        (lambda m, _: m.load_adapter(3), "model.load_adapter takes a str or PathLike, not an int"),
        (lambda m, _: m.gradients(X), "model.gradients takes a Mapping, not a ndarray"),
        (lambda m, _: m.load_state_dict(3), "model.load_state_dict takes a Mapping, not an int"),
        (lambda m, t: t(m).step((X, Y)), "trainer.step takes a Mapping, not a tuple"),
        (lambda m, t: t(m).step({"x": X, "label": Y}, "c"), "`lr` is a number, not a str: write `lr=0.1`"),
        (lambda m, t: t(m).step({"x": X, "label": Y}, ["c"]), "`lr` is a number, not a list"),
        (lambda m, t: t(m).fit((X, Y), checkpoint_seconds="a"), "`checkpoint_seconds` is a number, not a str"),
        (lambda m, t: t(m).fit([(X, Y)], steps="a"), "`steps` is a whole number from 0"),
        (lambda m, _: netc.Trainer(m, options=3), "options= takes an Options, not an int"),
        (lambda m, _: netc.Trainer(m, skip_bad_steps="a"), "`skip_bad_steps` is a whole number from 0"),
        (lambda m, _: netc.compile(m.net, options=3), "options= takes an Options, not an int"),
        (lambda m, _: netc.compile(m.net, batch="a"), "`batch` is a whole number from 1"),
        (lambda m, _: netc.compile(m.net, weights=3), "weights= takes a Mapping, not an int"),
        (lambda m, _: netc.compile(m.net, train=True, plan=3), "plan= takes a TrainPlan, not an int"),
        (lambda m, _: netc.graph(m.net, depth="a"), "`depth` is a whole number from 0"),
        (lambda m, _: netc.open_data("digits", validation="a"), "`validation` is a number, not a str"),
        (lambda m, _: netc.open_data("digits", seed="a"), "`seed` is a whole number from 0"),
        (lambda m, _: m.predict(X, top="a"), "`top` is a whole number from 1"),
        (lambda m, t: t(m).resume(None), "trainer.resume takes a str or PathLike, not a NoneType"),
        (lambda m, t: t(m).fit((X, Y), listener=3), "listener= takes a Listener, not an int"),
        (lambda m, t: t(m).fit((X, Y), listener=print), "listener= takes a Listener, not a builtin_function"),
        (lambda m, t: t(m).fit((X, Y), listener=[3]), "listener= takes a Listener, not an int"),
        (lambda m, t: t(m).fit((X, Y), out=3), "out= takes a str or PathLike, not an int"),
        (lambda m, _: netc.inside.filters(3), "netc.inside.filters takes a Model, not an int"),
        (lambda m, _: netc.inside.weights(m, 3), "patterns= takes a list of texts, not an int"),
        (lambda m, _: netc.report(m, "a.html"), "netc.report takes a Run, not a Model"),
        (lambda m, _: netc.draw(None, None, "classes"), "netc.draw takes arrays as inputs, not a NoneType"),
    ],
)  # fmt: skip
def test_another_kind_of_thing_is_told(call: Callable[[Any, Any], Any], said: str, model: netc.Model) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        call(model, trainer)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m, _: m({1: X}), "E555.*no array for `x`"),
        (lambda m, t: t(m).step({1: X, "x": X, "label": Y}), "E555.*has no input or target `1`"),
        (lambda m, _: m([[1], [2, 3]]), "E556.*the parts of an array have several shapes"),
        (lambda m, _: m((X, Y)), "E556.*the parts of an array have several shapes; help: give all rows one shape"),
        (lambda m, _: m({"x": [[1], [2, 3]]}), "E556.*the parts of `x` have several shapes"),
        (lambda m, t: t(m).fit({"x": [[1], [2, 3]], "label": Y}), "E556.*the parts of `x` have several shapes"),
        (lambda m, t: t(m).step({"x": X, "label": [[1], [2, 3]]}), "E556.*the parts of `label` have several shapes"),
        (lambda m, _: m(X.astype(float) * 1e300), "E506.*expected a number that float32 holds"),
        (lambda m, _: m.predict(X * np.float32(np.nan)), "E506.*`x`.0. is nan, expected a finite number"),
        (lambda m, t: t(m).evaluate({"x": X[:0], "label": Y[:0]}), "E508.*has no rows"),
        (lambda m, t: t(m).fit((X, Y), out="a\0b"), "E532.*NUL"),
        (lambda m, _: m.save("a\0b"), "E532.*NUL"),
        (lambda m, _: m.load("a\0b"), "E532.*NUL"),
        (lambda m, t: t(m).resume("a\0b"), "E532.*NUL"),
        (lambda m, _: netc.compile(m.net, target="zz"), "E609.*there is no target `zz`; help: use one of std, cpu"),
        (lambda m, _: netc.Model(m.net, target="cpu9"), "E609.*there is no target `cpu9`; help: use one of std, cpu"),
        (lambda m, _: netc.draw(X[:2, None, :, None], Y[:3, None]), "E556.*`input` has 2 rows, and `output` 3"),
        (lambda m, _: netc.draw(X[:0], Y[:0]), "E559.*there are no rows to draw"),
        (lambda m, _: netc.draw(X, X, "values", titles=["a"]), "E556.*`output` has 6 rows, and `titles` 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_a_finding(call: Callable[[Any, Any], Any], said: str, model: netc.Model) -> None:
    with pytest.raises(netc.DiagnosticError, match=said):
        call(model, trainer)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda m: netc.compile(m.net, batch=0), "`batch` is a whole number from 1 to 2,147,483,647, not 0"),
        (lambda m: m.predict(X, top=0), "`top` is a whole number from 1"),
        (lambda m: netc.graph(m.net, heat="a"), 'is one of params, flops, memory, not a: write `heat="params"`'),
        (lambda m: netc.Trainer(m).step({"x": X, "label": Y}, np.nan), "`lr` is a number that is finite, not nan"),
    ],
)
def test_numbers_and_words_out_of_place_are_told(call: Callable[[Any], Any], said: str, model: netc.Model) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        call(model)


def test_a_share_may_be_a_number_of_numpy(model: netc.Model) -> None:
    history = trainer(model).fit((X, Y), validation=np.float64(0.5), epochs=1, quiet=True)
    assert "validation_loss" in history[0]


def test_a_wrong_listener_leaves_no_folder(model: netc.Model, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="listener="):
        trainer(model).fit((X, Y), listener=print, out=tmp_path / "run")  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_infinity_goes_through_a_model_that_is_called(model: netc.Model) -> None:
    """Only what float32 would make of a finite number is refused: NaN and infinity are the caller's own."""
    assert not np.isfinite(model(np.full((1, 4), np.inf))).all()
