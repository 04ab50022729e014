"""L2xx, shapes: what they find with which figures, and what comes near and is left alone."""

from __future__ import annotations

import pytest
from one_rule import net, said


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        (
            "L201",
            "reshape([3072])",
            "the size 3072 is written where `flatten` works it out: 3x32x32 has 3,072 elements",
        ),
        (
            "L202",
            "conv(4, 2x2, pad=same)",
            "an even kernel with `pad=same` moves the map by 0.5 of a pixel: the extent 2",
        ),
        (
            "L202",
            "conv(4, 4x3, pad=same)",
            "an even kernel with `pad=same` moves the map by 0.5 of a pixel: the extent 4",
        ),
        ("L204", "conv(4, 3x3, pad=32, dilation=32)", "96 of 108 weights only ever meet padding: 8 of a kernel's 9"),
        (
            "L204",
            "maxpool(16) -> conv(4, 5x5, pad=2)",
            "192 of 300 weights only ever meet padding: 16 of a kernel's 25",
        ),
        ("L205", "conv(4, 1x1, pad=1)", "132 of 1,156 places of the result are made of padding alone: padding of 1"),
        ("L205", "conv(4, 3x3, pad=3, stride=2)", "35 of 324 places of the result are made of padding alone"),
        (
            "L206",
            "repeat 5 { conv(4, 3x3, pad=1) -> relu }; global_avgpool",
            "what is averaged has seen 11x11 of an image of",
        ),
        ("L209", "maxpool(1, stride=2)", "75 % of this map is never read: steps of 2 with a kernel of 1x1"),
        ("L209", "add { conv(4, 1x1, stride=2); conv(4, 1x1, stride=2) }", "75 % of this map is never read"),
        (
            "L210",
            "conv_transpose(4, 3x3, stride=2)",
            "some places of the result are made of 4 of its windows, others of 1",
        ),
        (
            "L210",
            "conv_transpose(4, 5x4, stride=2)",
            "some places of the result are made of 6 of its windows, others of 4",
        ),
        ("L211", "maxpool(32x32)", "this window is the whole map"),
        ("L212", "flatten -> dropout(0)", "this dropout changes nothing: drops nothing"),
        ("L212", "pad(0)", "this pad changes nothing: adds nothing"),
        ("L212", "reshape(3x32x32)", "this reshape changes nothing: what flows in has this shape already"),
    ],
)
def test_found(code: str, body: str, message: str) -> None:
    (found,) = said(net(body), code)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("L201", "reshape([-1])"),
        ("L201", "n = 3 * 32 * 32; reshape([n])"),
        ("L201", "flatten -> reshape([3072])"),
        ("L202", "conv(4, 2x2, stride=2, pad=same)"),
        ("L202", "conv(4, 3x3, pad=same)"),
        ("L202", "conv(4, 4x4, pad=1)"),
        ("L203", "maxpool(32) -> conv(4, 3x3, pad=1, act=relu) -> conv(4, 1x1)"),
        ("L204", "conv(4, 3x3, pad=8, dilation=8)"),
        ("L204", "maxpool(16) -> conv(4, 3x3, pad=1)"),
        ("L205", "conv(4, 3x3, pad=2)"),
        ("L206", "repeat 2 { conv(4, 3x3, pad=1, act=relu) }; global_avgpool"),
        ("L206", "repeat 8 { conv(4, 3x3, pad=1, act=relu) }; global_avgpool"),
        ("L206", "repeat 5 { conv(4, 3x3, pad=1, act=relu) }; flatten"),
        ("L208", "conv(12, 3x3, groups=3) -> depthwise(3x3) -> depthwise(3x3)"),
        (
            "L208",
            "conv(12, 3x3, groups=3) -> reshape([3, 4, 30, 30]) -> permute([1, 0, 2, 3]) -> reshape([12, 30, 30]) -> "
            "conv(12, 3x3, groups=3)",
        ),
        ("L209", "add { conv(4, 1x1, stride=2); conv(4, 3x3, stride=2, pad=1) }"),
        ("L209", "conv(4, 2x2, stride=2)"),
        ("L210", "conv_transpose(4, 4x4, stride=2)"),
        ("L210", "conv_transpose(4, 3x3)"),
        ("L211", "avgpool(16x16)"),
        ("L211", "avgpool(x.height)"),
        ("L212", "identity"),
        ("L212", "rate = 0; dropout(rate)"),
        ("L212", "maxpool(1x1, stride=2)"),
    ],
)
def test_left_alone(code: str, body: str) -> None:
    assert said(net(body), code) == []


def test_a_map_that_collapsed() -> None:
    body = "maxpool(32) -> conv(4, 3x3, pad=1, act=relu) -> conv(4, 3x3, pad=1)"
    (found,) = said(net(body), "L203")
    assert (
        found == "the map is down to one place, and 2 convolutions with larger kernels follow: makes 3x1x1 of 3x32x32"
    )


GROUPED = "conv(12, 3x3, groups=3) -> batchnorm -> relu -> conv(12, 3x3, groups=6)"


def test_groups_that_never_meet() -> None:
    (found,) = said(net(GROUPED, "6x32x32"), "L208")
    assert found == "3 channel groups never meet in two convolutions in a row: each sees 4 of 12 channels, as before"


UNET = "skip = conv(4, 3x3, pad=1); maxpool(2) -> conv(8, 3x3, pad=1) -> upsample(2)"


@pytest.mark.parametrize(
    ("shape", "end", "count"),
    [
        ("3x25x25", "pad([[0, 1], [0, 1]]) -> concat(skip)", 1),
        ("3x24x24", "concat(skip)", 0),
        ("3x25x25", "conv(4, 3x3)", 0),  # nothing is joined
    ],
)
def test_an_odd_map_under_a_u_net(shape: str, end: str, count: int) -> None:
    found = said(net(f"{UNET} -> {end}", shape), "L207")
    assert len(found) == count
    assert all(item.startswith("25 rows become 12, and 24 when they are made larger again") for item in found)


def test_a_map_that_is_stretched_to_its_old_size_is_no_u_net() -> None:
    body = "skip = conv(4, 3x3, pad=1); maxpool(2) -> upsample(size=[25, 25], mode=bilinear) -> concat(skip)"
    assert said(net(body, "3x25x25"), "L207") == []
