"""A run as Python sees it: the trained model, and what is known of its training."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from netc.compiler import AVERAGE, Figure, Net, TrainPlan
from netc.grammar.counted import counted
from netc.runtime.data.cards.card import Card
from netc.runtime.devices.device import Device
from netc.runtime.folder.initial import read_initial
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.tested import read_test
from netc.runtime.model import Model
from netc.runtime.runs.request import Request, request_of
from netc.runtime.runs.run import card_in, net_of
from netc.runtime.show.history import History


class Run:
    """A run folder that `netc train` or `Trainer.fit(out=…)` made; from `netc.load_run`.

    path     the folder
    net      the network, from the text in the folder
    model    the network with its best weights: `run.model(x)`
    last     the network as it was at the last checkpoint
    card     what the data meant, or None
    history  a record for each epoch
    """

    def __init__(self, folder: RunFolder, device: str | Device) -> None:
        self.path = folder.path
        self._folder, self._device, self._request = folder, device, request_of(folder)
        self.net: Net = net_of(folder, self._request)
        self.card: Card | None = card_in(folder, self._request)
        self._progress: Progress = folder.read_last()[2]
        best = self._progress.best
        self.history = History(self._progress.history, None if best is None else best["epoch"], folder.path.name)
        self.model = self._model(folder.path)

    @cached_property
    def last(self) -> Model:
        """The network as it was at the last checkpoint, with the moving average of its weights where there is one.

        That is what the figures of the last epoch are of, and what Keras leaves in a model trained with `use_ema`. The
        weights that training moves are in last.safetensors, where `--init` takes them.
        """
        model = self._model(self._folder.checkpoint)
        names = {item.name for item in self.net.parameters}
        tensors = self._folder.read_last()[0]
        averages = {name: tensors[f"{AVERAGE}{name}"] for name in names if f"{AVERAGE}{name}" in tensors.keys() - names}
        model.load_state_dict(model.state_dict() | averages)
        return model

    @property
    def request(self) -> Request:
        """What it was asked for."""
        return self._request

    @property
    def plan(self) -> TrainPlan:
        """How it was trained; raises DiagnosticError E561 for a plan that was made in Python."""
        return self._request.plan(self.net)

    @property
    def plan_or_none(self) -> TrainPlan | None:
        """How it was trained, or None where the plan was made in Python."""
        return None if self._request.own_plan else self.plan

    @property
    def metrics(self) -> dict[str, Figure]:
        """Loss and metrics of the best epoch: `accuracy` of training, `validation_accuracy` of held-out rows.

        Where the data has a part `test` also `test_accuracy` and so on, measured once with the best weights; there a
        metric may be a list of numbers, or a table.
        """
        besides = ("epoch", "step", "learning_rate", "seconds")
        found: dict[str, Figure] = {
            name: value for name, value in (self.history.best or {}).items() if name not in besides
        }
        tested = read_test(self._folder)
        return found | {f"test_{name}": value for name, value in (tested["metrics"] if tested else {}).items()}

    def _model(self, weights: Path) -> Model:
        model = Model(self.net, self._device, self._request.seed, tf32=self._request.tf32 and self._device == "cuda")
        model.load_state_dict(read_initial(weights, self.net).weights, strict=False)
        model.card = self.card
        return model

    def __repr__(self) -> str:
        done = counted(len(self.history), "epoch")
        best = self._progress.best
        shown = "" if best is None else f", best {best['metric']} {best['value']:.4f} in epoch {best['epoch']}"
        return f"<run {self.path}: {self.net.name}, {done}{shown}>"


def load_run(path: Path, device: str | Device = "auto") -> Run:
    """What a run folder holds; raises DiagnosticError E560, E561 for one that isn't or is damaged, E550 to E553."""
    return Run(RunFolder.open(path), device)
