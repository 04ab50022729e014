"""L601 to L615 at their borders: what is told, what is left alone, and what the fixes write."""

from __future__ import annotations

from math import log

import pytest
from linted import known, label, marked, mended, messages, said, trained

NORMED = """net Normed {
  input image: 3x8x8
  conv(8, 3x3, bias=false) -> batchnorm -> relu
  global_avgpool
  logits = dense(10)
}
"""
READER = "net Reader {\n  input words: [T, 8]\n  lstm(16, last=true)\n  logits = dense(2)\n}\n"


@pytest.mark.parametrize(
    ("optimizer", "settings", "told"),
    [
        ("adam(lr=0.02)", [], None),
        ("adam(lr=0.021)", [], "a learning rate of 0.021 is far above what `adam` trains with"),
        ("adam(lr=0.08)", ["batch = 4096"], None),
        ("adam(lr=0.5, epsilon=0.1)", [], None),
        ("adam(lr=0)", [], "a learning rate of 0 is far below what `adam` trains with"),
        ("adam()", [], None),
        ("sgd(lr=1)", [], None),
        ("sgd(lr=1.5)", [], "a learning rate of 1.5 is far above what `sgd` trains with"),
        ("sgd(lr=3)", ["batch = 256", "accumulate = 4"], None),
        ("lion(lr=1e-2)", [], "a learning rate of 0.01 is far above what `lion` trains with"),
        ("adadelta(lr=1)", [], None),
        ("rmsprop(lr=0.256, epsilon=1e-3)", [], None),
        ("rmsprop(lr=0.256)", [], "a learning rate of 0.256 is far above what `rmsprop` trains with"),
        ("adam(lr=1e-3)", ['rates = ["dense1": 0.1, "logits": 0]'], None),
        (
            "adam(lr=1e-3)", ['rates = ["dense1": 0.1, "logits": 50]'],
            'the learning rate of "logits" is far above what `adam` trains with',
        ),
    ],
)  # fmt: skip
def test_learning_rate(optimizer: str, settings: list[str], told: str | None) -> None:
    assert messages("L601", trained(f"optimizer = {optimizer}", *settings)) == ([told] if told else [])


def test_the_rate_is_pointed_at() -> None:
    text = trained("optimizer = adam(beta1=0.5, lr=0.3)")
    (finding,) = said("L601", text)
    assert marked(finding, text) == "lr=0.3"
    assert "`lr=0.001`" in (finding.help or "")


def test_every_optimizer_has_a_range() -> None:
    from netc.compiler.lint.rules.l601_learning_rate_out_of_range import RANGES
    from netc.compiler.optimizers.base import optimizer

    assert RANGES.keys() == optimizer.all().keys()
    for word, (low, high) in RANGES.items():
        spec = optimizer.all()[word].arguments["lr"]
        assert spec.required or low <= spec.default <= high


