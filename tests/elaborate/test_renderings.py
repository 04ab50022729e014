"""The messages that newcomers meet most, word for word as `netc check` draws them."""

from __future__ import annotations

import pytest

from netc.compiler.check import check
from netc.grammar.render import render_full

CASES: dict[str, tuple[str, str]] = {}


def case(name: str, text: str, drawn: str) -> None:
    CASES[name] = (text, drawn)


case(
    "skip_of_another_width",
    """\


net Lecture(classes = 10) "CNN with one skip connection" {
  input image: 1x28x28

  conv(32, 3x3, pad=same, act=relu)
  conv(32, 3x3, pad=same, act=relu)
  skip = maxpool(2x2)
  conv(64, 3x3, pad=same, act=relu)

  add(skip)
  logits = flatten -> dense(classes)
}
""",
    """\
error[E301]: add needs equal shapes
  --> lecture.net:11:3
   |
 8 |   skip = maxpool(2x2)
   |          ------------ 32x14x14
 9 |   conv(64, 3x3, pad=same, act=relu)
   |   --------------------------------- 64x14x14
11 |   add(skip)
   |   ^^^^^^^^^ 64x14x14 + 32x14x14: channels differ
   = help: project the skip first: add(skip -> conv(64, 1x1))
""",
)

case(
    "dense_on_a_map",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  conv(32, 3x3, act=relu)
  maxpool(2x2)
  logits = dense(classes)
}
""",
    """\
error[E301]: dense works on vectors, found a map 32x13x13
 --> lecture.net:6:12
  |
5 |   maxpool(2x2)
  |   ------------ 32x13x13
6 |   logits = dense(classes)
  |            ^^^^^^^^^^^^^^
  = note: the shape came about by image 1x28x28 -> conv1 32x26x26 -> maxpool1 32x13x13
  = help: put `flatten` or `global_avgpool` in front
""",
)

case(
    "misspelt_layer",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  cnov(32, 3x3)
}
""",
    """\
error[E202]: no layer is called `cnov`
 --> lecture.net:4:3
  |
4 |   cnov(32, 3x3)
  |   ^^^^ unknown layer
  = help: use `conv`
4 +   conv(32, 3x3)
""",
)

case(
    "misspelt_argument",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  conv(32, 3x3, padding=same)
  conv(32, 3x3, strid=2)
}
""",
    """\
error[E220]: `conv` has no argument `padding`
 --> lecture.net:4:17
  |
4 |   conv(32, 3x3, padding=same)
  |                 ^^^^^^^^^^^^
  = help: use `pad`
4 +   conv(32, 3x3, pad=same)

error[E220]: `conv` has no argument `strid`
 --> lecture.net:5:17
  |
5 |   conv(32, 3x3, strid=2)
  |                 ^^^^^^^
  = help: use `stride`
5 +   conv(32, 3x3, stride=2)
""",
)

case(
    "missing_argument",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  conv(32)
}
""",
    """\
error[E223]: `conv` needs `kernel`
 --> lecture.net:4:3
  |
4 |   conv(32)
  |   ^^^^^^^^
  = help: give `kernel` in parentheses
""",
)

case(
    "argument_out_of_range",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  dropout(1.5)
}
""",
    """\
error[E224]: `rate` of `dropout` is a number of at least 0 and below 1, found 1.5
 --> lecture.net:4:11
  |
4 |   dropout(1.5)
  |           ^^^ expected a number of at least 0 and below 1
  = help: give a number of at least 0 and below 1
""",
)

case(
    "tensor_as_argument",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  x = conv(32, 3x3)
  relu(x)
}
""",
    """\
error[E221]: `relu` takes its value from the flow, not as an argument
 --> lecture.net:5:8
  |
5 |   relu(x)
  |        ^
  = help: arguments never replace the flow; write `x -> relu`
5 +   x -> relu
""",
)

