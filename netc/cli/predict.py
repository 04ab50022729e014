"""`netc predict`: answers of a trained network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.terminal import say

if TYPE_CHECKING:
    from netc.runtime.data import Inputs
    from netc.runtime.runs.deployed import Deployed

BATCH = 128


@click.command()
@click.argument("model", metavar="RUN|FILE.onnx")
@click.argument("inputs", metavar="INPUT…", nargs=-1, required=True)
@click.option("--top", type=click.IntRange(1), metavar="K", help="classes to name, the likeliest first; 3 unless given")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--out", metavar="FILE", help="write all answers to a .csv, .json or .npz file, instead of printing them")
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
def predict(model: str, inputs: tuple[str, ...], top: int | None, device: str, out: str | None, style: str) -> None:
    """Answers for images, arrays (.npy, .npz), tables (.csv), folders and patterns of them: classes, probabilities.

    Files are read as those of the training were: columns by their names, scaled as they were. Images are brought to
    the network's size. Networks that don't classify print their outputs. For a model from elsewhere, which doesn't say
    what it does, --top takes the first output for class scores.
    """
    from netc.runtime.data import read_inputs
    from netc.runtime.devices.device import resolve
    from netc.runtime.runs.answers import check_ending, write_answers
    from netc.runtime.runs.deployed import Deployed

    if out is not None:
        check_ending(out)
    network = Deployed.open(Path(model), resolve(device))
    examples = read_inputs(inputs, network.inputs, card=network.card)
    for note in examples.notes:
        say(note)
    answers, lines = _answers(network, examples, top)
    _add_labels(answers, network, inputs)
    if out is not None:
        write_answers(Path(out), answers)
        say(f"wrote {out}: {len(answers):,} answers")
        return
    if style == "json":
        click.echo(json.dumps({"version": 1, "predictions": answers}))
        return
    width = max(map(len, examples.names))
    for answer, line in zip(answers, lines, strict=True):
        label = f"    (label {answer['label']})" if "label" in answer else ""
        click.echo(f"{answer['input']:<{width}}  {line}{label}")


def _answers(network: Deployed, examples: Inputs, top: int | None) -> tuple[list[dict[str, Any]], list[str]]:
    """An answer for each row, and the line that shows it."""
    from netc.runtime.data.class_scores import best_classes, class_line
    from netc.runtime.show.predictions import values_line

    answers: list[dict[str, Any]] = []
    lines: list[str] = []
    for start in range(0, len(examples.names), BATCH):
        outputs = network.run({name: array[start : start + BATCH] for name, array in examples.arrays.items()})
        scores = network.class_scores(outputs, assume=top is not None)
        rows = len(examples.names[start : start + BATCH])
        network.check_rows(outputs if scores is None else {network.outputs[0]: scores}, rows)
        ranked = None if scores is None else best_classes(scores, network.class_names, top or 3)
        for row, name in enumerate(examples.names[start : start + BATCH]):
            if ranked is not None:
                answers.append({"input": name, "classes": ranked[row]})
                lines.append(class_line(ranked[row]))
            else:
                values = {output: array[row].tolist() for output, array in outputs.items()}
                answers.append({"input": name, "outputs": values})
                lines.append(values_line(outputs, row))
    return answers, lines


def _add_labels(answers: list[dict[str, Any]], network: Deployed, inputs: tuple[str, ...]) -> None:
    """The right answers, where a single archive holds them beside the examples."""
    from netc.runtime.data.arrays import load_npz

    targets = [port["name"] for port in network.targets if "classes" in port]
    if len(inputs) != 1 or Path(inputs[0]).suffix.lower() != ".npz" or not targets:
        return
    labels = load_npz(Path(inputs[0])).get(targets[0])
    if labels is None or labels.shape != (len(answers),):
        return
    names = network.class_names or ()
    for answer, label in zip(answers, labels.tolist(), strict=True):
        answer["label"] = names[label] if isinstance(label, int) and 0 <= label < len(names) else label
