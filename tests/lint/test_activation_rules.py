"""L4xx, activations and losses, and L003: what they find with which figures, and what comes near and is left alone."""

from __future__ import annotations

import pytest
from one_rule import net, said


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        ("L404", "dense(1) -> log_softmax", "softmax along an axis of one element gives 0 whatever it is: axis 0 of 1"),
        (
            "L404",
            "unsqueeze(0) -> softmax(axis=0)",
            "softmax along an axis of one element gives 1 whatever it is: axis 0 of",
        ),
        (
            "L408",
            "repeat 3 { dense(8, act=sigmoid) }; dense(2)",
            "a gradient goes through 3 saturating activations in a row: at most 0.016 of it comes back",
        ),
        (
            "L408",
            "repeat 9 { dense(8) -> tanh }; dense(2)",
            "a gradient goes through 9 saturating activations in a row",
        ),
        ("L409", "dense(8, act=relu) -> flatten -> relu", "relu right behind relu changes nothing"),
        ("L409", "dense(8, act=relu) -> tanh", "tanh right behind relu: nothing between them has weights"),
        ("L410", "add { identity; dense(16, act=relu) }", "relu right before a residual sum: the branch can only add"),
        ("L410", "add { dense(8); dense(8, act=relu) -> dense(8) -> relu }", "relu right before a residual sum"),
        (
            "L411",
            "add { identity; dense(16, act=relu) -> dense(16) }; dense(8)",
            "no activation behind a residual sum: goes",
        ),
        (
            "L412",
            "dense(8, act=softmax) -> dense(2)",
            "softmax between two layers with weights: its 8 results sum to 1",
        ),
        ("L412", "dense(8) -> softmax -> dropout -> dense(2)", "softmax between two layers with weights"),
        ("L413", "sigmoid -> log", "the logarithm of sigmoid in two steps: minus infinity where that is 0"),
        ("L416", "dropout(0.9)", "dropout drops 90 % of what flows: what is left is made 10 times as large"),
    ],
)
def test_found(code: str, body: str, message: str) -> None:
    (found,) = said(net(body, "16"), code)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("L404", "dense(2) -> softmax"),
        ("L408", "repeat 2 { dense(8, act=sigmoid) }; dense(2)"),
        ("L408", "repeat 4 { dense(8) -> batchnorm -> sigmoid }; dense(2)"),
        ("L408", "repeat 4 { add { identity; dense(16, act=sigmoid) } }; dense(2)"),
        ("L408", "repeat 5 { dense(8, act=tanh) }; dense(2)"),
        ("L408", "repeat 2 { dense(8, act=sigmoid) }; dense(2, act=sigmoid)"),  # the last one is the answer
        ("L409", "dense(8, act=relu) -> dense(8) -> relu"),
        ("L409", "dense(8, act=relu) -> batchnorm -> relu"),
        ("L409", "dense(8, act=relu) -> softmax"),
        ("L410", "add { identity; dense(16, act=relu) -> dense(16) }"),
        ("L410", "add { dense(8, act=relu); dense(8, act=relu) }"),  # neither is made of the other
        ("L410", "add { identity; dense(16, act=leaky_relu) }"),
        ("L411", "add { identity; dense(16, act=relu) -> dense(16) } -> relu; dense(8)"),
        ("L411", "add { identity; dense(16, act=relu) -> dense(16) }; batchnorm -> dense(8)"),
        ("L411", "add { identity; dense(64, act=relu) -> dense(16) }; dense(8)"),  # a bottleneck between wide layers
        ("L411", "add { identity; dense(16, act=relu) -> dense(16) }; dense(64)"),
        ("L412", "dense(8) -> softmax"),
        ("L412", "dense(8, act=relu) -> dense(2)"),
        ("L413", "softmax -> { in + 1e-6 } -> log"),
        ("L416", "dropout(0.8)"),
    ],
)
def test_left_alone(code: str, body: str) -> None:
    assert said(net(body, "16"), code) == []


