"""A block that is applied again is copied: all that a net has is what working the block out again gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from netc.compiler.applications import Application
from netc.compiler.check import CheckResult, check
from netc.compiler.declare.parameter import Parameter
from netc.compiler.elaborate import apply, copying
from netc.compiler.ir import DType, Value
from netc.compiler.layers.base import ZEROS
from netc.compiler.net import Net
from netc.compiler.plan.train_plan import to_json

ROOT = Path(__file__).resolve().parents[2]

BLOCKS = """\
block unit(filters, stride = 1, act = relu) {
  a = conv(filters, 3x3, stride=stride, pad=1, bias=false, l2=0.1) -> batchnorm
  gate = { global_avgpool -> dense(filters) -> sigmoid }
  a -> act
}
block pair(filters) { first = unit(filters); half = in; second = unit(filters); add(first) -> concat(half) }
block frozen_unit { frozen { conv(8, 1x1) }; dropout }
block sided { x = conv(8, 3x3, pad=1); train only { aside = global_avgpool -> dense(3) }; relu }
block tied { shared f = conv(8, 3x3, pad=1); f -> f }
block counted { conv(8, 3x3, pad=1); expect params == 584; expect in.channels == 8 }
block several { conv(8, 1x1) -> split(4) }
block passing { identity }
block noisy { in + normal([8, 8, 8]) -> dropout }
"""

CASES = {
    "loops": "repeat 3 { x = pair(8) -> conv(8, 1x1) }; for i in 0..3 { y = unit(8) }; add(y[1].a, x[0].pair1.half)",
    "dots": "repeat 3 { x = pair(8) -> conv(8, 1x1) }; g = x[1].pair1.first.gate -> dense(4); add(x[2].pair1.second.a)",
    "arguments": "unit(8) -> unit(8) -> unit(8, act=tanh) -> unit(8, 1) -> unit(8, act=leaky_relu(0.2)) -> unit(8)",
    "layers as arguments": "repeat 3 { unit(8, act=elu(0.3)) }; unit(8, act=elu(0.3)) -> unit(8, act=relu)",
    "blocks as arguments": "repeat 3 { unit(8, act=passing) }; unit(8, act=sided) -> unit(8, act=sided)",
    "kinds of numbers": "unit(8, 1) -> unit(8, 1.0) -> unit(8, true)",
    "frozen": "frozen_unit -> frozen_unit; frozen { unit(8) }; unit(8) -> unit(8)",
    "train only": "sided -> sided -> sided; train only { b = unit(8); c = unit(8) -> unit(8) }",
    "shared": "shared u = unit(8); u -> u -> u; tied -> tied",
    "expectations": "counted -> counted -> conv(4, 1x1) -> conv(8, 1x1) -> counted",
    "several values": "several -> concat; several -> concat; s = several; s -> concat",
    "passing on": "passing -> passing -> unit(8); z = passing; z -> passing -> unit(8)",
    "branches": "add { unit(8); unit(8); unit(8) }; add { pair(4) -> conv(8, 1x1); identity }",
    "chains": "unit(8, act=batchnorm -> relu) -> unit(8, act=batchnorm -> relu) -> unit(8) -> unit(8)",
    "scans": "reshape(8x64) -> scan(h = zeros([64])) { e = dense(64) -> dense(64); h = e + prev h; h }",
    "random sources": "a = noisy; b = noisy; c = noisy -> noisy; repeat 2 { add(a, b) -> noisy -> unit(8) }",
    "a mistake": "unit(8) -> unit(8) -> unit(nine) -> unit(8)",
    "an unused value": "a = unit(8); b = unit(8); c = unit(8) -> unit(8); unit(8)",
    "named twice": "unit1 = conv(8, 1x1); unit(8) -> unit(8)",
}  # fmt: skip

WORKED_OUT = ("shared", "expectations", "scans", "kinds of numbers", "several values")
"""Cases in which nothing is copied."""


def text(body: str) -> str:
    return f"{BLOCKS}net A {{\n  input image: 8x8x8\n  {body}\n}}\n"


def told(value: Any) -> Any:
    """A value by its name, whatever it is in."""
    match value:
        case Value():
            return f"%{value}"
        case tuple() | list():
            return [told(item) for item in value]
        case dict():
            return {key: told(item) for key, item in value.items()}
    return repr(value).split(" at 0x")[0]


def all_of(net: Net) -> Iterator[Any]:
    """Everything that a net has, in its order."""
    yield str(net.graph), net.graph.made
    for node in net.graph.all_nodes():
        yield node.op, told(node.attributes), node.origin, [(told(out), out.origin) for out in node.outputs]
    for one in net.parameters:
        yield [told(getattr(one, item.name)) for item in fields(Parameter)], one.value.origin
    for layer in net.layers:
        yield [told(getattr(layer, name)) for name in ("path", "word", "inputs", "outputs", "span", "argument_spans")]
        yield [node.outputs[0].name for node in layer.nodes], [one.name for one in layer.parameters], told(layer.steps)
        yield layer.training_only, told(layer.layer.settings()) if layer.layer is not None else None
    for item in net.tree.walk():
        if isinstance(item, Application):
            yield [told(getattr(item, one.name)) for one in fields(Application) if one.name != "children"]
    yield told(net.values), [to_json(plan) for plan in net.plans]


def everything(found: CheckResult) -> tuple[list[Any], list[Any]]:
    return found.diagnostics, [list(all_of(net)) for net in found.nets]


def compared(path: str, source: str | None, monkeypatch: pytest.MonkeyPatch) -> int:
    """Compare a file's nets with those that nothing is copied in; how often something was copied."""
    copies: list[object] = []
    copy = copying.Pattern.copy
    monkeypatch.setattr(copying.Pattern, "copy", lambda *given: copies.append(given) or copy(*given))
    found = check(path, source)
    monkeypatch.setattr(apply, "run_or_copy", lambda frame, definition, given, applied, work: work())
    assert everything(found) == everything(check(path, source))
    return len(copies)


@pytest.mark.quick(9)
@pytest.mark.parametrize("case", CASES)
def test_copies_are_what_the_block_makes_again(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = compared("a.net", text(CASES[case]), monkeypatch)
    assert copies or case in WORKED_OUT, case


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", ["resnet", "swin", "efficientnet_v2", "yolo"])
def test_nets_of_the_zoo_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(str(ROOT / f"examples/zoo/{name}.net"), None, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.net")), ids=lambda path: path.stem)
def test_every_example_is_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared(str(path), None, monkeypatch)


def test_a_parameter_keeps_all_but_its_names() -> None:
    values = [Value(name, DType.FLOAT32, (2,)) for name in "ab"]
    one = Parameter("a", values[0], ZEROS, False, True, None, "IO", True, "x", {"y": 1}, 3, 0.5, 0.25)
    assert len(fields(Parameter)) == 13
    other = one.named("b", values[1], "z")
    changed = {item.name for item in fields(Parameter) if getattr(one, item.name) != getattr(other, item.name)}
    assert changed == {"name", "value", "drawn_as"}


def test_limits_hold_for_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    from netc.grammar import limits

    monkeypatch.setattr(
        type(limits.WRITTEN_OUT), "value", property(lambda limit: 200 if limit is limits.WRITTEN_OUT else limit.default)
    )
    source = text("repeat 100 { unit(8) }")
    first = check("a.net", source).diagnostics
    monkeypatch.setattr(apply, "run_or_copy", lambda frame, definition, given, applied, work: work())
    assert first == check("a.net", source).diagnostics
    assert first[0].code == limits.WRITTEN_OUT.code
