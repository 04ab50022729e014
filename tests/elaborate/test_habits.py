"""What people bring from other frameworks and languages: each gets the word of this one."""

from __future__ import annotations

import pytest

from netc.compiler import check

# the text of a net's body, the code, a part of the help
BODIES = [
    ("Conv2d(8, 3x3)", "E202", "use `conv`"),
    ("convolution(8, 3x3)", "E202", "use `conv`"),
    ("MaxPool2d(2)", "E202", "use `maxpool`"),
    ("ReLU", "E201", "use `relu`"),
    ("bn", "E201", "use `batchnorm`"),
    ("GlobalAveragePooling2D", "E201", "use `global_avgpool`"),
    ("Linear(10)", "E202", "use `dense`"),
    ("conv(8, 3x3, pad=valid)", "E201", "write `0`"),
    ("conv(8, 3x3, pad=full)", "E201", "give a padding"),
    ("conv(8, 3x3, pad=sam)", "E201", "use `same`"),
    ("conv(8, 3x3, bias=yes)", "E201", "write `true`"),
    ("conv(8, 3x3, bias=False)", "E201", "write `false`"),
    ("conv(8, 3x3, bias=0)", "E224", "write `false`"),
    ("conv(8, 3x3, act=None)", "E202", "write `none`"),
    ("conv(8, 3x3, activation=relu)", "E220", "use `act`"),
    ("conv(1e1, 3x3)", "E224", "write `10`"),
    ("conv(n, 3x3)", "E201", "give a positive whole number"),
    ("conv(8, 3x3)(image)", "E225", "`image -> conv(…)`"),
    ("conv(8, 3x3) // first", "E241", "a comment after `#`"),
    ("concat { conv(8, 3x3); conv(8, 5x5) }", "E301", "`pad=same`"),
]

TRAINS = [
    ("loss = CrossEntropyLoss(logits, label)", "E407", "use `cross_entropy`"),
    ("loss = mse(label, logits)", "E413", "`mse(prediction, target)`"),
    ("loss = mse(logits, label); lr = 0.1", "E404", "`optimizer = sgd(lr=…)`"),
    ("loss = mse(logits, label); warmup = 1", "E404", "`schedule = cosine(warmup=…)`"),
    ("loss = mse(logits, label); batch_size = 3", "E404", "use `batch`"),
    ("loss = mse(logits, label); metrics = [acc]", "E407", "use `accuracy`"),
]


def helps(text: str) -> dict[str, str]:
    return {found.code: found.help or "" for found in check("a.net", text).diagnostics}


@pytest.mark.parametrize(("body", "code", "help"), BODIES, ids=[body for body, _, _ in BODIES])
def test_in_a_net(body: str, code: str, help: str) -> None:
    found = helps(f"net A {{\n  input image: 1x28x28\n  {body}\n}}")
    assert list(found) == [code]
    assert help in found[code]


@pytest.mark.parametrize(("settings", "code", "help"), TRAINS, ids=[settings for settings, _, _ in TRAINS])
def test_in_a_train_section(settings: str, code: str, help: str) -> None:
    found = helps(f"net A {{ input x: 8; logits = dense(3) }}\ntrain A {{ {settings} }}")
    assert help in found[code]


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("net A { relu; input image: 1x28x28 }", "E216", "at the top of the net"),
        ("net A { input image: 28x28x1; conv(8, 3x3) }", "E301", "`input image: 1x28x28`"),
        ("net A { input image: Nx3x8x8; relu }", "E201", "`3x8x8`"),
        ("net A { input n: int [4]; y = n ** 2 }", "E302", "multiply by 1.0"),
        ("net A { input x: 8; y = dense(3) }\ntrain B { loss = mse(y, label) }", "E400", "write `train A`"),
    ],
)
def test_around_it(text: str, code: str, help: str) -> None:
    found = helps(text)
    assert list(found) == [code]
    assert help in found[code]


def test_blocks_that_double_have_an_end() -> None:
    text = "".join(f"block b{i} {{ b{i + 1}; b{i + 1} }}\n" for i in range(40)) + "block b40 { relu }\n"
    found = check("a.net", text + "net A { input x: 8; b0 }").diagnostics
    assert [finding.code for finding in found] == ["E133"]
    assert "30,000" in found[0].notes[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("loss = mse(a, label); metrics = [accuracy]", "an array [10] for one term and labels of 10 classes"),
        (
            "loss = cross_entropy(a, label) + cross_entropy(b, label)",
            "labels of 10 classes for one term",
        ),
        ("loss = mse(a, x)", "`x` is an input of the net, an array [8], where an array [10] is wanted"),
    ],
)
def test_a_field_means_one_thing(settings: str, words: str) -> None:
    text = f"net A {{ input x: 8; a = dense(10); b = dense(5); output a, b }}\ntrain A {{ {settings} }}"
    (found,) = check("a.net", text).diagnostics
    assert found.code == "E413"
    assert words in found.message
