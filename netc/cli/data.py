"""`netc data`: what data mean to a net: inputs, targets, classes, parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import verb
from netc.cli.options import format_option
from netc.cli.paths import PathTo
from netc.cli.telling import draw
from netc.cli.terminal import put_json, show
from netc.grammar.counted import counted

if TYPE_CHECKING:
    from netc.grammar.diagnostics import Diagnostic
    from netc.runtime.data.cards.card import Card
    from netc.runtime.data.dataset import DataSet, Split


@verb(examples=("netc data runs/Digits", "netc data digits.onnx", "netc data photos:size=64 --format json"))
@click.argument(
    "what", metavar="RUN|FILE.onnx|SPEC", type=PathTo("onnx", "safetensors", "npz", "csv", words=("digits",))
)
@format_option("table", "json", help="lines, or JSON")
def data(what: str, style: str) -> None:
    """What the data of a run or model mean: the card that `eval`, `predict`, `--resume` and `--init` follow.

    For data that no net has bound yet: parts, fields and classes, as `--data` reads them.
    """
    path = Path(what)
    warnings: tuple[Diagnostic, ...] = ()
    is_run = path.is_dir() and (path / "run.json").is_file()
    if is_run or path.suffix in (".onnx", ".safetensors"):
        card = _card(path)
        found, lines = ({"version": 1, "card": None if card is None else card.to_json()}, _card_lines(card))
        if is_run:
            found["weights"] = split = _split(path)
            lines.append("weights " + ", ".join(f"{count:,} {what}" for what, count in split.items()))
    else:
        from netc.runtime.data import open_data

        opened = open_data(what)
        found, lines, warnings = _fields(opened), _field_lines(opened), tuple(opened.warnings)
    if style == "json":
        put_json(found)
        return
    if warnings:
        draw(warnings)
    for line in lines:
        show(line)


def _split(path: Path) -> dict[str, int]:
    """How many weights of a run's network move, and how many stay; in adapters, where it has some."""
    from netc.compiler import summary
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.runs.request import request_of
    from netc.runtime.runs.run import net_of

    folder = RunFolder.open(path)
    request = request_of(folder)
    net = net_of(folder, request)
    plans = net.plans if request.own_plan else [request.plan(net)]
    totals = summary(replace(net, plans=plans))["totals"]
    return {what: totals[what] for what in ("trainable", "frozen", "adapters") if what in totals}


def _card(path: Path) -> Card | None:
    """Of a run folder, a model or a file of weights; raises DiagnosticError E524, E553, E561, E565."""
    if path.is_dir():
        from netc.runtime.folder.run_folder import RunFolder
        from netc.runtime.runs.request import request_of
        from netc.runtime.runs.run import card_in

        folder = RunFolder.open(path)
        return card_in(folder, request_of(folder))
    if path.suffix == ".safetensors":
        from netc.runtime.runs.cards import card_of_weights

        return card_of_weights(str(path))
    from netc.runtime.runs.deployed import Deployed

    return Deployed.open(path).card


def _card_lines(card: Card | None) -> list[str]:
    if card is None:
        return ["no card: it was not trained by `netc train`, or not on data that names its fields"]
    from netc.runtime.data.cards.card_text import input_line, target_line

    split = "as the data names them"
    if card.seeded is not None:
        share, seed = card.seeded
        alike = "" if card.stratified is None else ", of each class alike"
        split = f"drawn by seed {seed}, {share:g} of the rows held out{alike}"
    lines = [f"data    {card.data}"]
    lines += [f"input   {input_line(item)}" for item in card.inputs]
    lines += [f"target  {target_line(item)}" for item in card.targets]
    return lines + [
        f"part    {item.name}: {counted(item.rows, 'row')}, {item.fingerprint}; {split}" for item in card.parts
    ]


def _fields(opened: DataSet) -> dict[str, Any]:
    from netc.runtime.data.labels import holds_text

    parts = {
        name: {
            "rows": len(part),
            "fields": {
                field: {"shape": list(values.shape[1:]), "dtype": "text" if holds_text(values) else str(values.dtype)}
                for field, values in _kept(opened, part).fields.items()
            },
        }
        for name, part in opened.parts.items()
    }
    classes = opened.class_names
    return {
        "version": 1,
        "data": opened.name,
        "parts": parts,
        "classes": None if classes is None else list(classes),
        "left_out": list(opened.options.drop),
        "split": _held(opened),
        "notes": list(opened.notes),
        "skipped": dict(opened.skipped),
        "findings": [f"{item.code}: {item.message}" for item in opened.warnings],
    }


def _kept(opened: DataSet, part: Split) -> Split:
    """A part without the fields that an option leaves out; one of nothing else is shown as it is."""
    left = opened.options.drop
    fields = {name: values for name, values in part.fields.items() if name not in left}
    columns = tuple(name for name in part.columns if name not in left)
    return replace(part, fields=fields, columns=columns) if fields else part


def _held(opened: DataSet) -> dict[str, int] | None:
    """The rows to learn from and those that an option holds out, before a net says which classes are divided alike."""
    if opened.options.validation is None and opened.options.test is None:
        return None
    division = opened.divide(frozenset())
    return {"train": len(division.train), "held_out": len(division.held)}


def _field_lines(opened: DataSet) -> list[str]:
    from netc.runtime.data.dataset import describe
    from netc.runtime.data.match import listed

    lines = [f"data     {opened.name}"]
    lines += [f"part     {name}: {describe([_kept(opened, part)], None)}" for name, part in opened.parts.items()]
    left, split = opened.options.drop, _held(opened)
    lines += [f"left out {', '.join(left)}"] if left else []
    if split is not None:
        lines.append(f"split    {split['train']:,} to learn from, {split['held_out']:,} held out")
    classes = opened.class_names
    lines += [] if classes is None else [f"classes  {len(classes)}: {listed(classes)}"]
    return lines + [f"note     {note}" for note in opened.notes]
