"""Findings that used to mislead: what they point at, what they advise, and that the advice works."""

from __future__ import annotations

import pytest

from netc.compiler import check
from netc.grammar.render import render_full
from tests.support.repairs import errors, repaired

NETS = "net A(wide = 8) { input x: 8; y = dense(wide) }\nnet B { input x: 8; y = dense(4) }\n"
NET = "net A {{ input image: 3x8x8; {} }}"


# ---------------------------------------------------------------- control in a merge
@pytest.mark.parametrize(
    "merge",
    [
        "add { if image.channels == 4 { conv(3, 1) }; conv(3, 1) }",
        "add { conv(3, 1); if image.channels == 4 { conv(3, 1) } }",
        "add { if image.channels == 4 { relu } else if image.channels == 5 { tanh }; conv(3, 1) }",
        "concat { if false { conv(3, 1) }; conv(3, 1) }",
    ],
)
def test_an_untaken_if_is_named_and_repaired(merge: str) -> None:
    text = NET.format(merge)
    (found,) = errors(text)
    assert (found.code, found.message) == ("E231", "this `if` is no branch: its condition is false")
    assert found.primary is not None
    assert text[found.primary.span.column - 1 :].startswith(("image.channels ==", "false"))
    assert any("merges at least 2 values, found 1" in label.message for label in found.secondary)
    text, left = repaired(text)
    assert "else { identity }" in text
    assert left == []


def test_an_untaken_if_in_a_block() -> None:
    text = "block unit(c) { add { if c { conv(3, 1) }; relu } }\nnet A { input x: 3x8x8; unit(true) -> unit(false) }"
    (found,) = errors(text)
    assert "`if` is no branch" in found.message
    assert repaired(text)[1] == []


@pytest.mark.parametrize(
    ("merge", "word"),
    [("add { for i in 0..0 { relu }; tanh }", "for"), ("add { repeat 0 { relu }; tanh }", "repeat"),
     ("add { if true { }; tanh }", "if"), ("add { if false { relu } else { }; tanh }", "if")],
)  # fmt: skip
def test_control_that_gives_no_branch_is_named(merge: str, word: str) -> None:
    (found,) = errors(NET.format(merge))
    assert found.code == "E231"
    assert found.message.startswith(f"this `{word}` is no branch")


@pytest.mark.parametrize(
    "merge",
    ["add { if false { relu }; tanh; conv(3, 1) }", "add { if true { relu }; tanh }", "add { s(false); tanh }",
     "add { for i in 0..2 { if i == 0 { relu } else { tanh } } }"],
)  # fmt: skip
def test_enough_branches_are_enough(merge: str) -> None:
    assert errors("block s(c) { if c { conv(3, 1) } }\n" + NET.format(merge)) == []


def test_a_mistake_inside_control_is_the_only_finding() -> None:
    (found,) = errors(NET.format("add { if nothing == 4 { relu }; tanh }"))
    assert found.code == "E201"


# ---------------------------------------------------------------- layers are compared
@pytest.mark.parametrize(
    ("argument", "condition", "holds"),
    [
        ("identity", "a == identity", True), ("batchnorm", "a == identity", False),
        ("batchnorm", "a != identity", True), ("none", "a == none", True), ("relu", "a == none", False),
        ("relu", "a != none", True), ("relu", "none == a", False),
        ("batchnorm(momentum=0.5)", "a == batchnorm", True), ("leaky_relu(0.1)", "a == leaky_relu(0.1)", True),
        ("leaky_relu(0.1)", "a == leaky_relu(0.2)", False), ("leaky_relu(0.01)", "a == leaky_relu(slope=0.01)", True),
        ("leaky_relu()", "a == leaky_relu(0.01)", True), ("b", "a == b", True), ("b", "a == relu", False),
        ("batchnorm -> relu", "a == batchnorm", False), ("relu", "[a, 1] == [relu, 1]", True),
        ("relu", "a == 3", False), ("same", "a == same", True),
    ],
)  # fmt: skip
def test_a_layer_in_a_condition(argument: str, condition: str, holds: bool) -> None:
    text = f"""
        block b {{ relu }}
        block u(a) {{ if {condition} {{ dense(2) }} else {{ dense(3) }} }}
        net A {{ input x: 8; y = u({argument}); expect y.shape == [{2 if holds else 3}] }}"""
    assert errors(text) == []


