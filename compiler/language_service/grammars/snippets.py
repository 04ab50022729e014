"""Snippets of VS Code: what begins a net, a block, a train section, a loop; the same that completion offers."""

from __future__ import annotations

import json

from netc.compiler.language_service.completion import SNIPPETS, TRAIN

RESIDUAL = "add {\n  identity\n  ${1:conv(${2:filters}, 3x3, pad=same, act=relu)}\n}"
ABOUT = {
    "net": "a network with an input", "block": "a block: a layer of your own", "use": "blocks of another file",
    "if": "a part under a condition", "for": "a part for each of some values", "repeat": "a part several times",
    "frozen": "a part that training does not move", "train only": "layers that only training has",
    "scan": "a part for each step of a sequence", "expect": "a condition that the compiler checks",
    "train": "how a network is trained", "residual": "a residual sum",
}  # fmt: skip


def text() -> str:
    """`netc.json`."""
    bodies = {**SNIPPETS, "train": TRAIN % ("Name", "logits"), "residual": RESIDUAL}
    found = {
        word: {"prefix": word, "description": ABOUT[word], "body": body.split("\n")} for word, body in bodies.items()
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
