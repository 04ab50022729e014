"""What holds for the drawing of every net: all layers and all wires are there, and nothing lies on anything else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from netc.compiler import Net, check, load
from netc.compiler.drawing.build import close, draw
from netc.compiler.drawing.flat import links
from netc.compiler.drawing.formats import FORMATS, render
from netc.compiler.drawing.html import html
from netc.compiler.drawing.layout import Sheet, Sheets
from netc.compiler.drawing.model import Box, Drawing, Frame, Item
from netc.compiler.drawing.pages import page
from netc.compiler.drawing.svg import svg
from netc.compiler.drawing.words import HEAD, SMALL, words
from netc.compiler.zoo.catalogue import catalogue

QUICK = ("googlenet", "unet", "show-attend-tell", "dcgan", "transformer-base", "wavenet", "siamese", "resnet50")
ALL = 99


def tiers() -> list[object]:
    names = [entry.name for entry in catalogue()]
    assert set(QUICK) <= set(names)
    return [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names]


@cache
def net_of(name: str) -> Net:
    entry = next(entry for entry in catalogue() if entry.name == name)
    return load(str(entry.file), entry.net, dict(entry.set))


@cache
def opened(name: str) -> Drawing:
    return draw(net_of(name), ALL)


@pytest.mark.quick(2)
@pytest.mark.parametrize("name", tiers())
def test_every_layer_is_in_one_box(name: str) -> None:
    layers = [layer for box in opened(name).root.boxes() for layer in box.layers]
    assert len(set(map(id, layers))) == len(layers)
    assert set(map(id, layers)) == set(map(id, net_of(name).layers))


@pytest.mark.parametrize("name", tiers())
def test_weights_add_up(name: str) -> None:
    net = net_of(name)
    weights = {id(item): item for layer in net.layers for item in layer.parameters if not item.buffer}
    assert opened(name).root.cost.params == sum(item.count for item in weights.values())


@pytest.mark.parametrize("name", tiers())
def test_every_connection_of_the_summary_is_drawn(name: str) -> None:
    """The summary says what each layer is connected to, and finds that out by itself."""
    drawing, net = opened(name), net_of(name)
    homes: dict[str, Box] = {}
    for box in drawing.root.boxes():
        homes.update((layer.path, box) for layer in box.layers)
    homes.update((box.title, box) for box in drawing.root.boxes() if box.kind == "input")
    drawn = {(link.source, link.target) for link in links(drawing)}
    states = {box for box in drawing.root.boxes() if box.kind == "state"}
    for row in net.summary()["layers"]:
        for source in row["inputs"]:
            start, end = homes[source], homes[row["name"]]
            if start is end or (start, end) in drawn or repeats(start) & repeats(end):
                continue
            inside = {item for item in (end.parent or drawing.root).walk() if isinstance(item, Box)}
            reached = {target for begin, target in drawn if begin is start}
            through_state = any((state, end) in drawn for state in states & reached)
            assert through_state or (row["type"] == "scan" and inside & reached), (source, row["name"])


def repeats(item: Item) -> set[Item]:
    """What of passes that are drawn once an item is in: wires from a pass to the next aren't drawn."""
    found: set[Item] = {item} if item.times > 1 else set()
    return found | (repeats(item.parent) if item.parent is not None else set())


# ------------------------------------------------------------ where it all lies
Rectangle = tuple[float, float, float, float]


def places(drawing: Drawing) -> Iterator[tuple[Item, Rectangle, Rectangle | None]]:
    """Every item that is seen with its rectangle, and that of the frame around it."""
    laid = page(drawing)
    yield from inside(laid.whole, laid.sheets, 0.0, 0.0, None)


def inside(
    sheet: Sheet, sheets: Sheets, left: float, top: float, around: Rectangle | None
) -> Iterator[tuple[Item, Rectangle, Rectangle | None]]:
    for item, (x, y, wide, high) in sheet.places.items():
        own = (left + x, top + y, left + x + wide, top + y + high)
        yield item, own, around
        if isinstance(item, Frame) and item in sheets:
            yield from inside(sheets[item], sheets, left + x, top + y, own)


