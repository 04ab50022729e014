"""L901 to L911 at their borders, and what their fixes write: the same network, with weights of the same names."""

from __future__ import annotations

import pytest
from linted import DIGITS, label, marked, mended, messages, said

MAP = (
    "net Small(width = 8, deep = false) {\n  input image: 8x16x16\n  LINE\n  logits = global_avgpool -> dense(10)\n}\n"
)


def at(line: str) -> str:
    """A net with this line on a map of 8 channels."""
    return MAP.replace("LINE", line)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("net LeNet5 { input x: 4\n dense(2) }", []), ("net A { input x: 4\n dense(2) }", []),
        ("net le_net { input x: 4\n dense(2) }", ["call it `LeNet`"]),
        ("net leNet { input x: 4\n dense(2) }", ["call it `LeNet`"]),
        ("net Le_Net { input x: 4\n dense(2) }", ["call it `LeNet`"]),
        ("block squeeze_excite { relu }\nnet A { input x: 4\n squeeze_excite -> dense(2) }", []),
        ("block Gate { relu }\nnet A { input x: 4\n Gate -> dense(2) }", []),
        ("block myGate { relu }\nnet A { input x: 4\n myGate -> dense(2) }", ["call it `my_gate` or `MyGate`"]),
    ],
)  # fmt: skip
def test_nets_and_blocks(text: str, told: list[str]) -> None:
    assert [finding.help for finding in said("L901", text)] == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DIGITS, []),
        (DIGITS.replace("image", "inputImage"), ["call it `input_image`"]),
        (DIGITS.replace("width", "hiddenWidth"), ["call it `hidden_width`"]),
        (DIGITS.replace("  dense(", "  H = dense("), []),
        (DIGITS.replace("  dense(", "  Hidden = dense("), ["call it `hidden`"]),
        ("WIDE = 3\n" + DIGITS.replace("width)", "WIDE)"), []),
        (DIGITS.replace("flatten\n", "flatten\n  for eachOne in [3, 4] { dense(eachOne) }\n"), ["call it `each_one`"]),
    ],
)  # fmt: skip
def test_values(text: str, told: list[str]) -> None:
    assert [finding.help for finding in said("L902", text)] == told


WITH_HEAD = "block head { dense(3) }\n" + DIGITS.replace("  flatten\n", "  flatten\n  head = LAYER\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hidden = 3\n" + DIGITS.replace("width, act", "hidden, act"), []),
        ("width = 3\n" + DIGITS, ["`width` hides the file's `width`"]),
        (WITH_HEAD.replace("LAYER", "dense(4)"), ["`head` hides the file's `head`"]),
        (WITH_HEAD.replace("LAYER", "head()"), []),
        (DIGITS.replace("width", "dropout"), []),
        (
            DIGITS.replace("width", "tanh").replace("flatten", "flatten -> tanh"),
            ["`tanh` is a value here, and a layer"],
        ),
        (DIGITS.replace("width", "tanh").replace("flatten", "flatten -> dense(8, act=tanh)"), []),
        (DIGITS.replace("  dense(", "  mean = dense("), []),
    ],
)
def test_shadows(text: str, told: list[str]) -> None:
    assert messages("L903", text) == told


@pytest.mark.parametrize(
    ("number", "times", "told"),
    [("392", 3, True), ("392", 2, False), ("384", 3, False), ("1000", 3, False), ("224", 3, False), ("96", 3, False)],
)
def test_numbers(number: str, times: int, told: bool) -> None:
    lines = "".join(f"  dense({number}, act=relu)\n" for _ in range(times))
    assert bool(said("L904", DIGITS.replace("  dense(width, act=relu)\n", lines))) == told


def test_numbers_that_belong_to_variants() -> None:
    lines = "".join(f"  if width == 345 {{ expect params == {count} }}\n" for count in (345, 345, 346))
    assert not said("L904", DIGITS.replace("}\n", lines + "}\n"))
    assert said("L904", DIGITS.replace("  dense(width, act=relu)\n", "  leaky_relu(0.123)\n" * 3))


HEAD = "block head { dense(10) }\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD + DIGITS.replace("dense(10)", "head"), True),
        (HEAD + DIGITS.replace("dense(10)", "head()"), True),
        (HEAD + DIGITS.replace("dense(10)", "head -> head"), False),
        (HEAD + DIGITS.replace("logits = dense(10)", "logits = repeat 2 { head }"), False),
        ("block head { dense(10); relu }\n" + DIGITS.replace("dense(10)", "head"), False),
        ("block head { dense(10) -> relu -> dense(3) }\n" + DIGITS.replace("dense(10)", "head"), False),
        (HEAD + "block twice(what) { what -> what }\n" + DIGITS.replace("dense(10)", "twice(head)"), False),
    ],
)  # fmt: skip
def test_blocks_used_once(text: str, told: bool) -> None:
    assert bool([m for m in messages("L905", text) if "`head`" in m]) == told


