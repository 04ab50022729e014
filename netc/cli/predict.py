"""`netc predict`: answers of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import OUTPUT, option, verb
from netc.cli.options import device_option, format_option
from netc.cli.paths import RUN_OR_MODEL, FileToWrite, PathTo
from netc.cli.terminal import put_json, say, show
from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    from netc.runtime.data import Inputs
    from netc.runtime.runs.deployed import Deployed

BATCH = 128
DRAWING = "Drawing"
DRAWN_AS = ("boxes", "text", "mask", "classes", "points", "image", "values")


@verb(
    examples=(
        "netc predict runs/Digits photo.png",
        "netc predict runs/Digits 'scans/*.png' --top 1",
        "netc predict digits.onnx test.csv --out answers.csv",
        "netc predict runs/Detector street.png --draw boxes.png",
    )
)
@click.argument("model", metavar="RUN|FILE.onnx", type=RUN_OR_MODEL)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=PathTo("*"))
@option("--top", type=click.IntRange(1), metavar="K", help="classes to name, the likeliest first; 3 unless given")
@device_option
@option(
    "--out", metavar="FILE", type=FileToWrite("csv", "json", "npz"), group=OUTPUT,
    help="write all answers to a .csv, .json or .npz file, instead of printing them",
)  # fmt: skip
@option(
    "--draw", metavar="FILE.png|DIR", type=PathTo("png"), group=DRAWING,
    help="draw the answers on the pictures: all on one sheet, or each in a file of its own in a folder",
)  # fmt: skip
@option(
    "--as", "kind", type=click.Choice(DRAWN_AS), group=DRAWING,
    help="what the answers are, where the net's outputs and losses don't say it",
)  # fmt: skip
@option(
    "--names", metavar="A,B,...", group=DRAWING, help="what to call classes or joints; the data's names unless given"
)
@option(
    "--least", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="P", group=DRAWING,
    help="the lowest score of a box, a joint or a mask of one class that is drawn; 0.3 unless given",
)  # fmt: skip
@format_option("table", "json", help="lines, or JSON")
def predict(
    model: str,
    inputs: tuple[str, ...],
    top: int | None,
    device: str,
    out: str | None,
    draw: str | None,
    kind: str | None,
    names: str | None,
    least: float | None,
    style: str,
) -> None:
    """Answers for images, arrays (.npy, .npz), tables (.csv), folders and patterns of them: classes, probabilities.

    Files are read as those of the training were: columns by their names, scaled as they were. Images are brought to
    the network's size. Where files have labels, or folders the names of classes, the right answers stand beside the
    predictions. Networks that don't classify print their outputs. For a model from elsewhere, which doesn't say
    what it does, --top takes the first output for class scores.

    --draw makes pictures of answers: classes with probabilities, a mask over the image, boxes, key points, an image
    that the network makes, the words of a caption, frames of a clip.
    """
    from netc.runtime.data import read_inputs
    from netc.runtime.devices.device import resolve
    from netc.runtime.runs.answers import check_ending, write_answers
    from netc.runtime.runs.deployed import Deployed

    if draw is None and any(option is not None for option in (kind, names, least)):
        raise click.UsageError("--as, --names and --least belong to --draw")
    if out is not None:
        check_ending(out)
    if draw is not None:
        from netc.runtime.runs.drawn import check_place

        check_place(draw)
    network = Deployed.open(Path(model), resolve(device), answers=True)
    examples = read_inputs(inputs, [*network.inputs, *network.targets], card=network.card)
    for note in examples.notes:
        say(note)
    kept: list[dict[str, np.ndarray]] = []
    whole = out is not None or style == "json"
    answers, lines = _answers(network, examples, top, kept if draw is not None else None, whole)
    judged = _add_labels(answers, network, examples.labels)
    if draw is not None:
        from netc.runtime.runs.drawn import draw_answers

        labels = [answer.get("label") for answer in answers]
        named = None if names is None else [name.strip() for name in names.split(",")]
        for written in draw_answers(Path(draw), network, examples, kept, labels, kind, named, least):
            say(written)
    if out is not None:
        write_answers(Path(out), answers)
        say(f"wrote {out}: {counted(len(answers), 'answer')}{_in_words(judged, len(answers))}")
        return
    if style == "json":
        said = {"notes": list(examples.notes), "skipped": dict(examples.skipped)}
        put_json({"version": 1, "predictions": answers, **judged, **said}, indent=None)
        return
    width = max(map(len, examples.names))
    for answer, line in zip(answers, lines, strict=True):
        label = f"    (label {answer['label']})" if "label" in answer else ""
        show(f"{answer['input']:<{width}}  {line}{label}")
    if judged:
        say(f"{counted(len(answers), 'answer')}{_in_words(judged, len(answers))}")


def _in_words(judged: dict[str, int], answers: int) -> str:
    if not judged:
        return ""
    of_labelled = "" if judged["labelled"] == answers else f" of {judged['labelled']:,} with a label"
    return f", {judged['right']:,}{of_labelled} right ({judged['right'] / judged['labelled']:.1%})"


def _answers(
    network: Deployed, examples: Inputs, top: int | None, kept: list[dict[str, np.ndarray]] | None, whole: bool
) -> tuple[list[dict[str, Any]], list[str]]:
    """An answer for each row, and the line that shows it; the outputs of each batch are added to `kept`.

    whole  answers hold every number of outputs that are no classes
    """
    from netc.runtime.data.class_scores import best_classes, class_line
    from netc.runtime.show.predictions import values_line

    answers: list[dict[str, Any]] = []
    lines: list[str] = []
    for start in range(0, len(examples.names), BATCH):
        outputs = network.run({name: array[start : start + BATCH] for name, array in examples.arrays.items()})
        if kept is not None:
            kept.append(outputs)
        scores = network.class_scores(outputs, assume=top is not None)
        rows = len(examples.names[start : start + BATCH])
        used = {network.outputs[0]: scores} if scores is not None else {name: outputs[name] for name in network.outputs}
        network.check_rows(used, rows)
        ranked = None if scores is None else best_classes(scores, network.class_names, top or 3)
        for row, name in enumerate(examples.names[start : start + BATCH]):
            if ranked is not None:
                answers.append({"input": name, "classes": ranked[row]})
                lines.append(class_line(ranked[row]))
            else:
                values = {output: array[row].tolist() for output, array in outputs.items()} if whole else {}
                answers.append({"input": name, "outputs": values})
                lines.append(values_line(outputs, row))
    return answers, lines


def _add_labels(answers: list[dict[str, Any]], network: Deployed, labels: np.ndarray | None) -> dict[str, int]:
    """The right classes beside the predictions, and how many of those are right, where the files have labels."""
    if labels is None or "classes" not in answers[0]:
        return {}
    names = network.class_names or ()
    known = [at for at, label in enumerate(labels.tolist()) if label >= 0]
    for at in known:
        label = int(labels[at])
        answers[at]["label"] = names[label] if label < len(names) else label
    right = sum(answers[at]["classes"][0]["class"] == labels[at] for at in known)
    return {"labelled": len(known), "right": int(right)}
