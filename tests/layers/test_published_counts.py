"""Parameters and multiply-accumulates of classic networks against the figures that papers and torchvision state."""

from __future__ import annotations

from pathlib import Path

import pytest

from netc.compiler import load, totals
from netc.compiler.facts.count import count, part

FILE = str(Path(__file__).with_name("published.net"))

PARAMETERS = [
    ("Mlp", {}, 238_510),
    ("Mlp", {"widths": [300, 100]}, 266_610),
    ("CaffeLeNet", {}, 431_080),
    ("AlexNet", {}, 62_378_344),
    ("AlexNet", {"groups": 2}, 60_965_224),
    ("TorchvisionAlexNet", {}, 61_100_840),
    ("Vgg", {"repeats": [1, 1, 2, 2, 2]}, 132_863_336),
    ("Vgg", {"repeats": [2, 2, 2, 2, 2]}, 133_047_848),
    ("Vgg", {}, 138_357_544),
    ("Vgg", {"repeats": [2, 2, 4, 4, 4]}, 143_667_240),
    ("ResNet", {"depth": 18}, 11_689_512),
    ("ResNet", {"depth": 34}, 21_797_672),
    ("ResNet", {"depth": 50}, 25_557_032),
    ("ResNet", {"depth": 101}, 44_549_160),
    ("ResNet", {"depth": 152}, 60_192_808),
    ("CifarResNet", {"depth": 20}, 272_474),
    ("CifarResNet", {"depth": 110}, 1_730_714),
    ("GoogLeNet", {}, 6_998_552),
]


@pytest.mark.quick(3)
@pytest.mark.parametrize(("name", "settings", "params"), PARAMETERS)
def test_parameters(name, settings, params):
    assert totals(load(FILE, name, settings)).params == params


def test_heads_of_training_count_in_training():
    net = load(FILE, "GoogLeNet")
    assert totals(net, training=True).params == 13_378_280
    assert count(part(net, "aux1")).params == 3_188_840
    assert count(part(net, "inception3a")).params == 163_696


@pytest.mark.parametrize(("depth", "buffers"), [(18, 9_600), (50, 53_120), (152, 151_424)])
def test_buffers(depth, buffers):
    assert totals(load(FILE, "ResNet", {"depth": depth})).buffers == buffers


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("name", "settings", "billions"),
    [
        ("TorchvisionAlexNet", {}, 0.71),
        ("Vgg", {}, 15.47),
        ("Vgg", {"repeats": [2, 2, 4, 4, 4]}, 19.63),
        ("ResNet", {"depth": 18}, 1.81),
        ("ResNet", {"depth": 34}, 3.66),
        ("ResNet", {"depth": 50}, 4.09),
        ("ResNet", {"depth": 101}, 7.80),
        ("ResNet", {"depth": 152}, 11.51),
    ],
)
def test_multiply_accumulates(name, settings, billions):
    counted = totals(load(FILE, name, settings))
    assert counted.flops / 1e9 == pytest.approx(billions, abs=0.006)
    assert totals(load(FILE, name, settings), batch=8).flops == 8 * counted.flops