@pytest.mark.parametrize(
    ("condition", "words"),
    [("x == relu", "found a tensor 8"), ('relu == "relu"', "without quotes"),
     ("(relu -> tanh) == (relu -> tanh)", "chains of layers are not compared")],
)  # fmt: skip
def test_what_is_no_layer_is_not_compared_with_one(condition: str, words: str) -> None:
    (found,) = errors(f"net A {{ input x: 8; if {condition} {{ dense(2) }} else {{ dense(3) }} }}")
    assert words in f"{found.message} {found.help}"


# ---------------------------------------------------------------- lists that flow
@pytest.mark.parametrize(
    "body",
    [
        "[a, b]; h, c = identity; h -> add(c)",
        "[a, b] -> identity -> add",
        "[a, b]; x = identity; x[0] -> add(x[1])",
        "[a, b]; for i in 0..3 { h, c = identity; [h -> dense(3), c + h] }; add",
        "[a, b] -> two -> add",
    ],
)
def test_identity_passes_a_list_on(body: str) -> None:
    text = "block two { h, c = identity; [h, c -> dense(3)] }\nnet A { input a: 3, b: 3; " + body + " }"
    assert errors(text) == []


def test_identity_takes_apart_what_flows() -> None:
    found = check("a.net", "net A { input a: 3, b: 4; [a, b]; h, c = identity; h -> dense(c.features) }").nets[0]
    assert [layer.word for layer in found.layers] == ["dense"]
    assert found.outputs
    (wrong,) = errors("net A { input a: 3; h, c = identity; h -> add(c) }")
    assert wrong.code == "E208"


def test_what_flows_in_has_its_word() -> None:
    (found,) = errors("net A { input a: 3, b: 3; [a, b]; h, c = in; h -> add(c) }")
    assert (found.code, found.help) == ("E233", "`identity` names what flows here")


# ---------------------------------------------------------------- what can be written out
def test_what_can_be_written_out_is_a_program() -> None:
    assert (
        errors("""
        net A {
          input h0: 3, c0: 3, x: 3
          shared cell = { h, c = identity; [h + c -> dense(3), h -> tanh] }
          [h0, c0]
          for i in 0..3 { h, c = cell }
          h[-1] + x + c[-1]
        }""")
        == []
    )
    assert errors(NET.format("flatten; add { dense(5); dense(8, bias=false) -> dense(5, bias=false) }")) == []


