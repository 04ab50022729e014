"""The JSON of findings and of the summary, validated key by key: other tools are built on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

PLACE = {"file": str, "line": int, "column": int, "end_line": int, "end_column": int}
MODEL = """net Small(classes = 10) {
  input image: 1x28x28
  skip = conv(4, 3x3, pad=same, bias=false) -> batchnorm -> relu
  conv(4, 3x3, pad=same)
  add(skip)
  maxpool(2x2)
  logits = flatten -> dense(classes)
}
"""


def check_keys(found: dict[str, Any], keys: dict[str, Any]) -> None:
    assert list(found) == list(keys)
    for key, kind in keys.items():
        assert isinstance(found[key], kind), (key, found[key])


def check_findings(text: str) -> list[dict[str, Any]]:
    found = json.loads(text)
    check_keys(found, {"version": int, "diagnostics": list})
    assert found["version"] == 1
    for item in found["diagnostics"]:
        check_keys(item, {"code": str, "severity": str, "message": str, **PLACE, "labels": list, "notes": list,
                          "help": (str, type(None)), "fix": (dict, type(None))})  # fmt: skip
        assert item["severity"] in ("error", "warning")
        assert item["message"][0].islower() or not item["message"][0].isalpha()
        assert not item["message"].endswith(".")
        for label in item["labels"]:
            check_keys(label, {"message": str, **PLACE})
        if item["fix"]:
            check_keys(item["fix"], {"title": str, "safe": bool, "edits": list})
            for edit in item["fix"]["edits"]:
                check_keys(edit, {**PLACE, "text": str})
    return list(found["diagnostics"])


def test_check(netc: Any) -> None:
    text = "net A {\n  input x: 1x7x7\n  conv(4, 5x5, stride=3)\n  dens(3)\n  flatten -> dense(0)\n}\n"
    done = netc("check", "a.net", "--format", "json", files={"a.net": text})
    codes = {item["code"] for item in check_findings(done.stdout)}
    assert any(code.startswith("E2") for code in codes)
    assert done.stderr == ""


def test_lint(netc: Any) -> None:
    text = "net A {\n  input x: 1x7x7\n  conv(4, 5x5, stride=3) -> batchnorm\n}\n"
    done = netc("lint", "a.net", "--select", "L001,L002", "--format", "json", files={"a.net": text})
    assert [item["code"] for item in check_findings(done.stdout)] == ["L001", "L002"]


@pytest.mark.parametrize("verb", ["check", "lint"])
def test_nothing_found(netc: Any, verb: str) -> None:
    done = netc(verb, "a.net", "--format", "json", files={"a.net": MODEL})
    assert json.loads(done.stdout) == {"version": 1, "diagnostics": []}
    assert done.returncode == 0


def test_github(netc: Any) -> None:
    done = netc("lint", "a.net", "--format", "github", files={"a.net": "net A {\n  input x: 4\n  dens(3)\n}\n"})
    assert done.stdout.startswith("::error file=a.net,line=3,")
    assert done.stderr == ""


def test_concise(netc: Any) -> None:
    done = netc("lint", "a.net", "--format", "concise", files={"a.net": "net A {\n  input x: 4\n  dens(3)\n}\n"})
    assert done.stdout.startswith("a.net:3:3: error[E2")
    assert done.stderr == "1 error in 1 file\n"


def test_summary(netc: Any) -> None:
    done = netc("summary", "a.net", "--set", "classes=3", "--format", "json", files={"a.net": MODEL})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    check_keys(found, {"version": int, "net": str, "inputs": list, "outputs": list, "layers": list, "totals": dict})
    assert found["inputs"] == [{"name": "image", "shape": [1, 28, 28], "dtype": "float32"}]
    assert found["outputs"] == [{"name": "logits", "shape": [3], "dtype": "float32"}]
    for layer in found["layers"]:
        check_keys(layer, {"name": str, "type": str, "inputs": list, "output_shape": list, "params": int,
                           "trainable": int, "buffers": int, "flops": int, "span": dict})  # fmt: skip
        check_keys(layer["span"], {"file": str, "line": int, "column": int})
    by_name = {layer["name"]: layer for layer in found["layers"]}
    assert len(by_name) == len(found["layers"])
    conv, norm, dense = (
        next(x for x in found["layers"] if x["type"] == kind) for kind in ("conv", "batchnorm", "dense")
    )
    assert (conv["params"], conv["flops"], conv["output_shape"]) == (36, 36 * 28 * 28, [4, 28, 28])
    assert (norm["params"], norm["trainable"], norm["buffers"], norm["flops"]) == (8, 8, 8, 0)
    assert (dense["params"], dense["flops"], dense["span"]["line"]) == (784 * 3 + 3, 784 * 3, 7)
    merge = next(x for x in found["layers"] if x["type"] == "add")
    assert len(merge["inputs"]) == 2
    order = ["image", *by_name]
    for at, layer in enumerate(found["layers"], 1):
        assert all(order.index(name) < at for name in layer["inputs"]), layer
    totals = found["totals"]
    check_keys(totals, dict.fromkeys(("params", "trainable", "frozen", "buffers", "flops", "activations"), int))
    assert totals["params"] == 36 + 8 + 4 * 36 + 4 + 784 * 3 + 3 == totals["trainable"]
    assert (totals["frozen"], totals["buffers"]) == (0, 8)
    assert totals["flops"] == 36 * 784 + 4 * 36 * 784 + 784 * 3


def test_summary_of_parts(netc: Any) -> None:
    done = netc("summary", "a.net", "--format", "json", "--depth", "1", files={"a.net": MODEL})
    plain = netc("summary", "a.net", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    rows = found.pop("rows")
    assert found == json.loads(plain.stdout)
    for row in rows:
        check_keys(row, {"name": str, "type": str, "kind": str, "layers": int, "inputs": list, "output_shapes": list,
                         "params": int, "trainable": int, "buffers": int, "flops": int, "span": dict})  # fmt: skip
        check_keys(row["span"], {"file": str, "line": int, "column": int})
    told = [(row["name"], row["type"], row["kind"], row["layers"], row["inputs"]) for row in rows]
    assert told == [
        ("skip", "chain", "chain", 3, ["image"]), ("conv1", "conv", "layer", 1, ["skip"]),
        ("add1", "add", "layer", 1, ["conv1", "skip"]), ("maxpool1", "maxpool", "layer", 1, ["add1"]),
        ("logits", "chain", "chain", 2, ["maxpool1"]),
    ]  # fmt: skip
    skip, logits = rows[0], rows[-1]
    assert (skip["params"], skip["trainable"], skip["buffers"], skip["flops"]) == (36 + 8, 44, 8, 36 * 784)
    assert (logits["params"], logits["flops"], logits["output_shapes"]) == (784 * 10 + 10, 7840, [[10]])
    assert (skip["span"]["line"], skip["span"]["column"]) == (3, 3)
