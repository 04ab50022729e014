"""A file for tests of the language service, in which a place is marked: `‸` is the cursor."""

from __future__ import annotations

from pathlib import Path

from netc.compiler.language_service.workspace import Analysis, Workspace

CURSOR = "‸"
PROGRAM = """use std.resnet (basic as plain)

base = 16
act  = leaky_relu(0.1)
widths = [base, 2 * base]

# a convolution with its norm
block unit(filters, stride = 1, act = relu) {
  conv(filters, 3x3, stride=stride, pad=same, bias=false) -> batchnorm -> act
}

block pair(filters) { unit(filters) -> unit(filters, act=act) }

net A(classes = 10) {
  input image: 3x32x32
  stem = unit(base)
  stage = repeat 2 { pair(base) }
  skip = conv(2 * base, 3x3, pad=same)
  add { identity; conv(2 * base, 1x1) }
  logits = global_avgpool -> dense(classes)
}

net B {
  input x: 8
  h = dense(widths[0], act=act)
  y = dense(4)
}

train A {
  loss = cross_entropy(logits, label)
  freeze = ["stem"]
}
"""


def analysed(text: str, path: str = "typed.net") -> Analysis:
    """What is known of a text that is open."""
    return Workspace({Path(path).resolve(): text}).check(path)


def at_cursor(text: str, path: str = "typed.net") -> tuple[Analysis, int, int]:
    """A text without its mark, analysed, with the line and column of the mark."""
    before, _, after = text.partition(CURSOR)
    line = before.count("\n") + 1
    return analysed(before + after, path), line, len(before) - before.rfind("\n")


def place_of(text: str, words: str, inside: str | None = None) -> tuple[int, int]:
    """The line and column, from 1, at which some words begin; with `inside`, of that among them."""
    at = text.index(words) + (words.index(inside) if inside else 0)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