@pytest.mark.parametrize(
    ("code", "settings", "told"),
    [
        ("L602", ["schedule = cosine(warmup=5)", "epochs = 10"], None),
        ("L602", ["schedule = cosine(warmup=6)", "epochs = 10"], "the warm-up takes 6 of 10 epochs"),
        ("L602", ["schedule = linear(warmup=0.4)", "epochs = 1"], None),
        ("L603", ["schedule = step(every=9)", "epochs = 10"], None),
        ("L603", ["schedule = step(every=10)", "epochs = 10"], "the rate falls after 10 epochs, and so never"),
        ("L603", ["schedule = step(every=10)"], "the rate falls after 10 epochs, and so never"),
        ("L603", ["schedule = multistep(at=[5, 8])"], None),
        ("L603", ["schedule = multistep(at=[5, 30])"], "epoch 30 of `multistep` is never reached"),
        ("L603", ["schedule = multistep([30, 60])"], "epochs 30, 60 of `multistep` are never reached"),
        ("L603", ["schedule = plateau(patience=3)"], None),
        ("L603", ["schedule = plateau()"], "the rate falls after 10 epochs without a gain, and so never"),
        ("L603", ["schedule = cosine()"], None),
        ("L604", ["stop = [early_stop(patience=9)]"], None),
        ("L604", ["stop = [early_stop(10)]"], "an early stop after 10 epochs without a gain never comes"),
        (
            "L604", ["stop = [early_stop(patience=2)]", "schedule = cosine(warmup=4)"],
            "the early stop may come in the warm-up, which takes 4 epochs",
        ),
        ("L606", ["schedule = exponential(factor=0.9)"], None),
        (
            "L606", ["schedule = exponential(factor=1.1)"],
            "the learning rate grows: `exponential` multiplies it by 1.1",
        ),
        ("L612", ["optimizer = sgd(lr=0.1)", "epochs = 29"], None),
        ("L612", ["optimizer = sgd(lr=0.1)", "epochs = 30"], "the rate stays at 0.1 for 30 epochs"),
        ("L612", ["optimizer = sgd(lr=0.1)", "epochs = 30", "average = 0.999"], None),
        ("L612", ["optimizer = adam(lr=1e-3)", "epochs = 30"], None),
        ("L614", ["clip_norm = 100"], None),
        ("L614", ["clip_norm = 1000"], "clipping at 1000 never acts"),
        ("L614", ["clip_value = 1e4"], "clipping at 10000 never acts"),
    ],
)  # fmt: skip
def test_settings(code: str, settings: list[str], told: str | None) -> None:
    assert messages(code, trained(*settings)) == ([told] if told else [])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["optimizer = sgd(lr=0.1, weight_decay=5e-4)"], False),
        (["optimizer = sgd(lr=0.1, weight_decay=1e-3)"], True),
        (["optimizer = adamw(lr=1e-3)"], True),
        (["optimizer = adamw(lr=1e-3, weight_decay=0)"], False),
        (["optimizer = adamw(lr=1e-3)", "decays = kernels"], False),
        (["optimizer = adamw(lr=1e-3)", 'freeze = ["batchnorm1", "logits.bias"]'], False),
    ],
)
def test_weight_decay(settings: list[str], told: bool) -> None:
    found = said("L605", trained(*settings, net=NORMED))
    assert bool(found) == told
    if told:
        assert label(found[0]) == "3 vectors of 26 parameters"


def test_weight_decay_without_a_norm() -> None:
    assert not said("L605", trained("optimizer = adamw(lr=1e-3)"))


def test_fixes_add_settings_in_line() -> None:
    text = trained("optimizer = adamw(lr=1e-3)   # as elsewhere", net=NORMED)
    assert mended("L605", text).endswith("# as elsewhere\n  decays    = kernels\n}\n")
    assert mended("L612", trained("optimizer = sgd(lr=0.1)", "epochs = 90")).endswith(
        "  epochs = 90\n  schedule  = cosine(warmup=1)\n}\n"
    )
    line = READER + "train Reader { loss = cross_entropy(logits, label); optimizer = adam(lr=1e-3) }\n"
    assert mended("L608", line).endswith("optimizer = adam(lr=1e-3); clip_norm = 1.0 }\n")


@pytest.mark.parametrize(
    ("net", "settings", "told"),
    [
        (READER, [], True),
        (READER, ["clip_norm = 1"], False),
        (READER, ["clip_value = 1"], False),
        (READER.replace("[T, 8]", "[19, 8]"), [], False),
        (READER.replace("[T, 8]", "[20, 8]"), [], True),
        (READER.replace("lstm(16, last=true)", "frozen { lstm(16, last=true) }"), [], False),
        (READER.replace("lstm(16, last=true)", "mean(axis=0)"), [], False),
    ],
)
def test_recurrence(net: str, settings: list[str], told: bool) -> None:
    assert bool(said("L608", trained(*settings, net=net))) == told


@pytest.mark.parametrize(
    ("depth", "settings", "told"),
    [
        (4, ["optimizer = adam(lr=1e-3)"], True),
        (3, ["optimizer = adam(lr=1e-3)"], False),
        (4, ["optimizer = adam(lr=1e-4)"], False),
        (4, ["optimizer = radam(lr=1e-3)"], False),
        (4, ["optimizer = adam(lr=1e-3)", "schedule = linear(warmup=0.5)"], False),
        (4, ["optimizer = adam(lr=1e-3)", "schedule = one_cycle()"], False),
    ],
)
def test_attention(depth: int, settings: list[str], told: bool) -> None:
    net = f"net Reader {{\n  input x: 4x8\n  repeat {depth} {{ add {{ identity; attention(2) }} }}\n"
    net += "  mean(axis=0)\n  logits = dense(2)\n}\n"
    assert bool(said("L609", trained(*settings, net=net))) == told