@pytest.mark.quick(6)
@pytest.mark.parametrize("depth", [None, ALL])
@pytest.mark.parametrize("name", tiers())
def test_no_boxes_overlap_and_frames_hold_theirs(name: str, depth: int | None) -> None:
    drawing = draw(net_of(name), depth)
    found = list(places(drawing))
    assert {item for item, _, _ in found} == set(drawing.shown())
    boxes = [own for item, own, _ in found if isinstance(item, Box) or item.closed]
    boxes.sort()
    for at, (left, top, right, low) in enumerate(boxes):
        for other in boxes[at + 1 :]:
            if other[0] >= right - 0.1:
                break
            assert other[3] <= top + 0.1 or other[1] >= low - 0.1, (left, top, right, low, other)
        assert right > left
    for item, own, around in found:
        if around is not None:
            assert around[0] <= own[0] + 0.1, item
            assert around[1] <= own[1] + 0.1, item
            assert own[2] <= around[2] + 0.1, item
            assert own[3] <= around[3] + 0.1, item


@pytest.mark.parametrize("name", QUICK)
def test_words_fit_in_their_boxes(name: str) -> None:
    """Measured in two fonts: Pillow's own, in which a PNG is written, and a wide one of browsers."""
    import matplotlib
    from PIL import ImageFont

    folder = Path(matplotlib.get_data_path()) / "fonts/ttf"
    plain = [ImageFont.load_default(100), ImageFont.truetype(str(folder / "DejaVuSans.ttf"), 100)]
    bold = [plain[0], ImageFont.truetype(str(folder / "DejaVuSans-Bold.ttf"), 100)]
    for item, (left, _, right, _), _ in places(opened(name)):
        if isinstance(item, Box):
            said = words(item)
            for thin, fat in zip(plain, bold, strict=True):
                head = fat.getlength(said.head) * HEAD / 100
                tail = thin.getlength(said.tail) * SMALL / 100
                below = thin.getlength(said.below) * SMALL / 100
                assert max(head + tail + (4 if tail else 0), below) <= right - left - 12, said


# ------------------------------------------------------------ what is folded
def test_a_deeper_net_has_no_larger_drawing() -> None:
    shallow, deep = (draw(load("examples/zoo/resnet_cifar.net", None, {"depth": depth})) for depth in (20, 200))
    assert sum(1 for _ in deep.root.walk()) == sum(1 for _ in shallow.root.walk())
    assert max(frame.times for frame in deep.root.frames()) == 33


def net(text: str) -> Drawing:
    return draw(load("a.net", source=text), ALL)


def said(drawing: Drawing) -> list[str]:
    return [words(item).head for item in drawing.root.walk()]


def test_channels_that_grow_fold_with_their_range() -> None:
    drawing = net("net A { input x: 4x8x8\n repeat 3 { concat { identity; conv(2, 3x3, pad=same) } } }")
    (conv,) = (box for box in drawing.root.boxes() if box.kind == "convolution")
    assert conv.count == "74…146"
    (frame,) = (frame for frame in drawing.root.frames() if frame.times == 3)
    assert frame.cost.params == 74 + 110 + 146


def test_dilations_fold_with_their_range_and_widths_do_not() -> None:
    same = net("net A { input x: 4x32\n for d in [1, 2, 4, 8, 1] { conv(4, 3, pad=same, dilation=d) } }")
    (conv,) = (box for box in same.root.boxes() if box.kind == "convolution")
    assert (conv.times, conv.notes) == (5, ("dilation 1…8",))
    other = net("net A { input x: 4x32\n for n in [4, 8, 16] { conv(n, 3, pad=same) } }")
    assert [box.title for box in other.root.boxes() if box.kind == "convolution"] == [
        "conv 4, 3", "conv 8, 3", "conv 16, 3"]  # fmt: skip


def test_tied_weights_are_said() -> None:
    drawing = net("net A { input x: int [5]\n words = embedding(9, 4)\n dense(9, bias=false, weight=words.weight) }")
    assert [box.notes for box in drawing.root.boxes() if box.title == "dense 9"] == [("weights of words",)]


