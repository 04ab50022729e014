"""`init`, `bias_init`, `l1` and `l2` on every layer with weights: what they change, and where they would do nothing."""

from __future__ import annotations

import pytest

from netc.compiler.check import check
from netc.compiler.declare.samples import Sample, Wrong
from netc.compiler.layers.base import layer
from netc.compiler.layers.of_weights import SPECS, is_bias

from .in_the_language import errors_of, net_of, written

CALLS = [
    pytest.param(word, one, name, id=f"{word} {name}")
    for word, definition in layer.all().items()
    for name in SPECS
    if name in definition.arguments
    for one in [
        next(one for one in definition.samples if any(is_bias(w) == (name == "bias_init") for w in one.weights or ()))
    ]
]


def with_argument(one: Sample, argument: str) -> Sample:
    """The sample's call with one more argument."""
    call = one.call.removesuffix(")") + (", " if "(" in one.call else "(") + argument + ")"
    return Sample(call.replace("(, ", "("), *one.inputs, out=one.out, params=one.params)


@pytest.mark.parametrize(("word", "one", "name"), CALLS)
def test_it_reaches_the_layer_s_own_weights(word: str, one: Sample, name: str) -> None:
    value = "constant(0.25)" if name.endswith("init") else "0.25"
    made = net_of("layer", with_argument(one, f"{name}={value}")).layers[-1]
    own = [item for item in made.parameters if item.name.removeprefix(f"{made.path}.") in (one.weights or {})]
    assert own
    for item in made.parameters:
        meant = item in own and is_bias(item.name.removeprefix(f"{made.path}.")) == (name == "bias_init")
        found = written(item.initial) == value if name.endswith("init") else getattr(item, name) == 0.25
        assert found == meant, item.name


@pytest.mark.parametrize(
    ("call", "inputs", "code", "says"),
    [
        ("dense(4, init=he)", "8", "E201", "nothing is called `he`"),
        ("dense(4, init=he(2))", "8", "E202", "no layer is called `he`"),
        ("dense(4, init=3)", "8", "E224", "an initializer such as `constant`, found 3"),
        ("dense(4, init=normal(-1))", "8", "E224", "a number of at least 0, found -1"),
        ("dense(4, l2=-1)", "8", "E224", "a number of at least 0, found -1"),
        ("dense(4, bias=false, bias_init=constant)", "8", "E301", "dense makes no bias here"),
        ("dense(4, none, true, none, he_normal)", "8", "E221", "takes 4 arguments without a name"),
    ],
)
def test_what_is_refused(call: str, inputs: str, code: str, says: str) -> None:
    (finding,) = errors_of("layer", Wrong(call, inputs, code=code, says=says))
    assert finding.code == code
    assert says in finding.message


def test_a_weight_that_is_given_has_no_start_of_its_own() -> None:
    one = Wrong("dense(5, weight=b, l2=0.1)", "6", "parameter([5, 6])", code="E301", says="")
    (finding,) = errors_of("layer", one)
    assert "dense makes no weight of its own here" in finding.message


BLOCK = """
block unit(filters, gamma = constant(0), start = he_normal) {{
  conv(filters, 3x3, init=start, act=relu) -> batchnorm(init=gamma)
}}
net Small {{
  input image: 1x6x6
  {call}
  logits = flatten -> dense(3, l1=0.01, l2=0.5)
}}
train Small {{ loss = cross_entropy(logits, label) }}
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("unit(2)", ("he_normal", "constant")),
        ("unit(2, start=orthogonal(2))", ("orthogonal(2)", "constant")),
        ("unit(2, constant(3), lecun_normal)", ("lecun_normal", "constant(3)")),
    ],
)
def test_a_block_hands_initializers_on(call: str, expected: tuple[str, str]) -> None:
    result = check("small.net", BLOCK.format(call=call))
    assert not result.diagnostics
    starts = {item.name: written(item.initial) for item in result.nets[0].parameters}
    assert (starts["unit1.conv1.weight"], starts["unit1.batchnorm1.weight"]) == expected


@pytest.mark.parametrize("call", ["normal(std=0.1)", "normal", "uniform(0.2)"])
def test_a_word_of_a_layer_too_is_the_initializer_where_one_is_expected(call: str) -> None:
    (net,) = check("a.net", f"net A {{ input x: 4; dense(3, init={call}, bias_init={call}) }}").nets
    assert {written(item.initial).partition("(")[0] for item in net.parameters} == {call.partition("(")[0]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("block u(s) { dense(3, init=s) }\nnet A { input x: 4; u(normal(0.1)) }", "normal(0.1)"),
        ("block u(s) { dense(3, init=s) }\nnet A { input x: 4; u(s=uniform) }", "uniform"),
        ("block u(s = normal(0.4)) { dense(3, init=s) }\nnet A { input x: 4; u }", "normal(0.4)"),
        ("block u(s) { dense(3, init=s) }\nblock v(t) { u(t) }\nnet A { input x: 4; v(uniform(0.3)) }", "uniform(0.3)"),
        ("block u(s) { dense(3, init=s) }\nblock v(t) { u(s=t) }\nnet A { input x: 4; v(normal(2)) }", "normal(2)"),
        ("start = uniform(0.5)\nnet A { input x: 4; dense(3, init=start) }", "uniform(0.5)"),
        ("start = normal\nblock u(s) { dense(3, init=s) }\nnet A { input x: 4; u(start) }", "normal"),
    ],
)
def test_a_block_hands_on_the_initializer_of_a_layer_s_name(text: str, expected: str) -> None:
    result = check("a.net", text)
    assert not result.diagnostics
    assert {item.name.rpartition(".")[2]: written(item.initial) for item in result.nets[0].parameters}[
        "weight"
    ] == expected


def test_it_is_the_layer_where_a_block_takes_a_tensor() -> None:
    result = check("a.net", "block b(noise) { add(noise) }\nnet A { input x: 4; b(normal([4])); b(uniform([4])) }")
    assert not result.diagnostics
    assert [layer.word for layer in result.nets[0].layers if layer.word != "add"] == ["normal", "uniform"]
