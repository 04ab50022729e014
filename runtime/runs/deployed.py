"""A model that stands alone: a run's model.onnx, what `netc compile` wrote, or any ONNX file of a network.

What a file says of itself proves nothing: a stranger can write a manifest as well as netc. So every model that was read
from a file runs in a process of its own with limits (`sessions/isolated/`), and in this one only what was just written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import CARD_KEY, MANIFEST_KEY, Figure, Manifest, Port, check_model, read_model, said, without_taps
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import DocumentError, not_permitted
from netc.grammar.shell import shell_word
from netc.grammar.snippet import printable
from netc.runtime.data.batches import chunks
from netc.runtime.data.cards.card import Card, card_of
from netc.runtime.data.class_scores import class_scores, softmax
from netc.runtime.data.given import BoundBatches, rows_of
from netc.runtime.devices.device import CPU, Device
from netc.runtime.runs import notes
from netc.runtime.runs.evaluate import batches_of, evaluate
from netc.runtime.sessions.arrays_only import check_ports
from netc.runtime.sessions.isolated.exchange import DTYPES
from netc.runtime.sessions.isolated.process import FailedError, IsolatedProcess, IsolatedSession
from netc.runtime.sessions.reasons import reason
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Given, Session

EVALUATION_BATCH = 128
HELP = "give a model that `netc compile` or `netc train` wrote"
Opened = Session | IsolatedSession


class Deployed:
    """An inference model and what its metadata says about it.

    path         where it came from;  folder: of its external data, that of the path unless given
    answers      leaves out what losses alone read, where it needs inputs that the net's outputs don't
    ours         whether this process has just written it, so that it may run in it
    inputs       its inputs as ports of role data
    outputs      names, the net's own first
    card         what the data meant in training, or None
    """

    def __init__(
        self,
        path: Path,
        content: bytes,
        device: Device = CPU,
        folder: Path | None = None,
        *,
        answers: bool = False,
        threads: int = 0,
        ours: bool = False,
    ) -> None:
        self.path = path
        opened = _Opener(path, device, threads, ours)
        try:
            self.session = opened(content, folder or path.parent)
            notes.check_own_ports(self.session)
            outputs = set(self.session.outputs.values())
            if answers and (left := without_taps(content, _taps(self.session.manifest))) is not None:
                self.session = opened(left, folder or path.parent)
            metadata, manifest = self.session.metadata, self.session.manifest
            self.card: Card | None = card_of(metadata.get(CARD_KEY), str(path))
            scorer = notes.scorer(metadata)
            self.scorer = None if scorer is None else opened(scorer)
            notes.check_figures(self.scorer, outputs)
        except notes.NotesError as error:
            raise _unreadable(path, str(error)) from error
        kind = "infer" if manifest is None else manifest["kind"]
        if kind != "infer":
            help = "give the run's folder, or a model that `netc compile` wrote without `--train`"
            raise DiagnosticError(Diagnostic("E564", f"{path} is a model of kind `{kind}`, no network", help=help))
        told = {} if manifest is None else {port["name"]: port for port in manifest["inputs"]}
        check_ports(path, self.session)
        self.inputs = [_port(item, told.get(item.name)) for item in self.session.inputs]
        self.outputs = list(self.session.outputs.values())

    @staticmethod
    def open(
        path: Path, device: Device = CPU, *, answers: bool = False, threads: int = 0, ours: bool = False
    ) -> Deployed:
        """A run folder or an ONNX file. A run that has not ended yet gives the network with its best weights so far.

        answers  as above: for predictions, which can't be measured then
        threads  of one operator, 0 for every core

        Raises DiagnosticError E560 for a folder that is no run, E564 a model of another kind, E565 an unreadable one,
        E567 one with operators that models may not use, E544 inputs or outputs that aren't arrays, E540 to E543 where
        it takes more than it may.
        """
        how: dict[str, Any] = {"answers": answers, "threads": threads, "ours": ours}
        if path.is_dir():
            from netc.runtime.folder.intact import with_intact
            from netc.runtime.folder.run_folder import RunFolder
            from netc.runtime.runs.run import export_run

            folder = RunFolder.open(path)
            if folder.model.exists():
                try:
                    return Deployed(path, _content(folder.model), device, path, **how)
                except DiagnosticError as error:
                    raise with_intact(folder, folder.model, error) from error
            with tempfile.TemporaryDirectory(prefix="netc-", ignore_cleanup_errors=True) as place:
                model = Path(place) / folder.model.name
                export_run(folder, model)
                return Deployed(path, read_model(model), device, Path(place), **how)
        if path.suffix == ".net":
            help = f"train it first: `netc train {shell_word(path)}`"
            raise DiagnosticError(Diagnostic("E565", f"{path} is a text, not a trained network", help=help))
        return Deployed(path, _content(path), device, **how)

    @property
    def targets(self) -> list[Port]:
        """What the scorer compares predictions with."""
        return [{**port, "name": said(port)} for port in self._scored if port["role"] == "target"]

    @property
    def _scored(self) -> list[Port]:
        return self.scorer.manifest["inputs"] if self.scorer is not None and self.scorer.manifest is not None else []

    @property
    def batch(self) -> int | None:
        """The batch size that the model was compiled for, or None where it is open."""
        sizes = (port["shape"][0] for port in self.inputs if port["shape"])
        return next((size for size in sizes if isinstance(size, int) and size > 0), None)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Outputs by name for any number of rows; a model of a fixed batch runs as often as it takes.

        Raises DiagnosticError E565 for a run that fails. Outputs whose batches don't go together are not in the answer:
        asking it for one of them raises E565 too.
        """
        rows = len(next(iter(feeds.values())))
        if self.batch is None or rows == self.batch:
            return self._run(feeds)
        batches: list[dict[str, Array]] = []
        for indices in chunks(rows, self.batch):
            full = np.resize(indices, self.batch)  # repeats rows to fill the last batch
            batches.append(self._run({name: np.ascontiguousarray(array[full]) for name, array in feeds.items()}))
        found = _ByRow()
        for name in batches[0]:
            parts = [answers[name] for answers in batches]
            try:
                self._check_alike(name, parts, self.batch)  # before repeated rows are cut off, and others with them
                found[name] = np.concatenate(parts)[:rows]
            except DiagnosticError as wrong:
                found.others[name] = wrong
        return found

    def check_rows(self, values: Mapping[str, Array], rows: int) -> None:
        """Raise DiagnosticError E565 where a model from elsewhere doesn't answer row by row."""
        for name, array in values.items():
            self._check_alike(name, [array], rows)

    def _check_alike(self, name: str, parts: Sequence[Array], rows: int) -> None:
        """Raise DiagnosticError E565 where answers to batches of so many rows are not rows of one shape."""
        first = parts[0]
        for part in parts:
            if part.shape[:1] != (rows,):
                shape = f"shape {list(part.shape)} for {counted(rows, 'input')}"
                raise self._failed(f"output `{printable(name)}` has {shape}, expected a row for each")
            if part.shape[1:] != first.shape[1:]:
                shapes = f"{list(first.shape[1:])} for some inputs and {list(part.shape[1:])} for others"
                raise self._failed(f"output `{printable(name)}` has rows of shape {shapes}, expected one shape")

    def _run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        try:
            return self.session.run(feeds)
        except DiagnosticError:
            raise
        except Exception as error:  # ONNX Runtime has a class of exception for each way a run can fail
            raise self._failed(reason(str(error))) from error

    def _failed(self, reason: str) -> DiagnosticError:
        return DiagnosticError(
            Diagnostic("E565", f"{self.path} cannot be used as a network", notes=(reason,), help=HELP)
        )

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes in their order, or None."""
        return None if self.card is None else self.card.class_names

    def evaluate(self, data: Any, part: str | None = None) -> tuple[int, dict[str, Figure]]:
        """The number of examples, and the mean loss and metrics over them; arguments as of `rows`."""
        _, rows = self.rows(data, part)
        return len(rows), self.measure(rows)

    def rows(self, data: Any, part: str | None = None) -> tuple[str, BoundBatches]:
        """Rows to measure on, as the model's card reads them, and the name of their part.

        part  of the data; None takes its `test` or `val` where it names its parts, else all rows

        Raises DiagnosticError.
        """

        if self.scorer is None:
            help = "measure a net whose train section has a loss or metrics of values outside `train only`"
            raise DiagnosticError(Diagnostic("E564", f"{self.path} carries no loss and no metrics", help=help))
        known = {port["name"] for port in self.inputs}
        compared = [port for port in self._scored if port["role"] == "data" and port["name"] not in known]
        return rows_of(data, [*self.inputs, *compared, *self.targets], self.card, part)

    def measure(self, rows: BoundBatches) -> dict[str, Figure]:
        """The mean loss and metrics over rows that fit."""
        assert self.scorer is not None
        try:
            return evaluate(self.run, self.scorer, batches_of(rows, self.batch or EVALUATION_BATCH))
        except (KeyError, ValueError) as error:  # parts that its metric doesn't have, or of other shapes
            raise self._failed(f"its figures are not made of what its scorer gives: {error}") from error
        except FailedError as error:
            raise self._failed(f"its scorer fails: {reason(str(error))}") from error

    def class_scores(self, outputs: Mapping[str, Array], assume: bool = False) -> Array | None:
        """Probabilities [n, classes] from the outputs, or None for a network that doesn't classify.

        A prediction [n, classes] whose loss compares it with that many class labels goes through a softmax. A model
        that says nothing about its loss classifies when the rows of its first output sum to 1.

        assume  take its first output [n, classes] for logits even if they don't
        """
        if self.scorer is None:
            values = outputs[self.outputs[0]]
            if values.ndim != 2 or values.dtype.kind != "f" or values.shape[1] < 2:
                return None
            if (values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-3):
                return values
            return softmax(values) if assume else None
        sizes = {port["classes"] for port in self.targets if "classes" in port}
        predictions = [said(port) for port in self._scored if port["role"] == "prediction" and said(port) in outputs]
        return class_scores(outputs, predictions, sizes)


class _ByRow(dict[str, Array]):
    """Outputs that have a row for each input; of the others what is wrong, which is raised for whom asks for one."""

    def __init__(self) -> None:
        super().__init__()
        self.others: dict[str, DiagnosticError] = {}

    def __missing__(self, name: str) -> Array:
        raise self.others.get(name) or KeyError(name)


def _content(path: Path) -> bytes:
    """The bytes of a model; raises DiagnosticError E536, E565."""
    try:
        return read_model(path)
    except PermissionError as error:
        raise not_permitted(path, error) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        help = "give a run folder or an .onnx file"
        raise DiagnosticError(Diagnostic("E565", f"cannot read {path}: {reason}", help=help)) from error


class _Opener:
    """Opens the models of one file: all in one process of their own, or in this one what is ours."""

    def __init__(self, path: Path, device: Device, threads: int, ours: bool) -> None:
        self.path, self.device, self.threads, self.ours = path, device, threads, ours
        self.process: IsolatedProcess | None = None

    def __call__(self, content: bytes, folder: Path | None = None) -> Opened:
        """A session for bytes; raises DiagnosticError E540 to E543, E565, E567.

        folder  of their external data, None where they may have none
        """
        outside = check_model(self.path, content, folder)
        folder = None if outside is None else folder
        try:
            if self.ours:
                session: Opened = Session(content, self.device, threads=self.threads, folder=folder)
            else:
                self.process = self.process or IsolatedProcess(str(self.path), self.device, self.threads)
                session = self.process.open(content, folder, outside or 0)
        except DiagnosticError:
            raise
        except DocumentError as error:
            if error.code is not None:
                raise DiagnosticError(error.finding(f"{self.path}, by its metadata,", "E565", HELP)) from None
            raise _unreadable(self.path, f"`{MANIFEST_KEY}` in its metadata {error}") from None
        except Exception as error:  # ONNX Runtime has a class of exception for each way a file can be wrong
            raise _unreadable(self.path, reason(str(error))) from error
        return session


def _taps(manifest: Manifest | None) -> set[str]:
    return set() if manifest is None else {port["name"] for port in manifest["outputs"] if port.get("tap")}


def _unreadable(path: Path, reason: str, help: str = HELP) -> DiagnosticError:
    message = f"{path} cannot be loaded as an ONNX model"
    return DiagnosticError(Diagnostic("E565", message, notes=(reason,), help=help))


def _port(item: Given, told: Port | None) -> Port:
    """An input as the model has it, with what its manifest tells of the sizes and the numbers that it takes."""
    shape = [size if isinstance(size, int | str) else f"axis{axis}" for axis, size in enumerate(item.shape)]
    port: Port = {"name": item.name, "shape": shape, "dtype": DTYPES[item.type], "role": "data"}
    if told is not None and "sizes" in told:
        port["sizes"] = told["sizes"]
    if told is not None and "rows" in told:
        port["rows"] = told["rows"]
    return port
