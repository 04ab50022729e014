"""L010 to L014 at their borders."""

from __future__ import annotations

import pytest
from linted import DIGITS, marked, mended, messages, said, trained

GAN = """net Pair {
  input x: 4
  a = x -> dense(4)
  b = x -> dense(4)
  output a, b
}
"""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["loss = cross_entropy(logits, label) + 0 * mse(logits, 0)"], "`mse` counts for nothing"),
        (["loss = cross_entropy(logits, label) + 0.1 * mse(logits, 0)"], None),
        (["loss = cross_entropy(logits, label, class_weights=[2, 2, 2, 2, 2, 2, 2, 2, 2, 2])"],
         "all of 10 classes have the weight 2"),
        (["loss = cross_entropy(logits, label, class_weights=[2, 2, 2, 2, 2, 2, 2, 2, 2, 1])"], None),
        (['rates = ["dense1": 0.1]'], None),
        (['rates = ["dense1": 1]'], 'the rate of "dense1" is multiplied by 1'),
        (['rates = ["dense1.weight": 1, "dense1": 0.1]'], None),
        (['rates = ["logits": 2, "dense1": 0.1, "dense1.weight": 0.3]'], 'the rate of "dense1.weight" is never used'),
        (['rates = ["dense1.weight": 0.3, "dense1": 0.1]'], None),
        (['l2 = ["*.weight": 0]'], '`l2` of "*.weight" is 0'),
        (['initializers = ["dense1.weight": constant(0), "*.weight": normal(0.1)]'],
         'the initializer of "dense1.weight" is never used'),
        (['initializers = ["*.weight": normal(0.1), "dense1.weight": constant(0)]'], None),
        (["average = 0"], "an average that keeps nothing is the weights themselves"),
        (["average = 0.9"], None),
    ],
)  # fmt: skip
def test_settings(settings: list[str], told: str | None) -> None:
    assert messages("L010", trained(*settings)) == ([told] if told else [])


def test_the_entry_is_pointed_at() -> None:
    text = trained('rates = ["dense1": 0.1, "dense1.weight": 0.3]')
    (finding,) = said("L010", text)
    assert marked(finding, text) == '"dense1.weight": 0.3'
    assert finding.help == 'put "dense1.weight" in front of "dense1"'


@pytest.mark.parametrize(("own", "told"), [("optimizer = adam(lr=1e-3); ", True), ("", False)])
def test_what_every_step_replaces(own: str, told: bool) -> None:
    steps = [f'step {name} {{ {own}trains = ["{name}"]; loss = mse({name}, 0) }}' for name in "ab"]
    text = trained(*steps, "optimizer = sgd(lr=0.1)", net=GAN)
    assert messages("L010", text) == (["`optimizer` is replaced by every step"] if told else [])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("flatten -> flatten", ["`flatten` does nothing here"]), ("flatten", []),
        ("reshape(1x28x28) -> flatten", ["`reshape` does nothing here"]), ("reshape(1x14x56) -> flatten", []),
        ("maxpool(1x1) -> flatten", ["`maxpool` does nothing here"]),
        ("maxpool(3x3, stride=1, pad=1) -> flatten", []), ("upsample(1) -> flatten", ["`upsample` does nothing here"]),
        ("flatten -> dropout(0)", ["`dropout` does nothing here"]), ("flatten -> dropout(0.01)", []),
        ("flatten -> dropout(rate=0.0)", ["`dropout` does nothing here"]), ("flatten -> dropout(0 * width)", []),
        ("relu -> flatten", []),
    ],
)  # fmt: skip
def test_layers(line: str, told: list[str]) -> None:
    assert messages("L011", DIGITS.replace("  flatten", f"  {line}")) == told


def test_a_line_of_a_block_is_idle_in_every_use() -> None:
    block = "block flat { flatten -> dense(8) }\n"
    once = DIGITS.replace("  flatten\n", "  flatten -> flat\n")
    assert len(said("L011", block + once)) == 1
    assert not said("L011", block + once.replace("flatten -> flat", "flat -> flat"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("if true { relu }", "this condition never changes"), ("if 2 > 1 { relu }", "this condition never changes"),
        ("if width > 1 { relu }", None), ("if not true or width > 1 { relu }", None),
        ("if image.channels > 0 { relu }", None),
        ("repeat 1 { relu }", "`repeat 1` is no loop"), ("repeat 0 { relu }", "`repeat 0` leaves out what is in it"),
        ("repeat 2 { relu }", None), ("repeat width { relu }", None),
        ("for i in [3] { conv(i, 1x1) }", "a loop of one pass"), ("for i in [3, 4] { conv(i, 1x1) }", None),
        ("for i in 0..1 { conv(i + 1, 1x1) }", "a loop of one pass"),
        ("for i in 3..3 { conv(i + 1, 1x1) }", "a loop without a pass"),
        ("for i in 1..3 { conv(i, 1x1) }", None), ("for i in 0..width { relu }", None),
    ],
)  # fmt: skip
def test_control(line: str, told: str | None) -> None:
    assert messages("L012", DIGITS.replace("  flatten", f"  {line}\n  flatten")) == ([told] if told else [])


def test_expectations() -> None:
    more = '  expect params < 1M\n  expect params < 1_000_000 "small"\n  expect params > 3\n}\n'
    text = DIGITS.replace("}\n", more)
    (finding,) = said("L013", text)
    assert marked(finding, text) == 'expect params < 1_000_000 "small"'
    inside = DIGITS.replace("}\n", "  expect params < 1M\n  if width > 3 { expect params < 1M }\n}\n")
    assert not said("L013", inside)


@pytest.mark.parametrize(
    ("loop", "written"),
    [
        ("for i in 0..3 { relu }", "repeat 3 { relu }"),
        ("for i in 0..width { dense(8) }", "repeat width { dense(8) }"),
        ("x = for i in 0..3 { layer = dense(8) }", "x = repeat 3 { layer = dense(8) }"),
        ("for i in 1..3 { relu }", None), ("for i in 0..3 { dense(i + 1) }", ""), ("for i in [4, 5] { relu }", ""),
    ],
)  # fmt: skip
def test_loop_names(loop: str, written: str | None) -> None:
    text = DIGITS.replace("  flatten\n", f"  flatten\n  {loop}\n")
    assert messages("L014", text) == ([] if written == "" else ["nothing uses `i`"])
    assert mended("L014", text) == (text.replace(loop, written) if written else text)


HEADS = """net Heads {
  input image: 1x28x28
  body = flatten -> dense(16, act=relu)
  logits = dense(10)
  age = body -> dense(2) -> relu -> dense(1)
  output logits, age
}
"""


@pytest.mark.parametrize(
    ("net", "settings", "told"),
    [
        (HEADS, [], ["no loss depends on `age.dense1` and 1 more"]),
        (HEADS, ["loss = cross_entropy(logits, label) + mse(age, years)"], []),
        (HEADS, ['freeze = ["age"]'], []),
        (HEADS, ['init = ["age": weights("age.safetensors")]'], []),
        (HEADS.replace("body -> dense(2) -> relu -> dense(1)", "logits -> softmax"), [], []),
    ],
)
def test_untrained_weights(net: str, settings: list[str], told: list[str]) -> None:
    assert messages("L015", trained(*settings, net=net)) == told
    assert not said("L015", net)


def test_weights_that_another_section_trains() -> None:
    text = trained(net=HEADS)
    more = 'train Heads "ages" {\n  loss = mse(age, years)\n}\n'
    assert said("L015", text)
    assert not said("L015", text + more)