# ---------------------------------------------------------------- one cause, one finding
ONE = [
    ("a missing brace", "net A {\n input x: 8\n relu\n dense(10)\n"),
    ("a misspelt layer whose value is used", "net A { input x: 8; h = desne(8); h -> relu; add(h); concat(h) }"),
    ("an unknown name read thrice", "net A { input x: 8; dense(n); dense(n); dense(n) }"),
    ("an unknown layer used thrice", "net A { input x: 8; layernrm; dense(3); layernrm; dense(3); layernrm }"),
    ("a block misspelt thrice", "block unit(n) { dense(n) }\nnet A { input x: 8; uint(8); uint(16); uint(32) }"),
    ("a misspelt activation", "net A { input x: 8; dense(8, act=rleu); dense(8, act=rleu) }"),
    ("a mistake in a block applied thrice", "block u(n) { dense(n) -> rleu }\nnet A { input x: 8; u(8); u(16); u(3) }"),
    ("a map into dense", "net A { input x: 1x8x8; conv(8, 3x3); l = dense(10) }\n"
     "train A { loss = cross_entropy(l, label); metrics = [accuracy] }"),
    ("a skip of another size",
     "net A { input x: 1x8x8; s = conv(8, 3x3); conv(16, 3x3); add(s); conv(4, 3x3); add(s) }"),
    ("a misspelt loss with metrics", "net A { input x: 8; l = dense(3) }\n"
     "train A { loss = crossentropi(l, label); metrics = [accuracy, topk(2)] }"),
    ("a misspelt prediction with metrics", "net A { input x: 8; l = dense(3) }\n"
     "train A { loss = mse(k, label); metrics = [accuracy] }"),
    ("no loss", "net A { input x: 8; l = dense(3) }\ntrain A { optimizer = adam; metrics = [accuracy] }"),
    ("a training of another net", "net A { input x: 8; l = dense(3) }\ntrain B { loss = mse(l, label) }"),
    ("a misspelt `input`", "net A { inptu x: 8; l = dense(3) }\ntrain A { loss = mse(l, label) }"),
    ("an input without colon", "net A { input x 8; l = dense(3) }\ntrain A { loss = mse(l, label) }"),
    ("an unclosed call", "net A {\n input x: 8\n l = dense(3\n}\ntrain A { loss = mse(l, label) }"),
    ("no input", "net A { dense(3); relu; dense(4) }"),
    ("a condition that is wrong", "net A { input x: 8; if deep > 3 { s = relu } else { s = tanh }; add(s) }"),
    ("a count that is no whole number", "net A(d = 3) { input x: 8; repeat d / 2 { relu }; expect params == 10 }"),
    ("branches of other sizes",
     "net A { input x: 1x8x8; concat { conv(8, 1x1); conv(8, 3x3); conv(8, 5x5) }; flatten }"),
    ("a library that is not there", "use std.resnt (ResNet)\nnet A { input x: 3x32x32; ResNet(20); ResNet(30) }"),
    ("a name that a library lacks", "use std.resnet (ResNt)\nnet A { input x: 3x32x32; ResNt(20) }"),
    ("a name bound twice and read", "net A { input x: 1x8x8; h = relu; h = tanh; y = h -> conv(8, 3x3); z = y + h }"),
    ("nothing flows yet", "net A { input a: 3, b: 4; dense(3); dense(4) }"),
    ("shapes that do not broadcast", "net A { input a: 3, b: 4; c = a + b; d = c -> dense(3); e = d + c }"),
    ("a loss without target", "net A { input x: 8; l = dense(3) }\ntrain A { loss = mse(l); metrics = [accuracy] }"),
    ("division by zero", "n = 3 / 0\nnet A { input x: 8; dense(n); dense(n) }"),
    ("several names for one value", "net A { input x: 8; a, b = halves(2); a + b -> relu; concat(a, b) }"),
    ("a Python head", "net A:\n  input x: 8\n  relu\n  dense(10)\n"),
    ("a Python class", "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
     "        self.fc = nn.Linear(8, 10)\n\n    def forward(self, x):\n        return self.fc(x)\n"),
    ("a loop as in Python", "net A {\n  input x: 8\n  for i in 0..3:\n    relu\n    tanh\n}\n"),
    ("a call as in Python", "net A { input x: 8; y = dense(3)(x); y -> relu -> dense(4) }"),
    ("a value bound again as in Python", "net A { input x: 8; h = x -> relu; h = tanh(h); h -> dense(3) }"),
    ("a foreign layer whose value is used", "net A { input x: 8; h = nn.Linear(8, 3); h -> relu; add(h) }"),
    ("a word of later used twice", "net A { input x: 8; scan { dense(3) }; scan { dense(4) } }"),
]  # fmt: skip


@pytest.mark.parametrize("text", [text for _, text in ONE], ids=[name for name, _ in ONE])
def test_one_cause_is_one_finding(text: str) -> None:
    assert len(check("a.net", text).diagnostics) == 1


def test_a_word_in_several_places_is_repaired_in_all() -> None:
    text = "net A { input x: 8; desne(8); desne(4); x -> desne(3) }"
    (found,) = errors(text)
    assert [label.message for label in found.secondary] == ["and here", "and here"]
    assert found.fix is not None
    assert len(found.fix.edits) == 3
    assert repaired(text)[1] == []


# ---------------------------------------------------------------- losses of one's own, and of one value
OWN = "net A { input x: 4; price = dense(1); energy = price -> square; output price, energy }\n"


@pytest.mark.parametrize(
    ("loss", "becomes"),
    [("energy", "mean(energy)"), ("0.5 * energy", "0.5 * mean(energy)"), ("energy / 2", "mean(energy) / 2"),
     ("mse(price, y) + energy", "mse(price, y) + mean(energy)"), ("energy - 2 * mse(price, y)", "mean(energy) - 2"),
     ("[main: energy]", "[main: mean(energy)]")],
)  # fmt: skip
def test_a_value_in_the_place_of_a_loss_becomes_one(loss: str, becomes: str) -> None:
    text = OWN + f"train A {{ loss = {loss} }}"
    (found,) = errors(text)
    assert (found.code, found.message) == ("E410", "`energy` is a value of the net and no loss")
    text, left = repaired(text)
    assert f"loss = {becomes}" in text
    assert left == []


@pytest.mark.parametrize(
    "measured", ["loss = mse(price, price)", "loss = mse(price, y); metrics = [mae(price, price)]"]
)
def test_a_value_compared_with_itself_is_refused(measured: str) -> None:
    """Its loss would be 0 from the first step on: a field of the data was meant that the net has a value for."""
    (found,) = errors(OWN + f"train A {{ {measured} }}")
    assert (found.code, found.message.split("`")[2]) == ("E413", " compares a value of the net with itself")
    assert found.help is not None
    assert "so that `price` is the field of the data" in found.help


