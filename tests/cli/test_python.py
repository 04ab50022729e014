"""What Python users read: representations and errors of the interface."""

from __future__ import annotations

from pathlib import Path

import pytest

import netc

BROKEN = """\
net A {
  input image: 1x8x8
  skip = conv(4, 3x3, pad=same)
  conv(8, 3x3, pad=same)
  add(skip)
}
"""


def test_an_exception_tells_the_place_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(BROKEN)
    with pytest.raises(netc.DiagnosticError) as caught:
        netc.load(path)
    assert str(caught.value) == (
        f"{path}:5: [E301] add needs equal shapes (8x8x8 + 4x8x8: channels differ); "
        "help: project the skip first: add(skip -> conv(8, 1x1))"
    )


def test_nets_and_layers_show_themselves_in_a_line() -> None:
    net = netc.load("examples/lecture/lenet5.net")
    assert repr(net) == f"<net {net.name}: {len(net.layers)} layers, 61,706 parameters>"
    assert repr(net.layers[0]) == "<conv1 (conv) 6x28x28>"
    assert repr(net.tree) == f"<{net.name} (net) 10, {len(net.layers)} layers>"
    assert list(net.tree.walk()) == [net.tree, *net.layers]


def test_an_unknown_target_is_refused() -> None:
    with pytest.raises(netc.DiagnosticError, match=r"E609.*one of std, cpu"):
        netc.compile(netc.load("examples/lecture/lenet5.net"), target="gpu")
