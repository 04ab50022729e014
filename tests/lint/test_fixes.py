"""Repairs that rules offer for their own examples: the program stays right, and the finding is gone."""

from __future__ import annotations

import re

import pytest
from one_rule import findings, fixed, net

from netc.compiler.lint import all_rules

FIXING = (
    "L002",
    "L003",
    "L201",
    "L211",
    "L212",
    "L301",
    "L302",
    "L304",
    "L307",
    "L309",
    "L401",
    "L402",
    "L404",
    "L405",
    "L406",
    "L409",
    "L413",
    "L414",
    "L415",
    "L416",
    "L501",
    "L502",
    "L503",
    "L504",
    "L505",
)


@pytest.mark.parametrize("code", FIXING)
def test_the_repair_of_the_example(code: str) -> None:
    example = all_rules()[code].documentation.split("## Example\n", 1)[1].split("\n## ", 1)[0]
    (text,) = re.findall(r"```\n(.*?)```", example, re.S)
    before = findings(text, code)
    assert len(findings(fixed(text, code), code)) < len(before)


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("L201", "conv(2, 3x3) -> reshape([1800])", "conv(2, 3x3) -> flatten"),
        ("L211", "avgpool(32x32) -> flatten", "global_avgpool(keep=true) -> flatten"),
        ("L212", "maxpool(1x1) -> flatten", "flatten"),
        ("L212", "conv(2, 3x3) -> maxpool(1x1)  # one", "conv(2, 3x3)  # one"),
        ("L212", "conv(2, 3x3); maxpool(1x1); flatten", "conv(2, 3x3); flatten"),
        ("L301", "conv(2, 3x3) -> dropout -> batchnorm", "conv(2, 3x3) -> batchnorm -> dropout"),
        (
            "L302",
            "dropout(rate=0.3) -> conv(2, 3x3) -> batchnorm",
            "spatial_dropout(rate=0.3) -> conv(2, 3x3) -> batchnorm",
        ),
        ("L302", "dropout -> conv(2, 3x3) -> batchnorm", "spatial_dropout -> conv(2, 3x3) -> batchnorm"),
        ("L309", "batchnorm(0.01)", "batchnorm(0.99)"),
        ("L309", "batchnorm(epsilon=1e-3, momentum=0.1)", "batchnorm(epsilon=1e-3)"),
        ("L404", "flatten -> dense(1) -> softmax", "flatten -> dense(1) -> sigmoid"),
        ("L405", "conv(2, 3x3) -> log_softmax", "conv(2, 3x3) -> log_softmax(axis=0)"),
        ("L409", "y = conv(2, 3x3, act=sigmoid) -> relu", "y = conv(2, 3x3, act=sigmoid)"),
        ("L413", "flatten -> softmax(axis=0) -> log", "flatten -> log_softmax(axis=0)"),
        ("L416", "dropout(rate=0.9)", "dropout(rate=0.1)"),
        ("L501", "conv(2, 3x3, init=he_normal, act=tanh)", "conv(2, 3x3, init=glorot_uniform, act=tanh)"),
    ],
)
def test_what_a_repair_writes(code: str, before: str, after: str) -> None:
    assert fixed(net(before), code) == net(after)


LOSSES = "net A {{\n  input x: 8\n  y = {body}\n}}\ntrain A {{ loss = {loss} }}\n"


@pytest.mark.parametrize(
    ("code", "body", "loss", "repaired"),
    [
        ("L003", "dense(4) -> softmax", "cross_entropy(y, label)", ("dense(4)", "cross_entropy(y, label)")),
        (
            "L401",
            "dense(4) -> sigmoid",
            "2 * binary_cross_entropy(y, label)",
            ("dense(4) -> sigmoid", "2 * binary_cross_entropy(y, label, logits=false)"),
        ),
        (
            "L402",
            "dense(4)",
            "binary_cross_entropy(y, label, logits=false, positive_weight=2)",
            ("dense(4)", "binary_cross_entropy(y, label, positive_weight=2)"),
        ),
        ("L406", "dense(4, act=relu)", "mse(y, t)", ("dense(4)", "mse(y, t)")),
        ("L406", "dense(4) -> relu", "mse(y, t)", ("dense(4)", "mse(y, t)")),
        ("L415", "dense(4) -> dropout(0.2)", "mse(y, t)", ("dense(4)", "mse(y, t)")),
    ],
)
def test_what_a_repair_of_a_loss_writes(code: str, body: str, loss: str, repaired: tuple[str, str]) -> None:
    after = LOSSES.format(body=repaired[0], loss=repaired[1])
    assert fixed(LOSSES.format(body=body, loss=loss), code) == after


def test_a_line_that_is_used_otherwise_too_is_not_repaired() -> None:
    text = "block unit { in -> flatten }\nnet A {\n  input x: 3x4x4\n  unit -> dense(8, act=relu)\n  unit\n}\n"
    assert findings(text, "L212") == []
