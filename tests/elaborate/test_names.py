"""Names, counts and shapes of the design's example programs and of the standard library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from growth import assert_linear

from netc.compiler.check import check
from netc.compiler.elaborate.outside import parse_setting
from netc.compiler.ir import language_shape
from netc.compiler.load import load
from netc.compiler.net import Net
from netc.grammar.diagnostics import DiagnosticError

ROOT = Path(__file__).resolve().parents[2]
STANDARD = ROOT / "compiler" / "std"
EXAMPLES = sorted((ROOT / "examples").rglob("*.net"))


def net_of(text: str, tmp_path: Path, name: str | None = None, **settings: Any) -> Net:
    path = tmp_path / "file.net"
    path.write_text(text, encoding="utf-8")
    return load(str(path), name, settings)


INCEPTION = """
block inception(c1, r3, c3, r5, c5, proj) {
  concat {
    conv(c1, 1x1, act=relu)
    conv(r3, 1x1, act=relu) -> conv(c3, 3x3, pad=same, act=relu)
    b5 = conv(r5, 1x1, act=relu) -> conv(c5, 5x5, pad=same, act=relu)
    maxpool(3x3, stride=1, pad=same) -> conv(proj, 1x1, act=relu)
  }
}
block auxiliary(classes) {
  avgpool(5x5, stride=3) -> conv(128, 1x1, act=relu) -> flatten
  dense(1024, act=relu) -> dropout(0.7) -> dense(classes)
}
net Part(classes = 1000) {
  input map: 480x14x14
  inception4a = inception(192, 96, 208, 16, 48, 64)
  train only { aux = auxiliary(classes) }
  inception4b = inception(160, 112, 224, 24, 64, 64)
  logits = global_avgpool -> dense(classes)
}
train Part { loss = [main: cross_entropy(logits, label), aux: 0.3 * cross_entropy(aux, label)] }
"""


def test_branches_and_training_heads(tmp_path: Path) -> None:
    net = net_of(INCEPTION, tmp_path)
    paths = [layer.path for layer in net.layers]
    assert paths[:6] == [
        f"inception4a.{name}" for name in ("conv1", "conv2", "conv3", "b5.conv1", "b5.conv2", "maxpool1")
    ]
    assert paths[6:8] == ["inception4a.conv4", "inception4a.concat1"]
    for part, params in (("inception4a", 376_176), ("inception4b", 449_160)):
        assert sum(parameter.count for parameter in net.parameters if parameter.name.startswith(part)) == params
    assert net.params == 376_176 + 449_160 + 512 * 1000 + 1000
    assert {layer.path.split(".")[0] for layer in net.layers if layer.training_only} == {"aux"}
    main, aux = net.plans[0].losses
    assert (main.name, main.weight, aux.name, aux.weight) == ("main", 1.0, "aux", 0.3)
    assert all(term.logged for term in net.plans[0].losses)
    assert language_shape(aux.prediction) == (1000,)


def test_auxiliary_head_has_the_published_count(tmp_path: Path) -> None:
    net = net_of(
        INCEPTION.replace("480x14x14", "512x14x14").replace(
            "  inception4a = inception(192, 96, 208, 16, 48, 64)\n", ""
        ),
        tmp_path,
    )
    assert sum(q.count for q in net.parameters if q.name.startswith("aux.")) == 3_188_840


def test_siamese_uses_one_set_of_weights(tmp_path: Path) -> None:
    net = net_of(
        """
        net Siamese {
          input left: 1x28x28, right: 1x28x28
          shared embed = conv(32, 3x3, act=relu) -> flatten -> dense(64)
          a = left -> embed
          b = right -> embed
          distance = a - b -> abs -> dense(1)
        }
        """,
        tmp_path,
    )
    assert [parameter.name for parameter in net.parameters] == [
        "embed.conv1.weight", "embed.conv1.bias", "embed.dense1.weight", "embed.dense1.bias",
        "distance.dense1.weight", "distance.dense1.bias",
    ]  # fmt: skip
    assert net.params == 32 * 9 + 32 + 32 * 26 * 26 * 64 + 64 + 64 + 1
    assert [layer.path for layer in net.layers][:6] == [
        "a.conv1",
        "a.flatten1",
        "a.dense1",
        "b.conv1",
        "b.flatten1",
        "b.dense1",
    ]
    assert net.layers[0].parameters == net.layers[3].parameters
    assert net.values["a"] is net.layers[2].outputs[0]


UNET = """
block double(filters) { repeat 2 { conv(filters, 3x3, pad=same, bias=false) -> batchnorm -> relu } }
net Down(classes = 2, depth = 4, width = 8) {
  input image: [1, H, W]
  expect H % 2**depth == 0 and W % 2**depth == 0 "the map is halved depth times"
  for i in 0..depth {
    skip = double(width * 2**i)
    maxpool(2x2)
  }
  double(width * 2**depth)
  for s in reversed(skip) { double(s.channels) }
  mask = conv(classes, 1x1)
  output mask, skip
}
"""


def test_lists_from_loops_and_symbolic_sizes(tmp_path: Path) -> None:
    net = net_of(UNET, tmp_path, depth=2)
    assert list(net.outputs) == ["mask", "skip.0", "skip.1"]
    assert [str(size) for size in language_shape(net.outputs["mask"])] == ["2", "H/4", "W/4"]
    assert [str(size) for size in language_shape(net.outputs["skip.1"])] == ["16", "H/2", "W/2"]
    names = [parameter.name for parameter in net.parameters]
    assert names[0] == "skip.0.conv1.weight"
    assert "skip.1.batchnorm2.running_mean" in names
    assert "double3.conv2.weight" in names
    assert "mask.weight" in names
    (height, width) = net.inputs[0].shape[2:]
    assert {symbol.divisor for size in (height, width) for symbol in size.symbols()} == {4}


def test_names_of_a_residual_network() -> None:
    net = load(str(STANDARD / "resnet.net"), "CifarResNet")
    paths = [layer.path for layer in net.layers]
    assert paths[0] == "stem.conv1"
    assert "stage2.basic1.shortcut1.unit1.conv1" in paths
    assert "stage1.basic3.unit2.batchnorm1" in paths
    assert "logits.weight" in [parameter.name for parameter in net.parameters]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize(
    ("depth", "params"),
    [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032), (101, 44_549_160), (152, 60_192_808)],
)
def test_published_counts_of_resnet(depth: int, params: int) -> None:
    assert load(str(STANDARD / "resnet.net"), "ResNet", {"depth": depth}).params == params


@pytest.mark.parametrize(
    ("settings", "params"),
    [
        ({"depth": 11}, 132_863_336), ({"depth": 13}, 133_047_848), ({}, 138_357_544), ({"depth": 19}, 143_667_240),
        ({"depth": 11, "norm": "batchnorm"}, 132_868_840), ({"norm": "batchnorm"}, 138_365_992),
    ],
)  # fmt: skip
def test_published_counts_of_vgg(settings: dict[str, Any], params: int) -> None:
    assert load(str(STANDARD / "vgg.net"), "VGG", settings).params == params


@pytest.mark.quick(9)
@pytest.mark.parametrize("path", [*EXAMPLES, *sorted(STANDARD.glob("*.net"))], ids=lambda path: path.name)
def test_every_file_that_comes_with_netc_is_right(path: Path) -> None:
    result = check(str(path))
    assert result.diagnostics == []
    assert result.nets or path.parent == STANDARD  # a file of blocks is used by others


def test_parts_of_a_net_used_as_a_layer_that_nothing_reaches_are_left_out(tmp_path: Path) -> None:
    text = """
    use std.resnet (ResNet)
    net Regions {
      input image: 3x224x224
      cnn = image -> ResNet(18)
      regions = cnn.stage4 -> flatten(from=1) -> transpose -> dense(16)
    }
    """
    net = net_of(text, tmp_path)
    assert net.params == 11_689_512 - 513_000 + 512 * 16 + 16
    assert language_shape(net.outputs["regions"]) == (49, 16)
    assert net.warnings == []
    assert net.layers[0].path == "cnn.stem.unit1.conv1"


def test_bytes_become_floats_in_channel_order(tmp_path: Path) -> None:
    net = net_of("net A { input image: bytes 32x24x3\n conv(4, 3x3) }", tmp_path)
    (image,) = net.inputs
    assert (image.dtype, image.shape[1:]) == ("uint8", (32, 24, 3))
    assert [node.op for node in net.graph.nodes][:3] == ["Cast", "Transpose", "Constant"]
    assert language_shape(net.outputs["conv1"]) == (4, 30, 22)


def test_outputs_are_named_as_in_the_text(tmp_path: Path) -> None:
    assert list(net_of("net A { input x: 8\n dense(3) }", tmp_path).outputs) == ["dense1"]
    assert list(net_of("net A { input x: 8\n y = dense(3) }", tmp_path).outputs) == ["y"]
    assert list(net_of("net A { input x: 8\n y = dense(3)\n z = x -> dense(2)\n output z, y }", tmp_path).outputs) == [
        "z",
        "y",
    ]
    assert list(net_of("net A { input x: 8 }", tmp_path).outputs) == ["output"]


def test_a_thousand_layers_take_linear_time() -> None:
    file = str(ROOT / "examples/zoo/resnet_preact.net")
    assert load(file).params == 10_327_706
    assert_linear(lambda blocks: lambda: load(file, settings={"depth": 9 * blocks + 2}), 9)  # depths 83 and 326


# ---------------------------------------------------------------- load, settings, files
def test_settings() -> None:
    assert parse_setting("depth=50") == ("depth", 50)
    assert parse_setting("widths=[64, 2 * 64]") == ("widths", (64, 128))
    assert parse_setting("act=relu") == ("act", "relu")
    assert parse_setting("lr=1e-3") == ("lr", 1e-3)
    for wrong in ("depth", "=3", "3=3", "a=", "a=)", "a=1/0", 'a="'):
        with pytest.raises(DiagnosticError, match="E227"):
            parse_setting(wrong)


def test_unknown_nets_and_settings(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="E228"):
        net_of("net A { input x: 8\n relu }", tmp_path, "B")
    with pytest.raises(DiagnosticError, match="E228"):
        net_of("width = 3\n", tmp_path)
    with pytest.raises(DiagnosticError, match="E220"):
        net_of("net A(n = 3) { input x: 8\n dense(n) }", tmp_path, "A", m=4)
    with pytest.raises(DiagnosticError, match="E223"):
        net_of("net A(n) { input x: 8\n dense(n) }", tmp_path, "A")
    assert net_of("net A(n) { input x: 8\n dense(n) }", tmp_path, "A", n=4).params == 36


def test_which_net_is_loaded(tmp_path: Path) -> None:
    two = "net A { input x: 8\n l = dense(3) }\nnet B { input x: 8\n l = dense(4) }\n"
    assert net_of(two, tmp_path).name == "B"
    assert net_of(two + "train A { loss = cross_entropy(l, label) }", tmp_path).name == "A"


def test_a_train_section_gives_its_net_arguments(tmp_path: Path) -> None:
    text = "net A(n) { input x: 8\n l = dense(n) }\ntrain A(5) { loss = cross_entropy(l, label) }\n"
    assert net_of(text, tmp_path).settings == {"n": 5}
    assert net_of(text, tmp_path, n=7).outputs["l"].shape[1] == 7


def test_use_of_files(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/unit.net").write_text("width = 4\nblock unit(n) { dense(n * width) }\n")
    text = 'use "parts/unit.net" (unit as piece, width)\nnet A { input x: 8\n piece(width) }\n'
    assert net_of(text, tmp_path).params == 8 * 16 + 16


def test_files_that_use_each_other(tmp_path: Path) -> None:
    (tmp_path / "other.net").write_text('use "file.net" (a)\nblock b { a }\n')
    with pytest.raises(DiagnosticError, match="E212"):
        net_of('use "other.net" (b)\nblock a { relu }\nnet A { input x: 8\n b }\n', tmp_path)


def test_findings_name_the_file_they_are_in(tmp_path: Path) -> None:
    (tmp_path / "other.net").write_text("block b { conv(8, kernal=3) }\n")
    with pytest.raises(DiagnosticError) as caught:
        net_of('use "other.net" (b)\nnet A { input x: 3x8x8\n b }\n', tmp_path)
    (finding,) = caught.value.diagnostics
    assert finding.primary is not None
    assert finding.primary.span.file.endswith("other.net")
    assert finding.secondary[-1].message == "applied here"


def test_too_deep(tmp_path: Path) -> None:
    blocks = "".join(f"block b{i} {{ b{i + 1} }}\n" for i in range(100))
    with pytest.raises(DiagnosticError, match="E217"):
        net_of(blocks + "block b100 { relu }\nnet A { input x: 8\n b0 }", tmp_path)


def test_deep_nesting_and_long_expressions(tmp_path: Path) -> None:
    blocks = "".join(f"block b{i} {{ {{ {{ {{ b{i + 1} }} }} }} }}\n" for i in range(60))
    total = " + ".join(["1"] * 200)
    net = net_of(f"{blocks}block b60 {{ relu }}\nnet A {{ input x: 8\n b0\n n = {total}\n dense(n) }}", tmp_path)
    assert net.params == 200 * 9


def test_a_loop_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="E131"):
        net_of("net A { input x: 8\n repeat 9999 { repeat 9999 { } } }", tmp_path)
