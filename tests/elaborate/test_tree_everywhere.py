"""The tree of every net of the repository and its pages, and of very deep ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from trees import check_tree

from netc.compiler import check, load
from netc.compiler.applications import Applied, LayerInstance

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [*ROOT.glob("examples/*/*.net"), *ROOT.glob("compiler/std/*.net"), *ROOT.glob("tests/grammar/examples/*.net")]
)
PAGES = [ROOT / "docs/language.md", *ROOT.glob("tests/elaborate/cases/*.md")]


@pytest.mark.quick(1)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_net_of_the_repository(file: Path) -> None:
    small = {"depth": 29}  # as large as it is by default it takes a minute
    for net in [load(str(file), None, small)] if file.stem == "resnet_preact" else check(str(file)).nets:
        check_tree(net)


@pytest.mark.quick(2)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_net_of_the_pages(page: Path) -> None:
    texts = re.findall(r"^```net\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    found = [net for text in texts for net in check(page.name, text).nets]
    assert found
    for net in found:
        check_tree(net)


@pytest.mark.slow
def test_trees_may_be_deep() -> None:
    braces, blocks = 60, 60
    text = "block b0 { relu }\n"
    for number in range(1, blocks):
        inner = f"b{number - 1}"
        for _ in range(braces):
            inner = f"{{ tanh; {inner} }}"
        text += f"block b{number} {{ {inner} }}\n"
    (net,) = check("deep.net", f"{text}net A {{\n  input x: 4x8x8\n  b{blocks - 1}\n}}\n").nets
    assert net.tree.layers() == net.layers
    deepest, item = 0, net.tree
    while True:
        last: Applied = item.children[-1]
        if isinstance(last, LayerInstance):
            break
        deepest, item = deepest + 1, last
    assert deepest > braces * (blocks - 1)
    assert len(net.tree.fold(blocks - 1)) == 1 + braces * (blocks - 2)
