"""The way out of an unknown word: a near one, what another framework's is called here, what has no word here.

Letters decide last: a word that the field uses is taken for what it means, however near it is to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netc.compiler.adapters.base import adapter
from netc.compiler.augmentations.base import augmentation
from netc.compiler.declare.absent import Absent, absent
from netc.compiler.declare.also import Also, argument_meant, plain
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.followers.base import follower
from netc.compiler.initializers.base import initializer
from netc.compiler.layers.base import layer
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.optimizers.base import optimizer
from netc.compiler.schedules.base import schedule
from netc.compiler.stops.base import stop
from netc.grammar.diagnostics import did_you_mean, edit_distance, suggestions

REGISTRIES: dict[str, Registry[Any]] = {
    registry.kind: registry
    for registry in (layer, loss, metric, optimizer, schedule, stop, follower, adapter, initializer, augmentation)
}
WRITTEN = {
    "layer": "`-> {}` in a net",
    "loss": "`loss = {}(logits, label)` in a train section",
    "metric": "`metrics = [{}]` in a train section",
    "optimizer": "`optimizer = {}` in a train section",
    "schedule": "`schedule = {}` in a train section",
    "stop": "`stop = {}` in a train section",
    "follower": '`follow = ["target": {}("online")]` in a train section',
    "adapter": '`adapt = ["attention*": {}(rank=8)]` in a train section',
    "augmentation": "`augmentation = [{}]` in a train section",
}
"""Where what is declared stands in the text; initializers stand in none yet."""
FEW = 8


@dataclass(frozen=True)
class Advice:
    """What to do about an unknown word.

    word        what to write in its place, where that is certain enough for a repair
    definition  what it means, and `also` by which of its names
    lacking     what it means, where nothing here has a name for it
    """

    help: str
    word: str | None = None
    definition: type[Declared] | None = None
    also: Also | None = None
    lacking: Absent | None = None


def advise(kind: str, wrong: str, sight: Iterable[str] = ()) -> Advice:
    """The way out of an unknown word of a kind, where names in sight are known too."""
    registry, name = REGISTRIES[kind], wrong.rpartition(".")[2]
    exact = registry.called(wrong)
    if exact is not None:
        definition, also = exact
        note = f"; {also.note}" if also.note else ""
        return Advice(f"use `{definition.word}`{note}", definition.word, definition, also)
    lacking = absent(kind).get(plain(name))
    if lacking is not None:
        return Advice(_without(kind, name, lacking), lacking=lacking)
    return _near(kind, name, [*sight, *registry.all()]) or Advice(_elsewhere(kind, name) or how_to_list(kind))


def _near(kind: str, name: str, known: list[str]) -> Advice | None:
    """What is meant by a misspelt word: one that is known, or else one that is known to have another name or none."""
    found = suggestions(name, known)
    best = min((edit_distance(name.lower(), word.lower()) for word in found), default=len(name))
    others = [also if isinstance(also, str) else also.call
              for definition in REGISTRIES[kind].all().values() for also in definition.also]  # fmt: skip
    names = [other.partition("(")[0] for other in others] + [n for row in absent(kind).values() for n in row.names]
    nearer = [word for word in suggestions(name, names) if edit_distance(name.lower(), word.lower()) < best]
    if nearer:
        meant = advise(kind, nearer[0])
        return Advice(f"`{nearer[0]}`? {meant.help}") if meant.lacking else Advice(meant.help, meant.word)
    help = did_you_mean(name, known)
    return Advice(help, found[0] if len(found) == 1 else None) if help else None


def _without(kind: str, name: str, lacking: Absent) -> str:
    first = f"this version has no {kind} `{name}`"
    if lacking.body:
        return f"{first}; define it: `{defined(lacking)}`"
    return f"{first}; {lacking.way}" if lacking.way else f"{first}; {how_to_list(kind)}"


def defined(lacking: Absent) -> str:
    """The block that does what a word without a declaration means."""
    return f"block {lacking.names[0]} {{ {lacking.body} }}"


def _elsewhere(kind: str, name: str) -> str | None:
    """Where a word stands that is of another kind."""
    for other, written in WRITTEN.items():
        found = REGISTRIES[other].called(name) if other != kind else None
        if found is not None:
            article = "an" if other[0] in "aeiou" else "a"
            return f"`{found[0].word}` is {article} {other}: {written.format(found[0].word)}"
    return None


def how_to_list(kind: str) -> str:
    """Every word of a kind with the arguments that it needs, or how to see them where they are many."""
    known = REGISTRIES[kind].all()
    if len(known) > FEW:
        return f"`netc explain {REGISTRIES[kind].plural}` lists what there is"
    shown = []
    for word, definition in known.items():
        needed = ", ".join(name for name, spec in definition.arguments.items() if spec.required)
        shown.append(f"{word}({needed})" if needed else word)
    return "there are " + " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def argument_advice(name: str, owner: str, known: list[str]) -> Advice:
    """The way out of an unknown argument."""
    word = argument_meant(name, known)
    if word is not None:
        return Advice(f"use `{word}`", word)
    near = suggestions(name, known)
    takes = ", ".join(f"`{other}`" for other in known) or "no arguments"
    return Advice(did_you_mean(name, known) or f"{owner} takes {takes}", near[0] if len(near) == 1 else None)


def setting_advice(name: str, settings: Mapping[str, tuple[str, ...]]) -> Advice | None:
    """The way out of an unknown setting, given each setting's names elsewhere; None where nothing is near."""
    for word, also in settings.items():
        if plain(name) in map(plain, (word, *also)):
            return Advice(f"use `{word}`", word)
    help, near = did_you_mean(name, settings), suggestions(name, settings)
    return Advice(help, near[0] if len(near) == 1 else None) if help else None
