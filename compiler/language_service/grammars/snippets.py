"""Snippets of VS Code: turns of phrase of several lines. The words of the language themselves are completed by the
server, with the names in sight."""

from __future__ import annotations

import json
from typing import NamedTuple


class Phrase(NamedTuple):
    """What is typed for it, what it is, and its lines; `where`: at the top of a file, or in a net."""

    prefix: str
    about: str
    where: str
    body: str


PHRASES = (
    Phrase("convolution", "a convolution with its norm", "net",
           "conv(${1:32}, 3x3, pad=same, bias=false) -> batchnorm -> relu"),
    Phrase("residual", "a residual sum: what comes in, and what two convolutions make of it", "net",
           "add {\n"
           "  identity\n"
           "  conv(${1:16}, 3x3, pad=same, bias=false) -> batchnorm -> relu -> conv($1, 3x3, pad=same, bias=false)\n"
           "    -> batchnorm\n"
           "} -> relu$0"),
    Phrase("residual down", "a residual sum that halves the map", "net",
           "add {\n"
           "  conv(${1:32}, 1x1, stride=2, bias=false) -> batchnorm\n"
           "  conv($1, 3x3, stride=2, pad=same, bias=false) -> batchnorm -> relu\n"
           "    -> conv($1, 3x3, pad=same, bias=false) -> batchnorm\n"
           "} -> relu$0"),
    Phrase("branches", "branches side by side, joined along the channels", "net",
           "concat {\n  conv(${1:16}, 1x1)\n  conv(${2:16}, 3x3, pad=same)\n}$0"),
    Phrase("classifier", "the end of a classifier", "net",
           "${1:logits} = global_avgpool -> dense(${2:10})$0"),
    Phrase("unit", "a block: convolution, norm, activation", "file",
           "block ${1:unit}(filters, stride = 1) {\n"
           "  conv(filters, 3x3, stride=stride, pad=same, bias=false) -> batchnorm -> relu\n"
           "}$0"),
    Phrase("classification", "a small convolutional network and its training", "file",
           "net ${1:Digits}(classes = ${2:10}) {\n"
           "  input image: ${3:1x28x28}\n\n"
           "  conv(16, 3x3, pad=same, act=relu) -> maxpool(2x2)\n"
           "  conv(32, 3x3, pad=same, act=relu)\n"
           "  logits = global_avgpool -> dense(classes)\n"
           "}\n\n"
           "train $1 {\n"
           "  loss      = cross_entropy(logits, label)\n"
           "  optimizer = adam(lr=2e-3)\n"
           "  metrics   = [accuracy]\n"
           "  epochs    = 10\n"
           "}$0"),
)  # fmt: skip


def text() -> str:
    """`netc.json`."""
    found = {
        phrase.prefix: {"prefix": phrase.prefix, "description": phrase.about, "body": phrase.body.split("\n")}
        for phrase in PHRASES
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
