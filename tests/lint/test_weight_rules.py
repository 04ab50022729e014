"""L1xx and L5xx, weights: how many, shared or not, published or not, and how they start."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from one_rule import findings, net, said

from netc.compiler.zoo.catalogue import FOLDER, catalogue, named
from netc.compiler.zoo.listing import load_entry
from netc.compiler.zoo.signatures import digest, made_of, signatures


def test_what_averaging_would_save() -> None:
    (found,) = findings(net("conv(64, 3x3, pad=1); flatten -> dense(64, act=relu); dense(10)"), "L004")
    assert found.notes == ("averaged, it would have 4,160, and the net 6,602",)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("params(a) + params(b) == 288", ["`a` and `b` share 144 parameters, counted twice here: 144 together"]),
        ("params(a) + params(y) == 161", []),
        ("params(a) == 144 and params(b) == 144", []),
        ("params == 161", []),
    ],
)
def test_weights_counted_twice(expected: str, found: list[str]) -> None:
    body = "shared tower = dense(16, act=relu); a = x -> tower; b = x * 2 -> tower; y = a - b -> dense(1)"
    assert said(net(f"{body}; expect {expected}", "8"), "L101") == found


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("embedding(2000, 16) -> lstm(16); dense(2000)", 1),
        ("t = embedding(2000, 16); lstm(16); dense(2000, weight=t.weight)", 0),
        ("embedding(900, 16) -> lstm(16); dense(900)", 0),
        ("embedding(2000, 16) -> lstm(8); dense(2000)", 0),
        ("embedding(2000, 16) -> lstm(16) -> flatten -> dense(2000) -> dense(16) -> dense(2000)", 0),
    ],
)
def test_an_untied_vocabulary(body: str, count: int) -> None:
    assert len(said(net(body, "int 64"), "L102")) == count


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "conv(200, 7x7, pad=3)",
            [
                "a kernel of 7x7 over 128 channels has 1,254,400 weights: 3 layers of 3x3 see as far with "
                "950,400, depthwise and 1x1 with 31,872"
            ],
        ),
        ("conv(200, 7x7, pad=3, stride=2)", []),
        ("conv(200, 32x32)", []),  # all of the map: a dense layer
        ("conv(100, 7x7, pad=3)", []),
        ("conv(2000, 1x7, pad=[0, 3])", []),
    ],
)
def test_a_costly_kernel(body: str, found: list[str]) -> None:
    assert said(net(body, "128x32x32"), "L103") == found


def googlenet(comment: str = "", **changes: str) -> str:
    """The zoo's text without its comments, with words replaced."""
    lines = (FOLDER / "googlenet.net").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return f"# {comment}\n{text}\n"


def test_a_variant_that_the_text_does_not_name() -> None:
    (found,) = findings(googlenet(), "L104")
    assert found.message == "this is torchvision's GoogLeNet, not the paper's"
    assert "convolutions of 5x5: none here, 9 there" in found.notes
    assert "convolutions of 3x3: 19 here, 10 there" in found.notes
    assert findings(googlenet("as torchvision has it"), "L104") == []
    assert findings(googlenet(**{"paper = false": "paper = true"}), "L104") == []
    assert findings(googlenet(GoogLeNet="Mine"), "L104") == []


def test_a_net_that_is_nearly_a_published_one() -> None:
    assert findings(googlenet(), "L105") == []
    assert findings(googlenet(**{"classes = 1000": "classes = 7", "3x224x224": "1x224x224"}), "L105") == []
    wrong = {"unit(192, 3x3, norm)": "unit(160, 3x3, norm)", "if classes": "if false and classes"}
    (found,) = findings(googlenet(**wrong), "L105")
    assert found.message == "nearly `googlenet`: 6 of 114 layers with weights differ"
    assert "conv 160x64x3x3: 1 here, none there" in found.notes
    assert findings(googlenet(**wrong, GoogLeNet="Mine"), "L105") == []


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "googlenet-paper", "vit_b_32", "rnnsearch", "lenet5"])
def test_the_signatures_are_current(name: str) -> None:
    layers = made_of(load_entry(named(name)))  # type: ignore[arg-type]
    known = next(item for item in signatures() if item.name == name)
    assert (known.layers, known.digest) == (layers.total(), digest(layers)), "python -m netc.compiler.zoo.signatures"