@pytest.mark.parametrize(
    ("lines", "written"),
    [
        (["relu"] * 3, "repeat 3 { relu }"),
        (["relu"] * 2, None),
        (["conv(8, 1x1)"] * 4, "repeat 4 { conv(8, 1x1) }"),
        (["conv(8,  1x1)", "conv(8, 1x1)", "conv(8, 1x1)"], "repeat 3 { conv(8,  1x1) }"),
        (["conv(8, 1x1)", "relu"] * 3, "repeat 3 {\n    conv(8, 1x1)\n    relu\n  }"),
        (["conv(8, 1x1)", "relu"] * 2, None),
        (["conv(8, 1x1)", "relu", "tanh"] * 2, None),
        (["conv(8, 1x1) -> relu"] * 3, "repeat 3 { conv(8, 1x1) -> relu }"),
        (["a = conv(8, 1x1)", "b = conv(8, 1x1)", "c = conv(8, 1x1)"], None),
        (["conv(8, 1x1)", "conv(8, 1x1)", "conv(4, 1x1)"], None),
    ],
)
def test_loops_by_hand(lines: list[str], written: str | None) -> None:
    text = at("\n  ".join(lines))
    assert bool(said("L906", text)) == (written is not None)
    assert mended("L906", text) == (at(written) if written else text)


def test_loops_by_hand_in_a_chain_and_with_comments() -> None:
    text = at("relu -> conv(8, 1x1) -> conv(8, 1x1) -> conv(8, 1x1)")
    (finding,) = said("L906", text)
    assert marked(finding, text) == "conv(8, 1x1) -> conv(8, 1x1) -> conv(8, 1x1)"
    assert finding.help == "write `{ repeat 3 { conv(8, 1x1) } }`"
    (finding,) = said("L906", at("relu   # one\n  relu\n  relu"))
    assert finding.fix is None


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("conv(8, 3x3, stride=1)", "conv(8, 3x3)"), ("conv(8, 3x3, stride=1, pad=1)", "conv(8, 3x3, pad=1)"),
        ("conv(8, 3x3, bias=true)", "conv(8, 3x3)"), ("conv(8, 3x3, pad=0, act=none)", "conv(8, 3x3)"),
        ("conv(stride=1, filters=8, kernel=3x3)", "conv(filters=8, kernel=3x3)"), ("dropout(rate=0.5)", "dropout"),
        ("upsample(2, mode=nearest)", "upsample(2)"),
        ("conv(8, 3x3, stride=2)", None), ("conv(8, 3x3, bias=false)", None), ("conv(8, 3x3, pad=same)", None),
        ("maxpool(2x2, stride=2)", None), ("conv(8, 3x3, stride=width // 8)", None),
    ],
)  # fmt: skip
def test_defaults(line: str, written: str | None) -> None:
    assert mended("L907", at(line)) == at(line if written is None else written)
    assert bool(said("L907", at(line))) == (written is not None)


def test_a_block_has_defaults_of_its_own() -> None:
    block = "block conv(filters, stride = 2) { dense(filters * stride) }\n"
    assert not said("L907", block + DIGITS.replace("dense(width, act=relu)", "conv(8, stride=1)"))


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("if (width > 4) { relu }", "if width > 4 { relu }"), ("if(width > 4){ relu }", "if width > 4{ relu }"),
        ("conv((2 * width), 1x1)", "conv(2 * width, 1x1)"), ("conv(((width)), 1x1)", "conv(width, 1x1)"),
        ("y = (image)\n  y -> relu", "y = image\n  y -> relu"), ("repeat (3) { relu }", "repeat 3 { relu }"),
        ("add((image -> relu))", "add(image -> relu)"), ("expect (width == 8)\n  relu", "expect width == 8\n  relu"),
        ("conv(2 * (width + 1), 1x1)", None), ("relu()", None), ("y = (image -> relu) * 2\n  y -> relu", None),
        ("if (width > 4) and deep { relu }", None), ("conv(width, 1x1, act=leaky_relu(0.1))", None),
    ],
)  # fmt: skip
def test_parentheses(line: str, written: str | None) -> None:
    assert bool(said("L908", at(line))) == (written is not None)
    assert mended("L908", at(line)) == at(line if written is None else written)


def test_lines() -> None:
    wide = "relu   #" + "-" * (140 - len("  relu   #"))
    assert not said("L909", at(wide))
    (finding,) = said("L909", at(wide + "-"))
    assert finding.message == "this line has 141 characters"


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("conv(8, 3x3, 2, 1)", "conv(8, 3x3, stride=2, pad=1)"), ("conv(8, 3x3, 2)", "conv(8, 3x3, stride=2)"),
        ("conv(8, 3x3, stride=2)", None), ("conv(8, 3x3)", None), ("add(image, image, image)", None),
    ],
)  # fmt: skip
def test_positions(line: str, written: str | None) -> None:
    assert mended("L910", at(line)) == at(line if written is None else written)
    assert bool(said("L910", at(line))) == (written is not None)


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        ("deep == true", "deep"), ("deep != true", "not deep"), ("deep == false", "not deep"),
        ("deep != false", "deep"), ("width == true", None), ("not width == 3", "width != 3"),
        ("not width < 3", "width >= 3"), ("not deep", None), ("width == 3", None),
        ("not (width == 3)", None), ("width > 2 and deep == true", "width > 2 and deep"),
    ],
)  # fmt: skip
def test_conditions(condition: str, written: str | None) -> None:
    text = at(f"if {condition} {{ relu }}")
    assert bool(said("L911", text)) == (written is not None)
    assert mended("L911", text) == text.replace(condition, written or condition)


def test_where_the_labels_are() -> None:
    (finding,) = said("L910", at("conv(8, 3x3, 2, 1)"))
    assert label(finding) == "they are `stride` and `pad`"