@pytest.mark.parametrize(
    ("code", "body", "loss"),
    [
        ("L003", "dense(4) -> softmax -> dropout(0.1)", "cross_entropy(y, label)"),
        ("L003", "dense(4, act=softmax) -> { in * 2 }", "cross_entropy(y, label)"),
        ("L003", "dense(4) -> softmax", "focal(y, label)"),
        ("L003", "dense(4) -> softmax", "kl(y, target)"),
        ("L401", "dense(4, act=sigmoid)", "binary_cross_entropy(y, label)"),
        ("L401", "dense(4) -> sigmoid", "focal(y, label, binary=true)"),
        ("L402", "dense(4)", "binary_cross_entropy(y, label, logits=false)"),
        ("L402", "dense(4, act=tanh)", "binary_cross_entropy(y, label, logits=false)"),
        ("L402", "dense(4)", "poisson_nll(y, count, log=false)"),
        ("L403", "dense(4) -> softmax", "binary_cross_entropy(y, label)"),
        ("L406", "dense(4) -> relu -> unsqueeze(0)", "huber(y, target)"),
        ("L406", "dense(4, act=relu)", "cross_entropy(y, label)"),
        ("L414", "dropout(0.2) -> dense(1)", "mae(y, target)"),
        ("L415", "dense(4) -> dropout(0.2) -> unsqueeze(0)", "mse(y, target)"),
        ("L419", "dense(4, act=softmax)", "mse(y, target)"),
    ],
)
def test_a_prediction_that_does_not_fit_its_loss(code: str, body: str, loss: str) -> None:
    assert len(said(net(f"y = {body}", "16", f"loss = {loss}"), code)) == 1


@pytest.mark.parametrize(
    ("code", "body", "loss"),
    [
        ("L003", "dense(4)", "cross_entropy(y, label)"),
        ("L003", "dense(4) -> softmax", "binary_cross_entropy(y, label)"),
        ("L401", "dense(4) -> sigmoid", "binary_cross_entropy(y, label, logits=false)"),
        ("L401", "dense(4) -> sigmoid", "mse(y, target)"),
        ("L402", "dense(4) -> sigmoid", "binary_cross_entropy(y, label, logits=false)"),
        ("L402", "dense(4) -> relu -> clip(0, 1)", "binary_cross_entropy(y, label, logits=false)"),
        ("L402", "x * 0.5", "binary_cross_entropy(y, label, logits=false)"),  # the data may be so
        ("L402", "dense(4, act=softplus)", "poisson_nll(y, count, log=false)"),
        ("L403", "dense(4) -> softmax", "mse(y, target)"),
        ("L406", "dense(4, act=softplus)", "mse(y, target)"),
        ("L406", "dense(4, act=relu)", "poisson_nll(y, count, log=false)"),
        ("L414", "dropout(0.2) -> dense(4)", "cross_entropy(y, label)"),
        ("L414", "dropout(0.2) -> dense(8, act=relu) -> dense(1)", "mse(y, target)"),
        ("L415", "dropout(0.2) -> dense(4)", "cross_entropy(y, label)"),
        ("L419", "dense(4, act=sigmoid)", "mse(y, target)"),
    ],
)
def test_a_prediction_that_fits_its_loss(code: str, body: str, loss: str) -> None:
    assert said(net(f"y = {body}", "16", f"loss = {loss}"), code) == []


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("conv(4, 3x3) -> softmax", 1),
        ("conv(4, 3x3, act=softmax)", 1),
        ("conv(4, 3x3) -> softmax(axis=0)", 0),
        ("conv(4, 3x3) -> softmax(axis=-1)", 0),  # said
        ("flatten(from=1) -> softmax", 0),
        ("reshape([3, 32, 32]) -> softmax", 0),  # no map that a convolution made
    ],
)
def test_softmax_of_a_map(body: str, count: int) -> None:
    assert len(said(net(body), "L405")) == count


@pytest.mark.parametrize(
    ("units", "data", "count"), [(12, "digits", 1), (9, "digits", 1), (10, "digits", 0), (12, "x.npz", 0)]
)
def test_outputs_and_classes(units: int, data: str, count: int) -> None:
    text = net(f"y = flatten -> dense({units})", "1x8x8", f'loss = cross_entropy(y, label); data = "{data}"')
    found = said(text, "L407")
    assert len(found) == count
    assert all(item.startswith(f"{units} outputs for 10 classes") for item in found)


@pytest.mark.parametrize(
    ("variance", "count"),
    [("dense(1)", 1), ("dense(1) -> exp", 0), ("dense(1, act=softplus)", 0), ("dense(1, act=relu)", 0)],
)
def test_a_variance(variance: str, count: int) -> None:
    text = net(f"m = x -> dense(1); v = x -> {variance}; output m, v", "16", "loss = gaussian_nll(m, target, v)")
    assert len(said(text, "L417")) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("square -> sum -> sqrt", 1),
        ("relu -> mean -> log", 1),
        ("abs -> { in * 2 } -> sqrt -> sum", 1),
        ("square -> sum -> { in + 1e-6 } -> sqrt", 0),
        ("sum -> sqrt", 0),  # nothing says that it may be 0 and not less
        ("sigmoid -> sum -> sqrt", 0),
        ("square -> sum -> sqrt -> stop_gradient", 0),
    ],
)
def test_a_root_of_zero(body: str, count: int) -> None:
    found = said(net(f"y = {body}", "16", "loss = mse(y, target)"), "L418")
    assert len(found) == count
    assert said(net(f"y = {body}", "16"), "L418") == []  # nothing is trained
