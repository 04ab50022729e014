"""What is known beyond the text: the data that a net is trained on, and how a training of it went.

Both are JSON that `netc train` leaves behind and `netc data RUN --format json` prints: the data card, and a record for
each epoch. Fields that a rule doesn't ask for aren't looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netc.compiler.artifact import RUN_VERSION
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import parsed, read_document, read_lines
from netc.grammar.opening import read_text_file
from netc.grammar.schema import Measured

RUN, METRICS = "run.json", "metrics.jsonl"
TRAIN, HELD_OUT = "train", ("val", "test")

Record = Mapping[str, Any]
"""An epoch: `epoch`, `loss`, `validation_loss`, `seconds`, and each metric by its name."""


@dataclass(frozen=True, slots=True)
class InputData:
    """What flows into an input.

    dtype, shape   of a stored row
    scale          what values are divided by, None for nothing; bytes are divided by 255 in any case
    low, high      the least and the largest stored value that was trained on
    resized        the height and width that maps are brought to
    """

    name: str
    dtype: str = ""
    shape: tuple[int, ...] = ()
    scale: float | None = None
    low: float | None = None
    high: float | None = None
    resized: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TargetData:
    """What a target is taken from: the names of its classes, and how many labels of each there are to train on."""

    name: str
    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DataCard:
    """The data of a training: inputs, targets, and the rows of each part by its name."""

    inputs: tuple[InputData, ...] = ()
    targets: tuple[TargetData, ...] = ()
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def rows(self) -> int | None:
        """The rows to train on, where they are known."""
        return dict(self.parts).get(TRAIN)

    def input(self, name: str) -> InputData | None:
        """What flows into an input of the net."""
        return next((item for item in self.inputs if item.name == name), None)

    def counts(self, target: object) -> tuple[int, ...]:
        """How many labels of each class there are to train on, empty where nobody counted."""
        return next((item.counts for item in self.targets if item.name == target), ())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A card, a record for each epoch, and the net that both are about: None for every net."""

    card: DataCard | None = None
    history: tuple[Record, ...] = ()
    net: str | None = None


NOTHING = Evidence()

UNFIT = (OSError, ValueError, KeyError, TypeError, AttributeError, DiagnosticError)
"""What reading a document of another form ends with."""


HELP = "train again, or lint the text alone"


def read_run(folder: Path) -> Evidence:
    """What a run folder knows; raises DiagnosticError E534 to E536, E560, E561."""
    if not (folder / RUN).is_file():
        help = "give a folder that `netc train` made, such as `runs/NAME`"
        raise DiagnosticError(Diagnostic("E560", f"{folder} is not a run: it has no {RUN}", help=help))
    request, history = _request(folder), _history(folder)
    try:
        return _run(request, history)
    except UNFIT as error:
        message = f"{folder / RUN} has a data card that cannot be read: {error}"
        raise DiagnosticError(Diagnostic("E561", message, help=HELP)) from None


def read_card(path: Path) -> Evidence:
    """A data card in a file, as `netc data RUN --format json` prints it; raises DiagnosticError E524."""
    try:
        found = parsed(read_text_file(path))
        card = found.get("card", found)
        if card is None:
            raise ValueError("the run was not trained on data that name their fields")
        return Evidence(_card(card))
    except UNFIT as error:
        message = f"{path} has no data card that can be read: {error}"
        help = "write one with `netc data RUN --format json`"
        raise DiagnosticError(Diagnostic("E524", message, help=help)) from None


def beside(file: str) -> Evidence:
    """What a file's folder knows of it, where that is the run folder that the file is the text of."""
    folder = Path(file).parent
    if not (folder / RUN).is_file():
        return NOTHING
    try:
        request = _request(folder)
        return _run(request, _history(folder)) if request["file"] == Path(file).name else NOTHING
    except UNFIT:
        return NOTHING


def _request(folder: Path) -> dict[str, Any]:
    """What a training was asked for, of a file that is as it was written; raises DiagnosticError E534 to E536, E561."""
    found: dict[str, Any] = read_document(folder / RUN, dict[str, Any], version=RUN_VERSION, code="E561", help=HELP)
    return found


def _history(folder: Path) -> tuple[Record, ...]:
    """A record for each epoch; raises DiagnosticError E534, E536, E561 with the line that is wrong."""
    path = folder / METRICS
    return tuple(read_lines(path, dict[str, Measured], code="E561", help=HELP)) if path.is_file() else ()


def _run(request: Mapping[str, Any], history: tuple[Record, ...]) -> Evidence:
    card = request.get("card")
    return Evidence(_card(card) if card else None, history, request.get("net"))


def _card(found: Any) -> DataCard:
    return DataCard(
        tuple(_input(item) for item in found.get("inputs", ())),
        tuple(
            TargetData(item["name"], tuple(item.get("classes") or ()), tuple(map(int, item.get("counts") or ())))
            for item in found.get("targets", ())
        ),
        tuple((item["name"], int(item["rows"])) for item in found.get("parts", ())),
    )


def _input(item: Any) -> InputData:
    height, _, width = (item.get("treated") or {}).get("resize", "").partition("x")
    scale, low, high = (None if item.get(key) is None else float(item[key]) for key in ("scale", "low", "high"))
    shape = tuple(map(int, item.get("shape", ())))
    resized = (int(height), int(width)) if width else None
    return InputData(item["name"], str(item.get("dtype", "")), shape, scale, low, high, resized)