# ---------------------------------------------------------------- initializers by the names of other frameworks
@pytest.mark.parametrize(
    ("written", "becomes"),
    [("xavier_uniform", "glorot_uniform"), ("nn.init.kaiming_normal_", "he_normal"), ("zeros", "constant"),
     ("ones", "constant(value=1)"), ("nn.init.ones_", "constant(value=1)"), ("random_normal(0.1)", "normal(0.1)")],
)  # fmt: skip
def test_an_initializer_of_elsewhere_is_the_one_of_here(written: str, becomes: str) -> None:
    text = f"net A {{ input x: 4; dense(8, init={written}) }}"
    (found,) = errors(text)
    assert (found.code, found.message) == ("E407", f"no initializer is called `{written.partition('(')[0]}`")
    assert repaired(text) == (f"net A {{ input x: 4; dense(8, init={becomes}) }}", [])


def test_an_initializer_that_is_not_there_says_which_are_near() -> None:
    (found,) = errors("net A { input x: 4; dense(8, init=lecun_uniform) }")
    assert found.help == "this version has no initializer `lecun_uniform`; `lecun_normal` has the same deviation"


def test_a_linear_activation_is_none_and_no_dense_layer() -> None:
    text = "net A { input x: 4; dense(8, act=linear) }"
    (found,) = errors(text)
    assert found.help == "leave it out, or write `identity`"
    assert repaired(text) == ("net A { input x: 4; dense(8, act=identity) }", [])


def test_softmax_over_channels_keeps_its_axis() -> None:
    text, left = repaired("net A { input x: 3x8x8; nn.Softmax2d() }")
    assert "softmax(axis=0)" in text
    assert left == []


# ---------------------------------------------------------------- advice that works
@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("y = for i in 0..3 { image -> conv(2, 1) }; y -> stack", "E231", "a loop gives the value of its last pass"),
        ("image -> mean(axis=batch)", "E201", "give an axis or a list of axes of an example"),
        ("image -> concat(image, axis=N)", "E201", "give a whole number of an example"),
        ("train only { a = image -> relu }; a -> conv(2, 1)", "E214", "put this line in `train only` too"),
        ("for i in true { relu }", "E240", "give a list, such as `[32, 64]` or `0..4`"),
        ('repeat "a" { relu }', "E240", "give how many times"),
        ("x = relu; y = x.zzzz", "E204", "take one of `shape`"),
        ("x = conv(2, 1); y = x.zzzz", "E204", "take one of `weight`, `bias`, `shape`"),
        ("x = 3; y = x.zzzz", "E204", "leave the dot and the name out"),
        ("add(true)", "E224", "give a value that flows, by its name"),
    ],
)
def test_the_advice_names_the_cause(text: str, code: str, help: str) -> None:
    (found,) = errors(NET.format(text))
    assert (found.code, help in (found.help or "")) == (code, True), found.help


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        (NETS + "net C { input x: 8; [x, x] -> A }", "E230", "merge them: `[a, b] -> concat -> A`"),
        (NETS + "train A(zzzz = 4) { loss = mse(y, z) }", "E220", "`A` takes `wide`"),
        (NETS + "train B(zzzz = 4) { loss = mse(y, z) }", "E220", "`B` takes no arguments"),
    ],
)
def test_a_net_says_what_it_takes(text: str, code: str, help: str) -> None:
    (found,) = errors(text)
    assert (found.code, help in (found.help or "")) == (code, True), found.help


def test_a_loop_of_branches_is_merged_as_advised() -> None:
    assert errors(NET.format("stack { for i in 0..3 { image -> conv(2, 1) } }")) == []


def test_one_of_two_results_is_named() -> None:
    text = "block two { h = relu; [h -> tanh, h -> sigmoid] }\n" + NET.format("p, q = image -> two; p -> conv(2, 1)")
    found = [item.message for item in check("a.net", text).diagnostics if item.code == "L006"]
    assert found == ["nothing uses the value of `two1[1]`"]


def test_a_long_line_is_cut_around_what_is_meant() -> None:
    line = f"  loss = {' + '.join(['0.125 * mse(x, y)'] * 9)} + mse(x, x)"
    found = errors(text := f"net A {{ input x: 4; y = relu }}\ntrain A {{\n{line}\n}}")[0]
    drawn = render_full([found], {"a.net": text}).splitlines()
    place = next(row for row in drawn if "^" in row).index("^")
    assert next(row for row in drawn if "mse(x" in row)[place - 7 : place + 2] == "mse(x, x)"
