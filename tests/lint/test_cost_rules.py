"""L801 to L806 at their borders."""

from __future__ import annotations

import pytest
from linted import known, label, messages, said, trained

from netc.compiler.check import check
from netc.compiler.facts.count import memory
from netc.compiler.lint.rules import l802_memory_beyond_machine
from netc.grammar.counted import binary_size

LANES = """net Narrow(width = 12, size = 64) {
  input image: [3, size, size]
  conv(width, 3x3, pad=same, act=relu)
  conv(width, 3x3, pad=same, act=relu)
  conv(16, 3x3, pad=same, act=relu)
  global_avgpool
  logits = dense(10)
}
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("width = 12", "12 channels cost as much as 16"), ("width = 16", None), ("width = 24", None),
        ("width = 9", "9 channels cost as much as 16"), ("width = 15", None), ("size = 8", None),
    ],
)  # fmt: skip
def test_lanes(change: str, told: str | None) -> None:
    word = change.split(" = ", 1)[0]
    default = "width = 12" if word == "width" else "size = 64"
    found = said("L801", LANES.replace(default, change))
    assert list(map(label, found)) == ([told] if told else [])


def test_extra_work_is_that_of_rounded_channels() -> None:
    (finding,) = said("L801", LANES)
    places = 64 * 64 * 9
    work = places * (3 * 12 + 12 * 12 + 12 * 16) + 160
    rounded = places * (3 * 16 + 16 * 16 + 16 * 16) + 160
    assert finding.message == f"channels that are no multiple of 8 add {100 * (rounded - work) / work:.0f} % of work"


def test_memory_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    text = trained("batch = 64", net=LANES)
    net = check("a.net", text).nets[0]
    needed = memory(net, 64).total
    assert isinstance(needed, int)
    for available, told in ((needed, False), (needed - 1, True), (None, False)):
        monkeypatch.setattr(l802_memory_beyond_machine, "memory_bytes", lambda size=available: size)
        assert bool(said("L802", text, known(rows=9))) == told
        assert not said("L802", text)


def test_the_batch_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    text = trained("batch = 64", net=LANES)
    net = check("a.net", text).nets[0]
    eight = memory(net, 8).total
    assert isinstance(eight, int)
    monkeypatch.setattr(l802_memory_beyond_machine, "memory_bytes", lambda: int(eight / 0.75) + 2)
    (finding,) = said("L802", text, known(rows=9))
    assert finding.help == "write `batch = 8` with `accumulate = 8`: the same updates"
    monkeypatch.setattr(l802_memory_beyond_machine, "memory_bytes", lambda: 1000)
    (finding,) = said("L802", text, known(rows=9))
    assert "a single example is too large" in (finding.help or "")


def test_units() -> None:
    assert [binary_size(size) for size in (9, 2048, 3 * 1024**2, 1536 * 1024**2, 5000 * 1024**3)] == [
        "9 bytes", "2 KiB", "3 MiB", "1.5 GiB", "5,000 GiB",
    ]  # fmt: skip


COSTLY = """net Late {
  input image: 3x128x128
  conv(16, 3x3, pad=same, act=relu)
  conv(16, 3x3, pad=same, act=relu) -> maxpool(8x8)
  conv(64, 3x3, pad=same, act=relu) -> maxpool(2x2)
  conv(128, 3x3, pad=same, act=relu) -> global_avgpool
  logits = dense(10)
}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", True), ("128x128", "64x64", False), ("128, 3x3", "16, 3x3", False),
        ("maxpool(8x8)", "maxpool(2x2)", False),
    ],
)  # fmt: skip
def test_costly_layer(old: str, new: str, told: bool) -> None:
    assert bool(said("L803", COSTLY.replace(old, new))) == told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("upsample(4)\n  conv(21, 1x1)", "behind `upsample`"),
        ("upsample(4)\n  conv(21, 1x1, act=relu)", "behind `upsample`"),
        ("upsample(4, mode=bilinear)\n  conv(21, 1x1)", "behind `upsample`"),
        ("upsample(4, mode=bilinear)\n  conv(21, 1x1, act=relu)", None),
        ("upsample(4)\n  conv(21, 3x3, pad=same)", None),
        ("upsample(4)\n  conv(21, 1x1, stride=2)", None),
        ("large = upsample(4)\n  conv(21, 1x1)\n  output large, large -> conv(21, 1x1)", None),
        ("conv(128, 1x1) -> global_avgpool", "in front of `global_avgpool`"),
        ("conv(128, 1x1, act=relu) -> global_avgpool", None),
        ("conv(2, 1x1) -> global_avgpool", None),
        ("conv(128, 1x1) -> batchnorm -> global_avgpool", None),
    ],
)
def test_pointwise(lines: str, told: str | None) -> None:
    if "output" in lines:
        lines = "large = upsample(4)\n  small = conv(21, 1x1)\n  output large, small"
    found = messages("L804", f"net Mask {{\n  input x: 16x32x32\n  {lines}\n}}\n")
    assert found == ([f"a 1x1 convolution {told} does the same on the other side of it"] if told else [])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("one_hot(64) -> dense(8)", True), ("one_hot(63) -> dense(8)", False), ("one_hot(64) -> conv1(8)", False),
        ("embedding(64, 8)", False), ("one_hot(64) -> relu -> dense(8)", False),
    ],
)  # fmt: skip
def test_one_hot(lines: str, told: bool) -> None:
    lines = lines.replace("conv1(8)", "mean(axis=0)")
    assert bool(said("L805", f"net Reader {{\n  input words: int 10\n  {lines}\n}}\n")) == told


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("conv(32, 7x7, pad=same)", True), ("conv(32, 5x5, pad=same)", False), ("conv(31, 7x7, pad=same)", False),
        ("conv(32, 7x7, pad=same, groups=32)", False), ("conv(32, 7x7, stride=2, pad=3)", False),
        ("conv(32, 1x7, pad=same)", False), ("conv(32, 32x32)", False),
    ],
)  # fmt: skip
def test_large_kernel(call: str, told: bool) -> None:
    assert bool(said("L806", f"net A {{\n  input x: 32x32x32\n  {call}\n}}\n")) == told
