"""Writes `docs/layers.md`, and tables in `docs/targets.md` and `language.md`: `python -m netc.compiler.reference`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

from netc.compiler.adapters.base import adapter
from netc.compiler.augmentations.base import augmentation
from netc.compiler.declare.arguments import ArgumentSpec
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.describe import call_of, default_of, names_elsewhere, takes
from netc.compiler.followers.base import follower
from netc.compiler.initializers.base import initializer
from netc.compiler.layers.base import layer
from netc.compiler.layers.of_weights import SPECS
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.optimizers.base import optimizer
from netc.compiler.plan.reference import put_settings
from netc.compiler.schedules.base import schedule
from netc.compiler.stops.base import stop
from netc.compiler.targets.reference import put_into

HEAD = """# Layers, losses, metrics, optimizers, schedules, stops, followers, adapters, initializers, augmentations

Written by `python -m netc.compiler.reference` from the declarations in `compiler/`; a change belongs there.

Shapes are without the batch. Arguments stand in the order in which they may be given without a name; those with a
default may be left out. Where several tensors flow in (merges), positional arguments are tensors and the others are
given by name. Formulas that frameworks disagree on are in [conventions](conventions.md).
"""

CHAPTERS: tuple[tuple[str, str, Registry[Any]], ...] = (
    (
        "Layers",
        "`x -> layer(arguments)`; `input` is a statement and no layer. Every layer with weights of its own takes "
        "`init`, `bias_init`, `l1` and `l2` too, by name: `conv(32, 3x3, init=he_normal, l2=1e-4)`. What "
        "penalties add, l1 * sum(abs(w)) + l2 * sum(w**2) over weights but not biases, is in the loss of a training "
        "and in no score.",
        layer,
    ),
    ("Losses", "In a train section: `loss = cross_entropy(logits, label)`.", loss),
    ("Metrics", "In a train section: `metrics = [accuracy, topk(k=5)]`.", metric),
    ("Optimizers", "In a train section: `optimizer = adam(lr=1e-3)`.", optimizer),
    ("Schedules", "In a train section: `schedule = cosine(warmup=1)`.", schedule),
    ("Stops", "In a train section: `stop = early_stop(patience=5)`, or a list of them.", stop),
    ("Followers", 'In a train section: `follow = ["target": copy("online", every=1000)]`.', follower),
    ("Adapters", 'In a train section: `adapt = ["attention*": lora(rank=8)]`.', adapter),
    (
        "Initializers",
        "What weights and buffers hold before training: each layer says what its own start with, and "
        "`dense(10, init=glorot_uniform, bias_init=constant(1))` says otherwise.",
        initializer,
    ),
    ("Augmentations", "In a train section: `augmentation = [flip, crop(4)]`.", augmentation),
)


def reference() -> str:
    """The whole page as Markdown."""
    parts = [HEAD]
    for title, how, registry in CHAPTERS:
        words = ", ".join(f"[{word}](#{word})" for word in registry.all())
        parts.append(f"## {title}\n\n{how}\n\n{words}\n")
        if registry is layer:
            parts.append("\n".join(["| argument of all with weights | takes | default | meaning |", "|---|---|---|---|",
                                    *map(_row, SPECS.values()), ""]))  # fmt: skip
        parts.extend(_section(definition) for definition in registry.all().values())
    return "\n".join(parts)


def _section(definition: type[Declared]) -> str:
    lines = [f"### {definition.word}", "", f"`{call_of(definition)}`", "", inspect.getdoc(definition) or "", ""]
    if definition.arguments:
        lines += ["| argument | takes | default | meaning |", "|---|---|---|---|"]
        lines += [_row(spec) for spec in definition.arguments.values() if spec.name not in SPECS]
        lines.append("")
    names = names_elsewhere(definition)
    lines += [f"Elsewhere: {', '.join(names)}.", ""] if names else []
    return "\n".join(lines)


def _row(spec: ArgumentSpec) -> str:
    default = "" if spec.required else f"`{default_of(spec)}`"
    return f"| `{spec.name}` | {takes(spec.type)} | {default} | {spec.doc} |"


def main() -> int:
    """Write the pages into the checkout this file belongs to, or that of the layers alone to the path given."""
    docs = Path(__file__).resolve().parents[1] / "docs"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else docs / "layers.md"
    path.write_text(reference(), encoding="utf-8")
    if len(sys.argv) == 1:
        for name, put in (("targets.md", put_into), ("language.md", put_settings)):
            page = docs / name
            page.write_text(put(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
