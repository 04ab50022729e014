"""Mistakes injected into the examples: each is found, alone, at its line, with a way out that works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.injections import RULES, examples, mutations
from tests.support.injections.judge import judge
from tests.support.injections.original import Original
from tests.support.injections.table import share, table

SHARE = 0.98
FEW = ("lecture/digits.net", "lecture/residual_cnn.net", "zoo/alexnet.net", "zoo/gpt2.net", "zoo/lenet.net")


def judged(paths: list[Path], most: int) -> None:
    found = []
    for path in paths:
        original = Original(path, most)
        found += [judge(original, mutation) for mutation in mutations(original)]
    print(table(found))
    missed = [f"{one.mutation.kind} in {one.file}: {one.findings}" for one in found if not one.good]
    assert share(found) >= SHARE, "\n".join(missed)


def test_a_few_files() -> None:
    judged([path for path in examples() if path.as_posix().endswith(FEW[:2])], 1)


@pytest.mark.slow
def test_every_third_file() -> None:
    judged(examples()[::3], 3)


def test_every_kind_of_mistake_is_injected_somewhere() -> None:
    paths = [path for path in examples() if path.as_posix().endswith((*FEW, "zoo/resnet_cifar.net", "zoo/vit.net"))]
    for rule in RULES:
        assert any(next(iter(rule(Original(path, 1))), None) for path in paths), rule.__name__