def test_arguments_are_as_the_text_has_them() -> None:
    drawing = net("net A { input x: 2x3x4\n permute([2, 0, 1]) -> dropout(0.25) -> conv(4, 1x1, stride=2) }")
    titles = [box.title for box in drawing.root.boxes() if box.layers]
    assert titles == ["permute [2, 0, 1]", "conv 4, 1x1"]
    looped = net("net A { input x: 4\n for rate in [0.05, 0.125] { dense(4) -> dropout(rate) } }")
    assert [box.notes for box in looped.root.boxes() if box.layers] == [("dropout 0.05…0.125",)]


def test_a_frozen_pass_is_not_folded_with_others() -> None:
    text = """net A { input x: 4\n stage = for i in 0..4 { layer = dense(4) }\n y = dense(2) }
train A { loss = mse(y, target); freeze = ["stage.layer.0.*"] }"""
    drawing = net(text)
    states = {words(box).head: box.state for box in drawing.root.boxes() if box.kind == "linear"}
    assert [str(state) for state in states.values()].count("frozen") == 1


def test_closed_frames_hide_what_is_in_them() -> None:
    drawing = draw(net_of("resnet50"), 1)
    assert all(isinstance(item, Box) or item.closed for item in drawing.shown())
    close(drawing.root, ALL)
    assert not any(frame.closed for frame in drawing.root.frames())


def test_texts_may_nest_deeply() -> None:
    braces, blocks = 20, 60
    text = "block b0 { relu }\n"
    for number in range(1, blocks):
        inner = f"b{number - 1}"
        for _ in range(braces):
            inner = f"{{ tanh; {inner} }}"
        text += f"block b{number} {{ {inner} }}\n"
    drawing = net(f"{text}net A {{\n  input x: 4x8x8\n  b{blocks - 1}\n}}\n")
    for ending in FORMATS.keys() - {".png"}:
        assert render(drawing, ending)


def test_every_net_of_the_language_s_page() -> None:
    page = Path("docs/language.md").read_text("utf-8")
    found = [one for text in re.findall(r"^```net\n(.*?)^```", page, re.M | re.S) for one in check("a", text).nets]
    assert len(found) > 20
    for one in found:
        drawing = draw(one, ALL)
        assert {id(layer) for box in drawing.root.boxes() for layer in box.layers} == set(map(id, one.layers))
        for ending in FORMATS.keys() - {".png"}:
            assert render(drawing, ending)


# ------------------------------------------------------------ files
def test_every_end_of_a_wire_is_on_the_page() -> None:
    text = html(opened("show-attend-tell"))
    ids = re.findall(r'id="([^"]+)"', text)
    assert len(set(ids)) == len(ids)
    data = text[text.index("const WIRES = ") : text.index("const net =")]
    named = set(re.findall(r'"([nb]\d+[io]?\d*)"', data))
    assert named
    assert named <= set(ids)
    assert set(re.findall(r"https?://[\w./]+", text)) == {"http://www.w3.org/2000/svg"}


def test_names_are_escaped() -> None:
    drawing = net("net A { input x: 4\n dense(2) }")
    drawing.title = '</script><b>"&'
    for text in (svg(drawing), html(drawing)):
        assert drawing.title not in text
        assert "&lt;/script&gt;&lt;b&gt;" in text


PROGRAM = """
import sys
from netc.compiler import load
from netc.compiler.drawing.build import draw
from netc.compiler.drawing.formats import FORMATS, render
from hashlib import sha256
drawing = draw(load(sys.argv[1]))
for ending in FORMATS.keys() - {".png"}:  # which is painted of the same shapes
    print(sha256(render(drawing, ending)).hexdigest())
"""


@pytest.mark.slow
def test_equal_nets_give_equal_bytes() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", PROGRAM, "examples/zoo/captioner.net"], check=True, capture_output=True,
                       env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert len(set(runs[0].split())) == 4
    assert sorted(runs[0].split()) == sorted(runs[1].split())
