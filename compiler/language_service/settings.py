"""Train sections: which setting a place belongs to, and what may be called there."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.declared import Registry
from netc.compiler.language_service.around import Around
from netc.compiler.language_service.callables import Callable, Parameter, of_declaration
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.plan.settings import (
    ByPattern,
    Epochs,
    Factors,
    Form,
    Losses,
    Metrics,
    One,
    Patterns,
    Some,
    Starts,
    Table,
)
from netc.compiler.plan.train_plan import INITIAL, SETTINGS

WEIGHTS = Callable(
    "weights", "file", (Parameter("path", None, "a file of weights, or a run folder"),
                        Parameter("map", "[]", "names in the file, and what they are called here, or `none`")),
    "Weights of a file beside the text, of any kind, or of a run folder.",
)  # fmt: skip
MEAN = Callable("mean", "loss", (Parameter("value", None, "a value of the net", values="value"),),
                "The mean of a value of the net, worked out in layers.")  # fmt: skip


def setting_of(place: Around) -> str | None:
    """The word of the setting whose value a place is in; None elsewhere."""
    if place.item is None or place.item.head != "TRAIN":
        return None
    braces = [each for each in place.open if each.kind == "LBRACE"][-1]
    inner = place.open[place.open.index(braces) + 1] if place.open[-1] is not braces else None
    statement = place.line if inner is None else inner.statement
    match [token.kind for token in statement[:2]]:
        case ["NAME", "BINDS"]:
            return statement[0].text
    return None


def is_setting(place: Around) -> bool:
    """Whether a statement of a train section begins at a place."""
    return place.item is not None and place.item.head == "TRAIN" and place.open[-1].kind == "LBRACE" and not place.line


def form_of(word: str | None) -> Form | None:
    """How a setting is written."""
    found = SETTINGS.get(word or "")
    return None if found is None else found.form


def registry_of(form: Form | None) -> Registry[Any] | None:
    """The declarations that a setting's value calls."""
    match form:
        case One(registry) | Some(registry) | Table(registry):
            return registry
        case Losses():
            return loss
        case Metrics():
            return metric
    return None


def takes_patterns(form: Form | None) -> bool:
    """Whether strings in a setting are patterns of layers and weights."""
    return isinstance(form, (Patterns, Factors, ByPattern, Epochs, Starts, Table))


def callables_of(word: str | None) -> list[Callable]:
    """What may be called in the value of a setting."""
    form = form_of(word)
    registry = registry_of(form)
    found = [] if registry is None else [of_declaration(item, registry.kind) for item in registry.all().values()]
    if isinstance(form, Losses):
        found.append(MEAN)
    if isinstance(form, Starts):
        found.append(WEIGHTS)
    if isinstance(form, ByPattern) and form.type == INITIAL:
        found += [of_declaration(item, INITIAL.kind) for item in INITIAL.known().values()]
    return found


def called_in_setting(place: Around, word: str) -> Callable | None:
    """What a word means in the setting around a place."""
    return next((item for item in callables_of(setting_of(place)) if item.word == word), None)
