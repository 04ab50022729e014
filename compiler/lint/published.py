"""The published nets that a net may be taken for, by its name, and how it differs from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from netc.compiler.lint.base import Subject
from netc.compiler.net import Net
from netc.compiler.zoo.signatures import Signature, made_of, signatures
from netc.grammar import ast
from netc.grammar.diagnostics import Span

MOST = 4
"""How many differences are told of."""


def related(net: Net) -> list[Signature]:
    """The nets of the zoo whose name this one's begins with, or is: `ResNet50` is called after `ResNet`."""
    name = _letters(net.name)
    return [item for item in signatures() if name.startswith(_letters(item.net))]


@cache
def _letters(name: str) -> str:
    return name.replace("_", "").lower()


def layers_of(net: Net, subject: Subject) -> Counter[str]:
    """What a net of the file is made of, counted once for all rules."""
    return subject.shared(_layers)[id(net)]


def _layers(subject: Subject) -> dict[int, Counter[str]]:
    return {id(net): made_of(net) for net in subject.nets if related(net)}


def name_span(net: Net, subject: Subject) -> Span:
    """Where the net's name is written."""
    items = (item for item in subject.tree.items if isinstance(item, ast.Net) and item.name == net.name)
    return next((item.name_span for item in items), net.span)


def differences(ours: Counter[str], theirs: Counter[str]) -> list[str]:
    """What two nets have more and less of, a line each: by kinds of layers where these differ, else layer by layer."""
    kinds = list(_lines(_kinds(ours), _kinds(theirs)))
    exact = [f"{layer}: {_number(ours[layer])} here, {_number(theirs[layer])} there" for layer in _unlike(ours, theirs)]
    lines = kinds or exact
    more = [f"and {len(lines) - MOST} more such lines"] if len(lines) > MOST else []
    return lines[:MOST] + more


def _unlike(ours: Counter[str], theirs: Counter[str]) -> list[str]:
    return [layer for layer in dict.fromkeys((*ours, *theirs)) if ours[layer] != theirs[layer]]


def _kinds(layers: Counter[str]) -> Counter[str]:
    """How many layers there are of each word, convolutions by their kernels, and how many of them have a bias."""
    found: Counter[str] = Counter()
    for layer, count in layers.items():
        kernel = re.match(r"conv [^x ]+x[^x ]+x(\S+)", layer)
        found[f"convolutions of {kernel[1]}" if kernel else layer.split()[0]] += count
        if layer.endswith("+bias"):
            found["layers with a bias"] += count
    return found


def _lines(ours: Counter[str], theirs: Counter[str]) -> Iterator[str]:
    for kind in _unlike(ours, theirs):
        yield f"{kind}: {_number(ours[kind])} here, {_number(theirs[kind])} there"


def _number(count: int) -> str:
    return str(count) if count else "none"
