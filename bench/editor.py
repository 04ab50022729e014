"""How long from a keystroke to findings: `python -m bench.editor [--lines 1000] [--edits 200]`.

A file is put together from networks of the zoo until it has so many lines; then characters are typed into it, one at a
time, at random places: words, arguments, comments, whole new lines. Each is checked as `netc server` checks it. Times
are of one processor core, from the new text to all findings.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

from netc.compiler.check import check
from netc.compiler.language_service.workspace import Workspace

ZOO = Path(__file__).resolve().parent.parent / "examples" / "zoo"
TYPED = ("\n  conv(16, 3x3, pad=same)", "  # what this is for", " -> relu", "8", "\n", "\n  dense(", "\n  x = dense(8")


def program(lines: int) -> str:
    """A file of about so many lines: the lecture's kind of nets, each with a block and a train section of its own."""
    found: list[str] = ["use std.resnet (basic)\n", "base = 16\n"]
    number = 0
    while sum(part.count("\n") + 1 for part in found) < lines:
        found.append(SAMPLES[number % len(SAMPLES)].replace("@", str(number)))
        number += 1
    return "\n".join(found)


SAMPLES = (
    """block unit@(filters, stride = 1, act = relu) {
  # convolution, norm, activation
  conv(filters, 3x3, stride=stride, pad=same, bias=false)
  batchnorm
  act
}

net Small@(classes = 10) {
  input image: 3x32x32

  stem = unit@(base)
  skip = conv(2 * base, 3x3, pad=same, act=relu)
  conv(2 * base, 3x3, pad=same)
  batchnorm
  add(skip)
  relu
  maxpool(2x2)
  for width in [32, 64] {
    unit@(width, stride=2)
    unit@(width)
  }
  global_avgpool
  dense(64, act=relu)
  logits = dense(classes)

  expect logits.shape == [10]
}

train Small@ {
  loss      = cross_entropy(logits, label)
  optimizer = adam(lr=2e-3)
  metrics   = [accuracy]
  batch     = 32
  epochs    = 12
}
""",
    """net Residual@(classes = 10) {
  input image: 3x32x32

  # three stages of basic blocks
  conv(base, 3x3, pad=same, act=relu)
  stage1 = repeat 2 { basic(base) }
  stage2 = for i in 0..2 { basic(32, 2 if i == 0 else 1) }
  stage3 = for i in 0..2 { basic(64, 2 if i == 0 else 1) }
  pooled = global_avgpool
  wide   = dense(128)
  gate   = pooled -> dense(128, act=sigmoid)
  mixed  = wide * gate
  logits = dense(classes)

  expect params < 1M
}

train Residual@ "slow" {
  loss      = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1, momentum=0.9)
  freeze    = ["stage1"]
}
""",
)


def keystrokes(text: str, number: int, chance: random.Random) -> Iterator[str]:
    """The texts that somebody makes who types at random places, a character at a time."""
    while number > 0:
        ends = [found.start() for found in re.finditer(r"\n", text)]
        at, before = chance.choice(ends), text
        for character in chance.choice(TYPED):
            text = text[:at] + character + text[at:]
            at += 1
            number -= 1
            yield text
        text = before  # and takes it back, as an editor's undo does
        yield text


def main() -> None:
    """Type, and print how long findings took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    text = program(given.lines)
    path = "typed.net"
    space = Workspace({Path(path).resolve(): text})
    space.check(path)
    began = time.process_time()
    check(path, text)
    whole = time.process_time() - began
    times = []
    for typed in keystrokes(text, given.edits, random.Random(given.seed)):
        space.open[Path(path).resolve()] = typed
        began = time.process_time()
        space.check(path)
        times.append(time.process_time() - began)
    times.sort()
    shown = ", ".join(f"{name} {times[int(len(times) * share)] * 1000:.0f} ms" for name, share in
                      (("median", 0.5), ("p95", 0.95), ("p99", 0.99)))  # fmt: skip
    print(f"{text.count(chr(10))} lines, {len(times)} keystrokes: {shown}; the whole file anew {whole * 1000:.0f} ms")


if __name__ == "__main__":
    main()