case(
    "missed_expectation",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  conv(32, 3x3, act=relu) -> flatten
  logits = dense(classes)
  expect params == 61_482 "the lecture prints it"
}
""",
    """\
error[E310]: expected `params == 61_482`
 --> lecture.net:6:10
  |
6 |   expect params == 61_482 "the lecture prints it"
  |          ^^^^^^^^^^^^^^^^ params is 216_650
  = note: the lecture prints it
  = note: most parameters are in logits 216_330 (99 %), conv1 320 (0 %)
  = help: change the net, or what is expected of it
""",
)

case(
    "prediction_that_is_not_there",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  logits = flatten -> dense(classes)
}
train Lecture { loss = cross_entropy(logit, label); optimizer = adm(lr=1e-3) }
""",
    """\
error[E412]: the net has no value `logit`
 --> lecture.net:6:38
  |
6 | train Lecture { loss = cross_entropy(logit, label); optimizer = adm(lr=1e-3) }
  |                                      ^^^^^
  = help: use `logits`

error[E407]: no optimizer is called `adm`
 --> lecture.net:6:65
  |
6 | train Lecture { loss = cross_entropy(logit, label); optimizer = adm(lr=1e-3) }
  |                                                                 ^^^
  = help: use `adam`
6 + train Lecture { loss = cross_entropy(logit, label); optimizer = adam(lr=1e-3) }
""",
)

case(
    "inside_a_block",
    """\
block unit(filters) {
  conv(filters, 3x3, groups=2)
}
net Lecture(classes = 10) {
  input image: 1x28x28

  unit(8) -> unit(8)
}
""",
    """\
error[E301]: 1 input channels do not divide into 2 groups
 --> lecture.net:2:22
  |
2 |   conv(filters, 3x3, groups=2)
  |                      ^^^^^^^^
...
5 |   input image: 1x28x28
  |         -------------- 1x28x28
7 |   unit(8) -> unit(8)
  |   ------- applied here
  = help: take `groups` from 1
""",
)

case(
    "dropped_value",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  conv(32, 3x3)
  logits = image -> flatten -> dense(classes)
}
""",
    """\
warning[L006]: nothing uses the value of `conv1`
 --> lecture.net:4:3
  |
4 |   conv(32, 3x3)
  |   ^^^^^^^^^^^^^ dropped here
  = help: use it in the flow, name it in `output`, or remove it
""",
)

case(
    "used_before_it_is_bound",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  add(skip)
  skip = conv(32, 3x3)
}
""",
    """\
error[E201]: nothing is called `skip` here
 --> lecture.net:4:7
  |
4 |   add(skip)
  |       ^^^^
5 |   skip = conv(32, 3x3)
  |   ---- bound later
  = help: move the bind above its use
""",
)

case(
    "inner_name",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  stem = { wide = conv(32, 3x3); relu }
  wide -> flatten -> dense(classes)
}
""",
    """\
error[E201]: nothing is called `wide` here
 --> lecture.net:5:3
  |
4 |   stem = { wide = conv(32, 3x3); relu }
  |            ---- bound here, where it is not seen from
5 |   wide -> flatten -> dense(classes)
  |   ^^^^
  = help: reach it by dots: `stem.wide`
""",
)

case(
    "name_bound_twice",
    """\
net Lecture(classes = 10) {
  input image: 1x28x28

  x = conv(32, 3x3)
  x = relu
}
""",
    """\
error[E205]: `x` is bound already
 --> lecture.net:5:3
  |
4 |   x = conv(32, 3x3)
  |   - first bound here
5 |   x = relu
  |   ^
  = help: give the new value another name; a name is bound once
  = fix: call it `x2` from here on
5 +   x2 = relu
""",
)


@pytest.mark.parametrize("name", CASES)
def test_rendering(name: str) -> None:
    text, drawn = CASES[name]
    result = check("lecture.net", text)
    assert render_full(result.diagnostics, result.sources).strip() == drawn.strip()
