"""A bind's value is looked at before it is evaluated, for its name; that makes no layers of its own."""

from __future__ import annotations

import pytest

from netc.compiler.check import check
from tests.support.repairs import errors


def _layers(text: str) -> list[tuple[str, int]]:
    """The paths of the layers of a net without findings, and how many parameters each has."""
    result = check("a.net", text)
    assert not result.diagnostics
    (net,) = result.nets
    return [(layer.path, sum(parameter.count for parameter in layer.parameters)) for layer in net.layers]


@pytest.mark.parametrize(
    ("value", "layers"),
    [
        ("[x -> dense(4), x][0] + x", [("y.dense1", 20), ("y.add1", 0)]),
        ("x + [x, x -> dense(4)][-1]", [("y.dense1", 20), ("y.add1", 0)]),
        ("[x, x -> dense(4)][2 - 1] + x -> relu", [("y.dense1", 20), ("y.add1", 0), ("y", 0)]),
        ("[x + x, x][0] * x", [("y.add1", 0), ("y.mul1", 0)]),
        ("[ones([4]), x][0] * x", [("y.ones1", 0), ("y.mul1", 0)]),
        ("-([x -> dense(4), x][0])", [("y.dense1", 20), ("y.neg1", 0)]),
        ("[x, x][1] + x", [("y", 0)]),
        ("(x -> dense(4)) + x", [("y.dense1", 20), ("y.add1", 0)]),
    ],
)
def test_each_layer_is_made_once(value: str, layers: list[tuple[str, int]]) -> None:
    """Before: those in an element or behind a dot twice, with a ghost that nothing used, and shifted names."""
    assert _layers(f"net A {{ input x: 4; y = {value}; output y }}") == layers


@pytest.mark.parametrize("value", ["features", "shape[0]", "channels"])
def test_a_size_of_what_layers_make(value: str) -> None:
    """Before: "two layers are called `m`", for the braces were elaborated twice."""
    result = check("a.net", f"net A {{ input x: 4; n = (x -> {{ m = dense(6); m -> relu }}).{value} + 1; dense(n) }}")
    assert [found.code for found in result.diagnostics] == ["L006"]
    (net,) = result.nets
    assert [layer.path for layer in net.layers] == ["dense1"]
    assert net.layers[0].outputs[0].shape[1:] == (7,)


def test_what_a_block_binds_by_its_path() -> None:
    block = "block b { m = dense(4); m -> relu }\n"
    layers = [("y.b1.m", 20), ("y.b1.relu1", 0), ("y.add1", 0)]
    assert _layers(block + "net A { input x: 4; y = (x -> b).m + x; v = y; output v }") == [layers[0], layers[2]]
    assert not errors("block b { k = 3; dense(k) }\nnet A { input x: 4; n = (x -> b).k + 1; x -> dense(n) }")


def test_parameters_of_a_block_are_counted_once() -> None:
    """Before: 40, for the layer that nothing used too."""
    block = "block b { y = [in -> dense(4), in][0] + in; expect params == 20 }\n"
    assert _layers(block + "net A { input x: 4; x -> b }") == [("b1.y.dense1", 20), ("b1.y.add1", 0)]


def test_layers_in_a_table_are_called_as_those_in_a_list() -> None:
    for value in ("[a: x -> dense(4), b: x][a] * 2", "[x -> dense(4), x][0] * 2"):
        assert _layers(f"net A {{ input x: 4; y = {value}; output y }}")[0] == ("y.dense1", 20)


def test_a_condition_decides_whether_a_bind_flows() -> None:
    """Before: "the number 3 does not flow", where the other way would have given a tensor."""
    assert _layers("net A { input x: 4; n = x + 1 if false else 3; dense(n) }") == [("dense1", 15)]
    assert _layers("net A { input x: 4; n = x + 1 if true else 3; n -> relu }") == [("n.add1", 0), ("relu1", 0)]


@pytest.mark.parametrize(
    ("inner", "outer", "codes"),
    [
        ("{ in }", "{{ k{depth} = (in -> {inner}).features + 1; in -> dense(k{depth}) }}", set()),
        ("{ relu }", "{{ k{depth} = ((in -> {inner}).features)(3); in }}", {"E203"}),
        ("{ relu }", "{{ k{depth} = [in -> {inner}, in][0] + in; k{depth} }}", set()),
    ],
)
def test_nothing_is_evaluated_twice_however_deep(inner: str, outer: str, codes: set[str]) -> None:
    """Twice at each depth would be 2^20 times at the innermost."""
    for depth in range(20):
        inner = outer.format(inner=inner, depth=depth)
    found = errors(f"net A {{ input x: 4; x -> {inner} }}")
    assert {one.code for one in found} == codes
