"""Words of the field: what other frameworks call a thing, what has no word here, and repairs that work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import netc
from netc.cli import run
from netc.compiler.declare.absent import ABSENT, Absent, absent
from netc.compiler.declare.also import Also, plain
from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import REGISTRIES, defined
from tests.support.repairs import errors, repaired

NET = "net A {{\n  input image: 3x8x8\n  {}\n}}\n"
TRAINED = "net A {{ input x: 8; y = dense(10) }}\ntrain A {{ {} }}\n"

# a line as people bring it, and the line that is right
LAYERS = [
    ("Conv2d(8, 3)", "conv(8, 3)"),
    ("flatten -> Linear(10)", "flatten -> dense(10)"),
    ("Conv2D(8, 3, activation=\"relu\", padding=\"same\")", "conv(8, 3, act=relu, pad=same)"),
    ("conv_2d(8, 3)", "conv(8, 3)"),
    ("nn.Conv2d(3, 8, 3, padding=1, bias=False)", "conv(8, 3, pad=1, bias=false)"),
    ("nn.Conv2d(3, 8, 3, 2, 1)", "conv(8, 3, 2, 1)"),
    ("tf.keras.layers.Conv2D(8, [3, 3], strides=2)", "conv(8, [3, 3], stride=2)"),
    ("conv(3, 3, init=Ones)", "conv(3, 3, init=constant(value=1))"),
    ("conv(3, 3, init=ONES)", "conv(3, 3, init=constant(value=1))"),
    ("(p, q) = split(2, axis=1)", "p, q = split(2, axis=1)"),
    ("(p, q,) = split(2, axis=1)", "p, q = split(2, axis=1)"),
    ("nn.BatchNorm2d(3)", "batchnorm"),
    ("nn.BatchNorm2d(3, momentum=0.1)", "batchnorm(momentum=1 - 0.1)"),
    ("BatchNormalization()", "batchnorm(momentum=0.99, epsilon=1e-3)"),
    ("BatchNormalization(axis=1)", "batchnorm(momentum=0.99, epsilon=1e-3)"),
    ("flatten(from=1) -> nn.LSTM(64, 20, 2, bias=False)", "flatten(from=1) -> lstm(20, 2, bias=false)"),
    ("flatten(from=1) -> nn.GRU(64, 20, batch_first=True)", "flatten(from=1) -> gru(20)"),
    ("flatten(from=1) -> keras.layers.LSTM(20)", "flatten(from=1) -> lstm(20, last=true)"),
    ("flatten(from=1) -> GRU(20, return_sequences=True)", "flatten(from=1) -> gru(20)"),
    ("flatten(from=1) -> SimpleRNN(20, use_bias=False)", "flatten(from=1) -> rnn(20, bias=false, last=true)"),
    ("Dropout2d(0.2)", "spatial_dropout(0.2)"),
    ("SpatialDropout2D(0.2)", "spatial_dropout(0.2)"),
    ("nn.Dropout(p=0.2)", "dropout(rate=0.2)"),
    ("MaxPooling2D(2)", "maxpool(2)"),
    ("nn.AvgPool2d(2)", "avgpool(2, count_pad=true)"),
    ("nn.AdaptiveAvgPool2d(1)", "adaptive_avgpool(1)"),
    ("GlobalAveragePooling2D()", "global_avgpool"),
    ("flatten -> nn.Linear(192, 10)", "flatten -> dense(10)"),
    ("flatten -> Dense(10, activation=\"softmax\")", "flatten -> dense(10, act=softmax)"),
    ("flatten -> Dense(10, activation=\"linear\")", "flatten -> dense(10, act=none)"),
    ("nn.Flatten()", "flatten"),
    ("nn.Flatten(start_dim=2)", "flatten(from=1)"),
    ("nn.ReLU(inplace=True)", "relu"),
    ("F.relu", "relu"),
    ("nn.Softmax(dim=1)", "softmax(axis=0)"),
    ("nn.LeakyReLU(0.2)", "leaky_relu(0.2)"),
    ("nn.GELU()", "gelu"),
    ("nn.GELU(approximate='tanh')", "gelu(approximate=tanh)"),
    ("nn.GLU(2)", "glu(1)"),
    ("nn.Hardtanh(min_val=0)", "hardtanh(low=0)"),
    ("nn.PReLU(init=0.1)", "prelu(start=0.1)"),
    ("nn.LayerNorm(8)", "layernorm"),
    ("LayerNormalization()", "layernorm(epsilon=1e-3)"),
    ("nn.RMSNorm(8)", "rmsnorm"),
    ("nn.GroupNorm(3, 3)", "groupnorm(3)"),
    ("nn.InstanceNorm2d(3)", "instancenorm"),
    ("nn.Upsample(scale_factor=2, mode='bilinear')", "upsample(scale=2, mode=bilinear)"),
    ("UpSampling2D(size=[2, 2])", "upsample(scale=[2, 2])"),
    ("UpSampling2D()", "upsample(scale=2)"),
    ("nn.ConvTranspose2d(3, 8, 4, 2, 1)", "conv_transpose(8, 4, 2, 1)"),
    ("Conv2DTranspose(8, 3, strides=2, padding='same')", "conv_transpose(8, 3, stride=2, pad=same)"),
    ("layers.DepthwiseConv2D(3)", "depthwise(3)"),
    ("SeparableConv2D(8, 3, padding='same')", "separable(8, 3, pad=same)"),
    ("nn.ReflectionPad2d(1)", "pad(1, mode=reflect)"),
    ("ZeroPadding2D()", "pad(amount=1)"),
    ("nn.LPPool2d(2, 3)", "lppool(3, p=2)"),
    ("UnitNormalization(axis=1)", "l2_normalize(axis=0)"),
    ("cnov(8, 3x3)", "conv(8, 3x3)"),
    ("conv(8, kernel_size=3)", "conv(8, kernel=3)"),
    ("conv(8, 3x3, act=\"relu\")", "conv(8, 3x3, act=relu)"),
    ("conv(8, 3x3, bias=False)", "conv(8, 3x3, bias=false)"),
    ("conv(8, 3x3, pad=valid)", "conv(8, 3x3, pad=0)"),
    ("relu(image)", "image -> relu"),
    ("y = relu(image) + 1", "y = (image -> relu) + 1"),
    ("y = nn.Conv2d(3, 8, 3)(image)", "y = image -> conv(8, 3)"),
    ("y = relu(conv(8, 3x3)(image))", "y = image -> conv(8, 3x3) -> relu"),
    ("y = F.max_pool2d(image, 2)", "y = image -> maxpool(2)"),
    ("image.conv(8, 3x3)", "image -> conv(8, 3x3)"),
    ("self.conv1 = nn.Conv2d(3, 8, 3)", "conv1 = conv(8, 3)"),
    ("conv(8, 3x3) | relu", "conv(8, 3x3) -> relu"),
    ("conv(8, 3x3) |> relu", "conv(8, 3x3) -> relu"),
    ("conv(8, 3x3) >> relu", "conv(8, 3x3) -> relu"),
    ("conv(8, 3x3) => relu", "conv(8, 3x3) -> relu"),
    ("x = image; x >> relu", "x = image; x -> relu"),
    ("Conv2D(8, (3, 3), activation='relu')", "conv(8, [3, 3], act=relu)"),
    ("return relu", "relu"),
    ("let x = relu", "x = relu"),
    ("for i in range(3) { relu }", "for i in 0..3 { relu }"),
    ("if image.channels == 3: relu", "if image.channels == 3 { relu }"),
    ("for i in 0..2:\n    relu\n    tanh", "for i in 0..2 {\n    relu\n    tanh\n  }"),
]  # fmt: skip

SETTINGS = [
    ("loss = CrossEntropyLoss(y, label)", "loss = cross_entropy(y, label)"),
    ("loss = nn.CrossEntropyLoss(y, label)", "loss = cross_entropy(y, label)"),
    ("loss = nn.CrossEntropyLoss()(y, label)", "loss = cross_entropy(y, label)"),
    ("loss = nn.MSELoss(y, label)", "loss = mse(y, label)"),
    ("loss = mse(y, label); optimizer = SGD(learning_rate=0.1)", "loss = mse(y, label); optimizer = sgd(lr=0.1)"),
    ("loss = mse(y, label); optimizer = torch.optim.Adam(lr=0.1)", "loss = mse(y, label); optimizer = adam(lr=0.1)"),
    ("loss = mse(y, label); lr_scheduler = cosine", "loss = mse(y, label); schedule = cosine"),
    ("loss = mse(y, label); schedule = StepLR(step_size=2, gamma=0.1)",
     "loss = mse(y, label); schedule = step(every=2, factor=0.1)"),
    ("loss = cross_entropy(y, label); metrics = [acc]", "loss = cross_entropy(y, label); metrics = [accuracy]"),
    ("criterion = mse(y, label); batch_size = 8", "loss = mse(y, label); batch = 8"),
]  # fmt: skip


@pytest.mark.parametrize(("brought", "right"), LAYERS, ids=[brought for brought, _ in LAYERS])
def test_the_repair_of_a_line_works(brought: str, right: str) -> None:
    text, left = repaired(NET.format(brought))
    assert (text, left) == (NET.format(right), [])


@pytest.mark.parametrize(("brought", "right"), SETTINGS, ids=[brought for brought, _ in SETTINGS])
def test_the_repair_of_a_setting_works(brought: str, right: str) -> None:
    text, left = repaired(TRAINED.format(brought))
    assert (text, left) == (TRAINED.format(right), [])


@pytest.mark.parametrize(
    ("brought", "right"),
    [
        ("import torch.nn as nn\n" + NET.format("relu"), "\n" + NET.format("relu")),
        ("class A { input x: 3; relu }", "net A { input x: 3; relu }"),
        ("def f(n) { dense(n) }\nnet A { input x: 3; f(1) }", "block f(n) { dense(n) }\nnet A { input x: 3; f(1) }"),
        ("def f(n):\n  return dense(n)\nnet A { input x: 3; f(1) }",
         "block f(n) {\n  dense(n)\n}\nnet A { input x: 3; f(1) }"),
        ("net A:\n  input x: 3\n  relu\n", "net A {\n  input x: 3\n  relu\n}\n"),
        ("net A { input x = 3; relu }", "net A { input x : 3; relu }"),
    ],
)  # fmt: skip
def test_the_repair_of_a_file_works(brought: str, right: str) -> None:
    assert len(errors(brought)) == 1
    assert repaired(brought) == (right, [])


def test_a_chain_of_calls_as_in_python() -> None:
    """Each value gets a name of its own, and those who read a name below read the value that they read before."""
    text, left = repaired(
        "net A {\n  input x: 3x8x8\n  h = conv(4, 3)(x)\n  h = relu(h)\n  y = maxpool(2)(h)\n  h = tanh(y)\n"
        "  out = flatten(h)\n}\ntrain A { loss = mse(h, label) }\n"
    )
    assert left == []
    assert text == (
        "net A {\n  input x: 3x8x8\n  h = x -> conv(4, 3)\n  h2 = h -> relu\n  y = h2 -> maxpool(2)\n  h3 = y -> tanh\n"
        "  out = h3 -> flatten\n}\ntrain A { loss = mse(h3, label) }\n"
    )


def test_a_name_bound_again_inside_braces_is_not_renamed() -> None:
    (found,) = errors("net A { input x: 3; h = dense(3); for i in 0..2 { h = dense(3) }; h -> relu }")
    assert (found.code, found.fix) == ("E205", None)


@pytest.mark.parametrize(
    "call",
    ["BatchNormalization(axis=2)", "BatchNormalization(axis=[1, 2])",
     "flatten(from=1) -> nn.GRU(64, 20, batch_first=False)", "flatten(from=1) -> LSTM(20, dropout=0.3)",
     "flatten(from=1) -> LSTM(20, \"relu\")", "ReLU(6)"],
)  # fmt: skip
def test_a_call_that_nothing_here_equals_is_not_repaired(call: str) -> None:
    text, left = repaired(NET.format(call))
    assert text == NET.format(call)
    assert len(left) == 1


@pytest.mark.parametrize("call", ["RandomCrop(24)", "RandomCrop(32, padding=0)", "RandomHorizontalFlip(p=1.0)"])
def test_an_augmentation_that_nothing_here_equals_is_not_repaired(call: str) -> None:
    text = (
        "net A { input x: 3x32x32; y = flatten -> dense(10) }\n"
        f"train A {{ loss = cross_entropy(y, label); augmentation = [{call}] }}\n"
    )
    (found,) = errors(text)
    assert found.fix is None or "crop(padding=0)" in found.fix.edits[0].text


@pytest.mark.parametrize(
    "word",
    [
        "GEGLU",
        "gather_nd",
        "tf.scatter_nd",
        "hardshrink",
        "nn.Hardshrink",
        "nn.RReLU",
        "maxout",
        "nn.Unfold",
        "alpha_dropout",
        "topk_values",
    ],
)
@pytest.mark.parametrize("form", ["{}", "conv(8, 3x3) -> {}", "conv(8, 3x3, act={})"])
def test_a_word_of_another_meaning_is_never_offered(word: str, form: str) -> None:
    (found,) = errors(NET.format(form.format(word)))
    assert found.help is not None
    assert "use `" not in found.help
    assert found.help.startswith("this version has no layer")
    text, left = repaired(NET.format(form.format(word)))
    if absent("layer")[plain(word)].body:
        assert left == []
    else:
        assert text == NET.format(form.format(word))


@pytest.mark.parametrize("word", ["foo", "zzzzzz", "qux(3)", "nn.Foo(3)", "a.b.c", "Unfold(3)", "maxout"])
def test_an_unknown_layer_has_a_way_out(word: str) -> None:
    (found,) = errors(NET.format(word))
    assert "netc explain layers" in (found.help or "") or "this version has no layer" in (found.help or "")


@pytest.mark.parametrize(
    "setting", ["optimizer = foo", "optimizer = lars", "schedule = foo", "metrics = [foo]", "augmentation = [foo]",
                "augmentation = [x.Foo()]", "metrics = [f1]", "optimizer = sgd(foo=3)", "foo = 3"],
)  # fmt: skip
def test_an_unknown_word_of_a_training_has_a_way_out(setting: str) -> None:
    (found,) = errors(TRAINED.format(f"loss = mse(y, label); {setting}"))
    assert found.help


@pytest.mark.parametrize(
    "loss", ["foo", "foo(y, label)", "bce(y, label)", "nn.BCELoss()(y, label)", "BCELoss()(y, label)", "adam"]
)
def test_an_unknown_loss_has_a_way_out(loss: str) -> None:
    (found,) = errors(TRAINED.format(f"loss = {loss}"))
    assert found.code == "E407"
    assert found.help


def test_a_misspelt_word_of_the_field_is_that_word() -> None:
    (found,) = errors(NET.format("hardshrinkk"))
    assert (found.help or "").startswith("`hardshrink`? this version has no layer `hardshrink`")
    (found,) = errors(NET.format("conv2dd(8, 3)"))
    assert found.help == "use `conv`"


@pytest.mark.parametrize("word", ["adam", "mse", "accuracy", "cosine"])
def test_a_word_of_another_kind_says_where_it_stands(word: str) -> None:
    (found,) = errors(NET.format(word))
    assert "in a train section" in (found.help or "")


# ---------------------------------------------------------------- the tables
def rows() -> Iterator[tuple[str, Absent]]:
    for kind, table in ABSENT.items():
        for row in table:
            yield kind, row


def test_a_word_is_declared_or_absent() -> None:
    for kind, row in rows():
        for name in row.names:
            assert REGISTRIES[kind].called(name) is None, f"{kind} {name} has a declaration: take it out of absent.py"


@pytest.mark.parametrize(
    ("word", "name"),
    [("nn.Conv2d", "conv"), ("conv_1d", "conv"), ("CONV3D", "conv"), ("ConvNd", "conv"), ("conv_nd", "conv"),
     ("MaxPoolingND", "maxpooling"), ("expand", "expand"), ("EXPAND", "expand"), ("torch.round", "round"),
     ("rand", "rand"), ("end", "end"), ("grid", "grid")],
)  # fmt: skip
def test_only_a_number_of_axes_is_no_part_of_a_name(word: str, name: str) -> None:
    assert plain(word) == name


def test_a_word_is_absent_once() -> None:
    for kind, table in ABSENT.items():
        assert len(absent(kind)) == len({plain(name) for row in table for name in row.names})
        assert sum(len({plain(name) for name in row.names}) for row in table) == len(absent(kind))


TORCH = {
    "geglu": lambda x: torch.nn.functional.gelu(x.chunk(2, -1)[0]) * x.chunk(2, -1)[1],
    "reglu": lambda x: torch.nn.functional.relu(x.chunk(2, -1)[0]) * x.chunk(2, -1)[1],
    "negative": torch.neg,
    **{name: getattr(torch, name) for name in ("log1p", "log2", "log10", "expm1", "rsqrt", "sinh", "cosh")},
    "softmin": lambda x: torch.nn.functional.softmin(x, -1),
}


@pytest.mark.parametrize("row", [row for _, row in rows() if row.body], ids=lambda row: row.names[0])
def test_a_definition_computes_what_its_word_means(row: Absent, tmp_path: Path) -> None:
    word = row.names[0]
    (tmp_path / "a.net").write_text(f"{defined(row)}\nnet A {{ input x: 402; y = {word} }}", "utf-8")
    net = netc.load(tmp_path / "a.net")
    x = np.linspace(-8, 8, 402, dtype=np.float32)[None]
    found = np.asarray(netc.Model(net)(x))
    function = TORCH.get(word) or getattr(torch.nn.functional, word)
    np.testing.assert_allclose(found, function(torch.from_numpy(x)).numpy(), rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(("kind", "row"), [(k, r) for k, r in rows() if "->" in r.way], ids=lambda item: str(item))
def test_a_way_is_a_program(kind: str, row: Absent) -> None:
    """What stands in backticks with an arrow, or is an operation on a and b, is text of the language."""
    for text in re.findall(r"`([^`]*(?:->| [*/-] )[^`]*)`", row.way):
        if text == "->":
            continue
        line = text.replace("(n", "(1").replace(", n)", ", 2)").strip()
        flow = line if not line.startswith("->") else "x " + line
        program = f"net A {{ input x: 3x8x8, a: 3x8x8, b: 3x8x8, y: 3x8x8; out = {flow} }}"
        assert errors(program) == [], program


def signatures() -> Iterator[tuple[type[Declared], Also]]:
    for registry in REGISTRIES.values():
        for definition in registry.all().values():
            for also in (Also(item) if isinstance(item, str) else item for item in definition.also):
                if also.arguments is not None:
                    yield definition, also


@pytest.mark.parametrize(("definition", "also"), list(signatures()), ids=lambda item: getattr(item, "call", ""))
def test_a_signature_is_that_of_pytorch(definition: type[Declared], also: Also) -> None:
    import inspect

    found = getattr(torch.nn, re.sub("N(?=d$)", "2", also.name.removeprefix("nn.")), None)
    if found is None:
        pytest.skip("PyTorch has no layer of this name")
    known = [name for name in inspect.signature(found.__init__).parameters if name != "self"]
    if known == ["args", "kwargs"]:
        pytest.skip("PyTorch doesn't say what it takes")
    listed = [foreign.name for foreign in also.arguments or ()]
    assert listed == known[: len(listed)]


# ---------------------------------------------------------------- netc explain
@pytest.mark.parametrize(
    ("word", "says"),
    [("conv", "# conv (layer)"), ("Conv2d", "# conv (layer)"), ("nn.Linear", "# dense (layer)"),
     ("SGD", "# sgd (optimizer)"), ("CrossEntropyLoss", "# cross_entropy (loss)"), ("hardshrink", "block hardshrink"),
     ("Dropout2d", "whole channels"), ("layers", "global_avgpool"), ("losses", "mse"), ("optimizers", "adamw"),
     ("ReduceLROnPlateau", "# plateau (schedule)"), ("EarlyStopping", "# early_stop (stop)"),
     ("OneCycleLR", "# one_cycle (schedule)"), ("target_network", "# copy (follower)"),
     ("EMA", "# average (setting"), ("accumulate_grad_batches", "# accumulate (setting"),
     ("nn.GELU", "# gelu (layer)"), ("MultiheadAttention", "# attention (layer)"), ("Fold", "no layer"),
     ("e104", "# E104")],
)  # fmt: skip
def test_explain_finds_it(word: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", word]) == 0
    assert says in capsys.readouterr().out