def test_updates_are_counted_by_the_data() -> None:
    text = trained("average = 0.999", "batch = 10", "epochs = 10")
    assert not said("L610", text)
    assert not said("L610", text, known(rows=3000))
    assert messages("L610", text, known(rows=1000)) == ["37 % of the average are the weights from before the training"]
    assert messages("L611", text, known(rows=99)) == []
    assert messages("L611", text, known(rows=90)) == ["the training makes 90 updates in all"]
    few = trained("batch = 10", "accumulate = 2", "epochs = 10")
    assert messages("L611", few, known(rows=180)) == ["the training makes 90 updates in all"]


def run(best: int, epochs: int, name: str = "validation_loss", higher: bool = False) -> list[dict[str, float]]:
    sign = -1 if higher else 1
    figures = [sign * abs(at - best) + 10 for at in range(1, epochs + 1)]
    return [{"epoch": at, "loss": 1 / at, name: figure, "seconds": 60} for at, figure in enumerate(figures, 1)]


@pytest.mark.parametrize(
    ("best", "epochs", "told"), [(10, 21, True), (10, 20, False), (12, 24, False), (3, 12, False), (12, 12, False)]
)
def test_the_best_epoch(best: int, epochs: int, told: bool) -> None:
    found = said("L613", trained("epochs = 40"), known(history=run(best, epochs)))
    assert [finding.message for finding in found] == ([f"the best epoch was number {best} of {epochs}"] if told else [])
    if told:
        after = epochs - best
        assert label(found[0]) == f"{after} more epochs took {after} minutes and are not in the result"


def test_the_best_epoch_is_that_of_the_first_metric() -> None:
    history = run(5, 20, "validation_accuracy", higher=True)
    assert said("L613", trained("metrics = [accuracy]"), known(history=history))
    assert not said("L613", trained(), known(history=history))
    assert not said("L613", trained("metrics = [accuracy]", "stop = [early_stop(3)]"), known(history=history))
    assert not said("L613", trained("metrics = [accuracy]"), known(history=history, net="Other"))


@pytest.mark.parametrize(
    ("losses", "told"),
    [([2.4, 2.31, log(10)], True), ([2.4, 2.3], False), ([2.4, 2.31, 2.1], False), ([2.4, 2.31, 2.7], False)],
)
def test_guessing(losses: list[float], told: bool) -> None:
    history = [{"epoch": at, "loss": loss} for at, loss in enumerate(losses, 1)]
    assert bool(said("L615", trained(), known(history=history))) == told
    assert not said("L615", trained("loss = 0.5 * cross_entropy(logits, label)"), known(history=history))


@pytest.mark.parametrize(
    ("loss", "small", "told"),
    [
        ("[a: cross_entropy(logits, label), b: mse(logits, 0)]", [0.01, 0.01, 0.005], None),
        ("[a: cross_entropy(logits, label), b: mse(logits, 0)]", [0.009, 0.009, 0.005], "`b` is 0.5 % of the loss"),
        ("[a: cross_entropy(logits, label), b: mse(logits, 0)]", [0.005, 0.005], None),
        ("[a: cross_entropy(logits, label), b: 10 * mse(logits, 0)]", [0.005, 0.005, 0.005], None),
        ("cross_entropy(logits, label) + mse(logits, 0)", [0.005, 0.005, 0.005], None),
    ],
)
def test_terms_of_a_loss(loss: str, small: list[float], told: str | None) -> None:
    history = [{"epoch": at, "loss": 1, "loss.a": 1 - size, "loss.b": size} for at, size in enumerate(small, 1)]
    found = messages("L607", trained(f"loss = {loss}"), known(history=history))
    assert found == ([told] if told else [])
