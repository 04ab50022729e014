"""Budgets: which condition holds for a net, what a miss says, and that the offered changes really are the smallest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netc.compiler.check import check
from netc.compiler.lint import lint
from netc.compiler.lint.budget import BudgetError, comparisons, figures
from netc.compiler.lint.config import narrowness
from netc.compiler.load import load
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

WIDE = """net Wide(depth = 3) {{
  input image: 1x8x8
  conv(4, 3x3, pad=same, act=relu)
  flatten
  {first}dense(64, act=relu)
  {second}repeat depth {{ dense(16, act=relu) }}
  dense(2)
{expect}}}
"""


def wide(expect: str = "", width: int = 64, depth: int = 3) -> str:
    text = WIDE.format(first="", second="", expect=f"  expect {expect}\n" if expect else "")
    return text.replace("dense(64", f"dense({width}").replace("depth = 3", f"depth = {depth}")


def params(width: int, depth: int = 3) -> int:
    return 4 * 10 + (256 * width + width) + (width * 16 + 16) * (depth > 0) + (16 * 16 + 16) * (depth - 1) + 16 * 2 + 2


def findings(folder: Path, settings: str = "", text: str = "", name: str = "model.net") -> list[Diagnostic]:
    if settings:
        (folder / "netc.toml").write_text(f"[budget]\n{settings}\n", "utf-8")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text or wide(), "utf-8")
    return [one for one in lint([folder / name]).diagnostics if one.code in ("L008", "E310")]


def offered(finding: Diagnostic) -> dict[str, int]:
    """Line of text -> the figure it would come to."""
    found = re.findall(r"line \d+: `(.*?)` for `.*?`: ([\d,]+)", finding.help or "")
    return {text: int(figure.replace(",", "")) for text, figure in found}


@pytest.mark.parametrize("settings", [True, False])
def test_the_offered_width_is_the_largest_that_fits(tmp_path: Path, settings: bool) -> None:
    limit = 9_000
    text = wide("" if settings else f"params <= {limit}")
    (found,) = findings(tmp_path, f'"**" = "params <= {limit}"' if settings else "", text)
    widest = max(width for width in range(1, 64) if params(width) <= limit)  # counted by hand, not by netc
    assert offered(found)[f"dense({widest}, act=relu)"] == params(widest)


def test_every_offer_is_what_it_says(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "", wide("params <= 17_500"))
    offers = offered(found)
    assert len(offers) >= 2
    for text, figure in offers.items():
        before = re.search(rf"`{re.escape(text)}` for `(.*?)`", found.help or "")
        assert before is not None
        (tmp_path / "other.net").write_text(wide().replace(before[1], text, 1), "utf-8")
        assert load(str(tmp_path / "other.net")).params == figure <= 17_500


def test_global_pooling_is_offered(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, '"**" = "params <= 2_000"')
    assert offered(found)["global_avgpool"] == params(64) - 256 * 64 + 4 * 64
    assert "flatten" in (found.help or "")


def test_outputs_are_never_offered(tmp_path: Path) -> None:
    text = "net A {\n  input x: 100\n  dense(10)\n  expect params <= 500\n}\n"
    (found,) = findings(tmp_path, "", text)
    assert offered(found) == {}


def test_a_miss_names_the_layers_largest_first(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, '"**" = "flops <= 1k and params <= 1M"')
    assert found.message == "net `Wide` is over its budget: flops <= 1k"
    labels = [label.message for label in found.secondary]
    sizes = [int(label.split(": ")[1].split(" ")[0].replace(",", "")) for label in labels]
    assert sizes == sorted(sizes, reverse=True)
    assert labels[0].startswith("dense1: 16,384 (")


@pytest.mark.parametrize(
    ("settings", "expect", "missed"),
    [
        ('"**" = "params <= 1k"', "", ["params <= 1k"]),
        ('"**" = "params <= 1k"\n"nets/**" = "params <= 1M"', "", []),
        ('"nets/**" = "params <= 1M"\n"**" = "params <= 1k"', "", []),
        ('"nets/*.net" = "params <= 1M"\n"nets/model.net" = "params <= 2k"', "", ["params <= 2k"]),
        ('"**" = "params <= 1k and flops <= 1k"\n"nets/**" = "params <= 1M"', "", ["flops <= 1k"]),
        ('"**" = "params <= 1k"', "params <= 1M", []),
        ('"**" = "params <= 1k and layers <= 2"', "params <= 1M", ["layers <= 2"]),
        ('"**" = "memory(batch=8) <= 1kB"\n"nets/**" = "memory(batch=9) <= 1GB"', "", ["memory(batch=8) <= 1kB"]),
        ('"**" = "latency(batch=1) <= 1us"', "", []),
    ],
)  # fmt: skip
def test_the_narrowest_holds(tmp_path: Path, settings: str, expect: str, missed: list[str]) -> None:
    found = findings(tmp_path, settings, wide(expect), "nets/model.net")
    assert [one.message.removeprefix("net `Wide` is over its budget: ") for one in found] == missed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("**", "nets/**"),
        ("nets/**", "nets/*.net"),
        ("nets/*.net", "nets/a.net"),
        ("**", "**/a.net"),
        ("*.net", "a.net"),
    ],
)
def test_narrowness(one: str, other: str) -> None:
    assert narrowness(one) < narrowness(other)


def test_parts_and_the_largest_of_them(tmp_path: Path) -> None:
    block = "block unit(n) { dense(n, act=relu) -> dense(n) }\n"
    text = block + "net A {\n  input x: 4\n  a = unit(8)\n  unit(16)\n dense(2)\n}\n"
    (tmp_path / "a.net").write_text(text)
    net = load(str(tmp_path / "a.net"))

    def figure(condition: str) -> tuple[str, object]:
        (found,) = figures(comparisons(condition)[0], net)
        return found.name, found.value

    assert figure("params(a) <= 3") == ("params(a)", 4 * 8 + 8 + 8 * 8 + 8)
    assert figure("params(a.dense1) <= 3") == ("params(a.dense1)", 40)
    assert figure("params(largest_layer) <= 3") == ("params(largest_layer) in unit1.dense2", 16 * 16 + 16)
    assert figure("params(largest_block) <= 3") == ("params(largest_block) in unit1", 8 * 16 + 16 + 16 * 16 + 16)
    assert figure("flops(largest_layer, batch=2) <= 3")[1] == 2 * 16 * 16
    with pytest.raises(BudgetError, match="no part `b`"):
        figure("params(b) <= 3")


def test_a_part_that_some_nets_have(tmp_path: Path) -> None:
    assert findings(tmp_path, '"**" = "params(stem) <= 3"') == []
    (tmp_path / "sub").mkdir()
    with pytest.raises(DiagnosticError, match="no part `stem`"):
        findings(tmp_path / "sub", '"model.net" = "params(stem) <= 3"')


@pytest.mark.parametrize(
    ("condition", "help"),
    [
        ("memory <= 3", "memory(batch=32)"), ("latency <= 5ms", "latency(batch=32)"), ("parms <= 3", "use `params`"),
        ("params(3) <= 1", "stage1.conv1"), ("memory(stage1) <= 3", "memory(batch=32)"),
        ("latncy(batch=1) < 1", "latency"),
        ("params(batch=x) <= 1", "params(stage1)"), ("params", "params <= 150M"), ("params + flops", "params <= 150M"),
    ],
)  # fmt: skip
def test_what_no_budget_says(condition: str, help: str) -> None:
    with pytest.raises(BudgetError) as raised:
        comparisons(condition)
    assert help in (raised.value.help or "")


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("latency(batch=1) <= 5ms", []), ("latency(batch=8) < 1s and params < 1M", []), ("latency <= 5ms", ["E308"]),
        ("latency(batch=0) == 3", ["E308"]), ("latency(batch=1) <= 5ms and params < 1", ["E310"]),
        ("trainable == 5", []), ("trainable == 4", ["E310"]),
    ],
)  # fmt: skip
def test_expect(condition: str, codes: list[str]) -> None:
    text = f"net A {{\n  input x: 4\n  dense(1)\n  expect {condition}\n}}\n"
    assert [finding.code for finding in check("a.net", text).diagnostics] == codes


def test_times_are_numbers() -> None:
    text = (
        "net A {\n  input x: 4\n  dense(1)\n  expect 5ms == 0.005 and 250us == 0.00025 and 2s == 2 and 1.5ms < 2ms\n}\n"
    )
    assert check("a.net", text).diagnostics == []