def test_signatures_say_what_the_catalogue_says() -> None:
    about = [(known.name, known.net, known.variant) for known in signatures()]
    assert about == [(entry.name, entry.net, entry.variant) for entry in catalogue()]


@pytest.mark.slow
def test_all_signatures_are_current() -> None:
    from netc.compiler.zoo.signatures import work_out

    assert [asdict(known) for known in signatures()] == work_out(), "python -m netc.compiler.zoo.signatures"


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        (
            "L501",
            "dense(8, init=he_uniform) -> flatten -> tanh",
            "he_uniform before tanh: twice the variance that tanh needs",
        ),
        ("L501", "dense(8, act=relu, init=lecun_normal)", "lecun_normal before relu: relu halves the signal"),
        ("L501", "dense(8) -> selu", "he_uniform before selu: selu keeps the variance 1"),
        (
            "L502",
            "dense(8, init=constant, act=relu) -> dense(2, init=constant)",
            "8 units between two layers get no gradient",
        ),
        (
            "L502",
            "dense(8, init=constant(1)) -> batchnorm -> dense(2, init=constant)",
            "8 units between two layers are equal and stay so: all weights start as 0",
        ),
        (
            "L503",
            "add { identity; dense(16) -> relu -> mul(parameter([16])) }",
            "a residual scale starts at random: drawn around 0",
        ),
        (
            "L504",
            "dense(900, init=normal(1), act=relu) -> dense(900, init=normal(1), act=relu) -> "
            "dense(900, init=normal(1), act=relu)",
            "before training, the signal behind 3 layers is",
        ),
        ("L505", "dense(16, init=constant) -> mul(parameter([16], value=0))", "a scale of zero on a layer of zeros"),
    ],
)
def test_found(code: str, body: str, message: str) -> None:
    (found,) = said(net(body, "16"), code)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("L501", "dense(8, act=tanh)"),  # the default, which nobody chose
        ("L501", "dense(8, act=relu, init=glorot_uniform)"),
        ("L501", "dense(8, act=selu, init=lecun_normal)"),
        ("L501", "dense(8, init=he_normal) -> batchnorm -> tanh"),
        ("L501", "dense(8, init=he_normal)"),
        ("L502", "dense(8, act=relu) -> dense(2, init=constant)"),
        ("L502", "dense(1, init=constant) -> dense(2, init=constant)"),
        ("L502", "dense(8, init=constant) -> dense(8, act=relu) -> dense(2, init=constant)"),
        ("L503", "add { identity; dense(16) -> relu -> mul(parameter([16], value=0.1)) }"),
        ("L503", "dense(16) -> mul(parameter([16]))"),
        ("L504", "repeat 9 { dense(16, act=relu, init=he_normal) }"),
        ("L504", "repeat 9 { dense(16, bias=false, init=normal(0.001)) -> batchnorm -> relu }"),
        ("L504", "repeat 9 { add { identity; dense(16, init=normal(0.001)) } }"),
        ("L504", "dense(16, init=normal(0.02), act=relu) -> dense(4, init=normal(0.02))"),
        ("L505", "dense(16, init=constant, bias_init=constant(1)) -> mul(parameter([16], value=0))"),
        ("L505", "dense(16, init=constant) -> mul(parameter([16], value=0.1))"),
    ],
)
def test_left_alone(code: str, body: str) -> None:
    assert said(net(body, "16"), code) == []


def test_what_a_train_section_starts_weights_with() -> None:
    body = "a = dense(8, act=relu) -> dense(8, act=relu); y = dense(2)"
    text = net(body, "16", 'loss = cross_entropy(y, label); initializers = ["*.weight": constant(0.5)]')
    assert len(said(text, "L502")) == 2
