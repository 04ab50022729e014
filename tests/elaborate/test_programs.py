"""The programs that the language was designed by, as they are written: each is checked, compiled and trained a step.

A program whose words are not all there yet is skipped, and the reason names them; nothing else that is wrong in it is
passed over. What the page leaves to the reader, such as the two nets of a GAN, or a section that trains, is added here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler.check import check
from netc.grammar.diagnostics import Severity

EXAMPLES = Path(__file__).parents[1] / "grammar" / "examples"
ROWS = 4
ABSENT = {"E202": r"no layer is called `(\w+)`", "E407": r"`(\w+)`"}
"""Findings that name a word which this version lacks."""

GAN = """
net Generator { input z: 100; dense(32, act=relu) -> dense(784, act=sigmoid) -> reshape(1x28x28) }
net Discriminator { input image: 1x28x28; flatten -> dense(32, act=leaky_relu(0.2)) -> dense(1) }
"""


@dataclass(frozen=True)
class Program:
    """A file of the design, and what it takes to train its net.

    batch     fields of a batch, by the shape of an example or an upper bound of whole numbers
    settings  arguments that make the net small
    until     where the part of the file ends
    more      text that the page leaves to the reader
    needs     words that may be missing, with what brings them
    """

    file: str
    net: str
    batch: dict[str, tuple[int, ...] | tuple[tuple[int, ...], int]]
    settings: dict[str, Any] = field(default_factory=dict)
    more: str = ""
    until: str = "\0"
    needs: tuple[str, ...] = ()


LABEL = ((), 10)
PROGRAMS = [
    Program("lecture", "Lecture", {"image": (1, 28, 28), "label": LABEL}),
    Program("residual", "CifarResNet", {"image": (3, 32, 32), "label": LABEL}, {"depth": 8},
            "\ntrain CifarResNet(depth = 8) { loss = cross_entropy(logits, label); optimizer = sgd(lr=0.1) }\n"),
    Program("googlenet", "Part", {"map": (480, 14, 14), "label": LABEL}, {"classes": 10}),
    Program("unet", "UNet", {"image": (1, 16, 24), "wanted": (2, 16, 24)}, {"depth": 2, "width": 4},
            "\ntrain UNet(depth = 2, width = 4) { loss = mse(mask, wanted) }\n"),
    Program("captioner", "Siamese", {"left": (1, 28, 28), "right": (1, 28, 28), "same": (1,)}, {},
            "\ntrain Siamese { loss = mse(distance, same) }\n", until="net Captioner"),
    Program("captioner", "Captioner", {"image": (3, 224, 224), "words": ((5,), 30), "next": ((5,), 30)},
            {"vocab": 30, "width": 8},
            "\ntrain Captioner(vocab = 30, width = 8) { loss = cross_entropy(logits, next) }\n",
            needs=("scan", "frozen")),
    Program("gan", "GAN", {"real": (1, 28, 28)}, {}, GAN, needs=("step", "binary_cross_entropy")),
    Program("dqn", "DQN", {"state": (4,), "action": ((), 2), "reward": (), "after": (4,), "going": ()},
            needs=("follow", "huber")),
]  # fmt: skip


def lacking(text: str, one: Program) -> set[str]:
    """The words that the program needs and this version lacks; any other error fails."""
    found = set()
    for finding in check(f"{one.file}.net", text).diagnostics:
        if finding.severity is Severity.ERROR:
            named = re.search(ABSENT.get(finding.code, "$^"), finding.message)
            assert named is not None, f"{finding.code} {finding.message}"
            assert named[1] in one.needs, f"{finding.code} {finding.message}"
            found.add(named[1])
    return found


def numbers(one: Program) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    made: dict[str, Any] = {}
    for name, what in one.batch.items():
        if len(what) == 2 and isinstance(what[0], tuple):
            made[name] = rng.integers(0, what[1], (ROWS, *what[0]))
        else:
            made[name] = rng.standard_normal((ROWS, *what)).astype(np.float32)
    return made


@pytest.mark.quick(1)
@pytest.mark.parametrize("one", PROGRAMS, ids=lambda one: one.net)
def test_it_is_checked_compiled_and_trained(one: Program, tmp_path: Path) -> None:
    text = (EXAMPLES / f"{one.file}.net").read_text("utf-8").partition(one.until)[0] + one.more
    missing = lacking(text, one)
    if missing:
        pytest.skip(f"this version lacks {', '.join(sorted(missing))}")
    (tmp_path / "a.net").write_text(text, "utf-8")
    model = netc.Model(netc.load(tmp_path / "a.net", one.net, **one.settings), device="cpu", target="std", seed=1)
    before, trainer = model.state_dict(), netc.Trainer(model)
    results = trainer.step(numbers(one))
    assert all(np.isfinite(value) for value in results.values()), results
    after = model.state_dict()
    assert all(np.isfinite(weight).all() for weight in after.values())
    assert any((after[name] != weight).any() for name, weight in before.items())
