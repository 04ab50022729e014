"""Differences of networks: what belongs together, and sums that are exact."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from netc.compiler import load
from netc.compiler.check import check
from netc.compiler.compare.align import OPEN, Pair, align, slid
from netc.compiler.compare.difference import Difference, Status
from netc.compiler.compare.fitting import fitting
from netc.compiler.compare.report import json_of, markdown_of, text_of
from netc.compiler.compare.terms import terms, units
from netc.compiler.net import Net

EXAMPLES = Path(__file__).parents[2] / "examples"


def net(body: str, before: str = "") -> Net:
    (found,) = check("a.net", f"{before}\nnet A {{\n  input x: 3x16x16\n{body}\n}}\n").nets
    return found


def example(name: str, which: str | None = None, **settings: object) -> Net:
    return load(str(EXAMPLES / name), which, settings)


def check_sums(difference: Difference) -> None:
    """Whatever is paired with what, the differences of the layers are those of the networks."""
    old, new = difference.totals
    for name in ("params", "flops", "activations"):
        assert sum(getattr(match, name) for match in difference.matches) == getattr(new, name) - getattr(old, name), (
            name
        )
    assert sum(term.params for term in terms(difference.matches)) == new.params - old.params
    assert [match for unit in units(difference.matches) for match in unit.matches] == difference.matches
    for side in ("before", "after"):
        layers = [getattr(match, side) for match in difference.matches if getattr(match, side) is not None]
        assert len(layers) == len({id(layer) for layer in layers})
    assert {id(match.after) for match in difference.matches if match.after} == set(map(id, difference.layers[1]))
    assert {id(match.before) for match in difference.matches if match.before} == set(map(id, difference.layers[0]))


@pytest.mark.parametrize("modern", [("zoo/lenet.net", "ModernLeNet5"), ("lecture/lenet5.net", None)])
def test_the_two_lenets(modern: tuple[str, str | None]) -> None:
    """61,706 = 60,000 + 900 (all maps of C3) - 44 (no trainable pooling) + 850 (a classifier instead of codes)."""
    difference = Difference(example("zoo/lenet.net", "LeNet5"), example(*modern))
    check_sums(difference)
    found = {term.params: term.reason for term in terms(difference.matches)}
    assert set(found) == {900, -44, 850}
    assert "connections" in found[900]
    assert "4 × parameter of subsample" in found[-44]
    assert "logits" in found[850]
    assert "60,000 - 44 + 900 + 850 = 61,706" in text_of(difference)
    assert "60,000 - 44 + 900 + 850 = 61,706" in markdown_of(difference)
    assert sum(term["params"] for term in json_of(difference)["terms"]) == 1706


def test_deep_nets_differ_by_whole_blocks() -> None:
    deep, deeper = (example("zoo/resnet.net", depth=depth) for depth in (101, 152))
    difference = Difference(deeper, deep)
    check_sums(difference)
    (term,) = terms(difference.matches)
    assert (term.params, len(term.units)) == (44_549_160 - 60_192_808, 17)
    assert {match.status for match in difference.matches} == {Status.SAME, Status.REMOVED}
    again = Difference(deep, deeper)
    check_sums(again)
    assert {match.status for match in again.matches} == {Status.SAME, Status.ADDED}


@pytest.mark.parametrize(
    ("one", "other"),
    [("zoo/alexnet.net", "zoo/zfnet.net"), ("zoo/vgg.net", "zoo/squeezenet.net"), ("zoo/googlenet.net", "zoo/unet.net"),
     ("lecture/dense.net", "zoo/gpt2.net"), ("zoo/mobilenet_v1.net", "zoo/mobilenet_v2.net")],
)  # fmt: skip
def test_sums_are_exact_whatever_is_compared(one: str, other: str) -> None:
    check_sums(Difference(example(one), example(other)))


@pytest.mark.slow
def test_very_deep_nets() -> None:
    check_sums(Difference(example("zoo/resnet_preact.net", depth=1001), example("zoo/resnet_cifar.net", depth=1202)))


def test_a_net_is_itself() -> None:
    found = Difference(example("zoo/resnet.net"), example("zoo/resnet.net"))
    assert found.same
    assert not terms(found.matches)
    assert text_of(found).endswith("the same: 191 layers, 25,557,032 parameters\n") or "the same: " in text_of(found)


def test_other_names_are_recognised() -> None:
    found = Difference(net("  conv(8, 3x3)\n  relu"), net("  a = conv(8, 3x3)\n  b = relu"))
    assert [match.status for match in found.matches] == [Status.RENAMED] * 2
    assert not found.same


def test_what_a_layer_reads_counts() -> None:
    one = net("  a = conv(3, 3x3, pad=same)\n  b = a -> conv(3, 3x3, pad=same)\n  c = b -> add(x)\n  output c")
    two = net("  a = conv(3, 3x3, pad=same)\n  b = a -> conv(3, 3x3, pad=same)\n  c = b -> add(a)\n  output c")
    assert [match.status for match in Difference(one, two).matches] == [Status.SAME, Status.SAME, Status.REWIRED]


def test_branches_in_another_order_are_the_same_branches() -> None:
    left, right = "    l = conv(4, 1x1)", "    r = conv(4, 3x3, pad=same) -> relu"
    found = Difference(*(net("  concat {\n" + "\n".join(order) + "\n  }") for order in ((left, right), (right, left))))
    assert not [match for match in found.matches if match.status in (Status.ADDED, Status.REMOVED)]


def test_which_weights_still_fit() -> None:
    one = net("  stem = conv(8, 3x3)\n  batchnorm\n  flatten\n  head = dense(10)")
    two = net("  first = conv(8, 3x3)\n  batchnorm\n  relu\n  conv(4, 1x1)\n  flatten\n  head = dense(10)")
    shapes = {item.name: tuple(item.value.shape) for item in one.parameters}
    found = fitting(Difference(one, two), {**shapes, "step": ()})
    assert found.renamed == {"stem.weight": "first.weight", "stem.bias": "first.bias"}
    assert {name for name in found.fits if name.startswith("batchnorm1.")} == {
        f"batchnorm1.{leaf}" for leaf in ("weight", "bias", "running_mean", "running_var")
    }
    assert set(found.differs) == {"head.weight"}
    assert found.left == ["step"]
    assert sorted(found.fresh) == ["conv1.bias", "conv1.weight"]


def best(before: list[int], after: list[int]) -> int:
    """The score of the best alignment, by the recurrence as it is written in books."""
    score = lambda a, b: 5 if a == b else 1 if a % 2 == b % 2 else -(10**6)
    known: dict[tuple[int, int, int], int] = {(0, 0, 0): 0}
    for row in range(len(before) + 1):
        for column in range(len(after) + 1):
            for state in range(3):
                if (row, column) == (0, 0):
                    continue
                at = [(row - 1, column - 1), (row - 1, column), (row, column - 1)][state]
                gain = score(before[row - 1], after[column - 1]) if state == 0 and row and column else 0
                ways = [known.get((*at, old), -(10**7)) - (OPEN if state and old != state else 0) for old in range(3)]
                known[row, column, state] = max(ways) + gain
    return max(known[len(before), len(after), state] for state in range(3))


def scored(pairs: list[Pair], before: list[int], after: list[int]) -> int:
    total, last = 0, (0, 0)
    for a, b in pairs:
        if a is not None and b is not None:
            total += 5 if before[a] == after[b] else 1
        elif (a is None, b is None) != last:
            total -= OPEN
        last = (a is None, b is None)
    return total


def test_alignments_are_the_best() -> None:
    rng = random.Random(1)
    for _ in range(150):
        before, after = ([rng.randrange(4) for _ in range(rng.randrange(9))] for _ in range(2))
        ends = rng.randrange(3)
        before[:0], after[:0] = [7] * ends, [7] * ends
        likeness = lambda a, b, one=before, two=after: 5 if one[a] == two[b] else (one[a] % 2 == two[b] % 2)
        pairs = align(before, after, likeness)
        for side, whole in ((0, before), (1, after)):
            assert [pair[side] for pair in pairs if pair[side] is not None] == list(range(len(whole)))
        if not ends:
            assert (
                scored(pairs, before, after) == best(before, after)
                or before[:1] == after[:1]
                or before[-1:] == after[-1:]
            )
        moved = slid(pairs, before, after, lambda side, place: place % 3)
        assert scored(moved, before, after) == scored(pairs, before, after)
        assert [pair[0] for pair in moved if pair[0] is not None] == list(range(len(before)))
        assert [pair[1] for pair in moved if pair[1] is not None] == list(range(len(after)))
