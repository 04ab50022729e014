"""Every word that the language knows, by what it is: the one table that colours in editors are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from netc.compiler.elaborate.advice import REGISTRIES
from netc.compiler.elaborate.expects import CALLS
from netc.compiler.elaborate.static import FUNCTIONS
from netc.compiler.plan.train_plan import SETTINGS
from netc.grammar.newlines import TYPES
from netc.grammar.tables import load

KEYWORDS = {
    "declaration": ("net", "block", "train", "use", "as", "input", "output", "expect", "shared", "frozen", "only"),
    "control": ("if", "else", "for", "in", "repeat", "prev"),
    "operator": ("and", "or", "not"),
    "constant": ("true", "false", "none"),
}
"""The reserved words: a test holds that they are those of the grammar."""
CONTEXTUAL = ("scan", "step")
"""Words that are names elsewhere."""


@cache
def vocabulary() -> Mapping[str, tuple[str, ...]]:
    """The words by what they are: the kinds of `KEYWORDS`; `type`, the types of inputs; `layer`; `train`, what train
    sections call; `function`, what expressions call; `setting`, what stands left of `=` in a train section."""
    layers = tuple(REGISTRIES["layer"].all())
    called = {word for kind, registry in REGISTRIES.items() if kind != "layer" for word in registry.all()}
    return {
        **KEYWORDS,
        "type": TYPES,
        "layer": layers,
        "train": tuple(sorted(called - set(layers))),
        "function": tuple(sorted({*FUNCTIONS, *CALLS} - set(layers))),
        "setting": tuple(SETTINGS),
    }


def pattern(terminal: str) -> str:
    """The regular expression of a terminal, as `net.lark` has it."""
    return dict(load().terminals)[terminal]


def alternatives(words: Iterable[str]) -> str:
    """Words for a regular expression, so that none hides a longer one."""
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
