"""A training: of one batch, or of epochs over data, measured, kept, and gone on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import (
    CARD_KEY,
    Options,
    TrainPlan,
    adapter_file,
    adopted,
    check_batch_norm,
    check_decided,
    check_moving,
    decided,
    fit,
    fit_state,
    followed,
    override,
    read_tensors,
    replaceable,
    undecided,
)
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.given import number, path_of, require, scalar, seed_of, whole
from netc.runtime.data.cards.card import NO_CARD, Card, card_of
from netc.runtime.data.feed import feed
from netc.runtime.data.given import Parts, bind
from netc.runtime.data.stream import Stream
from netc.runtime.devices.precision import check_precision
from netc.runtime.devices.target import slower_than_it_could
from netc.runtime.folder.best_weights import Adapter
from netc.runtime.folder.initial import read_starts
from netc.runtime.folder.listener import Listener, Listeners
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.model import Model
from netc.runtime.runs.final import close_run
from netc.runtime.runs.run import check_same_rows
from netc.runtime.sessions.resident import Array
from netc.runtime.show.history import History
from netc.runtime.show.progress import once, shown
from netc.runtime.training.conditions import conditions, write_conditions
from netc.runtime.training.diverged import diverged
from netc.runtime.training.loop import Loop
from netc.runtime.training.measuring import Measuring
from netc.runtime.training.recorded import folder_for
from netc.runtime.training.steps import rows_of
from netc.runtime.training.watching import check_watched

MOST_SKIPPED = MOST_STEPS = 2**31 - 1


class Trainer(Measuring):
    """Trains a model by a plan.

    plan      a TrainPlan, also of another load of the same text, the label of a train section, or None for the first
    seed      of the shuffling, the augmentation and dropout; None takes the model's
    options   how the step's graph is written; None takes the compiler's defaults
    profile   record the time of every operator until `end_profile` is called
    cache_features   run the frozen front of the net once for each row of `fit`, and train the rest on what it gave;
              raises DiagnosticError E574 where that would be another training
    skip_bad_steps   steps with a loss, metric or update that is not finite are left out, this many in all, before one
              ends the training; the optimizer's state then takes twice the memory, and a card waits for each step
    settings  override the plan: batch=64, epochs=5, lr=1e-4, …

    After `fit`: `history`, `progress`, `card` (what the data means), `path` of the run folder, or else `best_weights`.

    Raises DiagnosticError E401 where the net has no such section, E417 for a plan of another net, E605 where the device
    does not have the precision that the options name.
    """

    def __init__(
        self,
        model: Model,
        plan: TrainPlan | str | None = None,
        *,
        seed: int | None = None,
        options: Options | None = None,
        profile: bool = False,
        cache_features: bool = False,
        skip_bad_steps: int = 0,
        **settings: Any,
    ) -> None:
        require(model, Model, "netc.Trainer", 'netc.Trainer(netc.Model(netc.load("a.net")))')
        net = model.net
        chosen = adopted(plan, net.graph, net.plans) if isinstance(plan, TrainPlan) else net.plan(plan)
        plan = override(chosen, **settings) if settings else chosen
        self.best_weights: dict[str, Array] | None = None
        self.best_adapter: Adapter | None = None
        """What `adapt` trained beside `best_weights`."""
        self.path: Path | None = None
        self.settings = {name: value for name, value in replaceable(plan).items() if settings.get(name) is not None}
        written = any(item is chosen for item in net.plans) and net.plan(chosen.label) is chosen
        self.own_plan = not written
        self._resumed: Card | None = None
        self.notes: list[str] = []
        check_moving(net, plan)
        options = options or Options()
        require(options, Options, "options=", 'options=netc.Options(precision="mixed")')
        skip_bad_steps = whole(skip_bad_steps, "skip_bad_steps", 0, MOST_SKIPPED)
        check_precision(model.device, options.precision)
        if model.drawn and plan.init:
            found = read_starts(net, plan)
            model.load_state_dict(found.weights, strict=False)
            self.notes = found.lines
        for target, source, _ in followed(net.parameters, plan):
            model.weights.put(target.name, model.weights.get(source.name))
        super().__init__(model, plan, seed=model.seed if seed is None else seed_of(seed), options=options,
                         profile=profile, cache_features=cache_features, skip_bad_steps=skip_bad_steps)  # fmt: skip

    def __repr__(self) -> str:
        done = f"epoch {self.progress.epoch} of {self.plan.epochs}, step {self.progress.step:,}"
        return f"<trainer of {self.model.net.name}: {done}, {self.model.device.name}>"

    def step(self, batch: Mapping[str, Any], lr: float | None = None) -> dict[str, float]:
        """One update of the weights with a batch {input or target name: array [N, …]}.

        lr   the learning rate of this step; None takes the optimizer's, of each step of the plan its own

        Returns the loss and metrics of the batch, before the update. Raises DiagnosticError E555 to E558 where the
        arrays don't fit, E506 where they hold NaN or infinity, and E701 when the loss is NaN or infinite: the weights
        then stay as they were, and the optimizer's state starts afresh. Where the loss is scaled, for `mixed`
        precision, such a step is skipped, and raises E701 only when no scale is left that could help.
        """
        require(batch, Mapping, "trainer.step", 'trainer.step({"x": …, "label": …})')
        lr = None if lr is None else number(lr, "lr")
        check_decided(self.plan)
        fed = feed(self.data_ports, batch, self.card or self.model.card or NO_CARD, finite=True)
        if rows_of(fed, self.data_ports) == 0:
            help = "give one example at least"
            raise DiagnosticError(Diagnostic("E556", "the batch has no rows, and so no loss", help=help))
        if self.features is not None:
            fed = {name: np.ascontiguousarray(array) for name, array in self.features.of_batch(fed).items()}
            fed = {port["name"]: fed[port["name"]] for port in self.ports}
        results = self.update(fed, [step.optimizer.lr if lr is None else lr for step in self.plan.steps])
        self.progress.step += 1
        return results

    def fit(
        self,
        data: Any,
        *,
        epochs: int | None = None,
        validation: Any = None,
        steps: int | None = None,
        out: str | Path | RunFolder | None = None,
        listener: Listener | Sequence[Listener] | None = None,
        quiet: bool = False,
        checkpoint_seconds: float = 60.0,
    ) -> History:
        """Train for the plan's epochs, or go on from where the trainer's progress stands.

        data         what `--data` takes ("digits", "photos:size=64"), a DataSet, {name: array}, (x, y), or batches: a
                     torch DataLoader, a list, a generator. Arrays are [N, …] as the net declares them, channels first
        epochs       the total, with those that are done; None takes the plan's
        validation   the same kinds of data, to measure on after each epoch, or the share of rows to hold out (0.2);
                     None takes what the data brings or names, if anything
        steps        batches of an epoch, for a generator and whatever else has no length
        out          a new folder for all that `netc train` writes; `resume` goes on with one
        listener     follows the training; several are a list
        quiet        shows no progress; without it a terminal or a notebook shows it
        checkpoint_seconds   the longest time between two checkpoints; each epoch ends with one anyway

        Returns the history: a record for each epoch, with loss and metrics of training, and the same on validation rows
        with `validation_` in front. Ctrl-C finishes the step, writes a checkpoint and raises Interrupted (a
        KeyboardInterrupt). Raises DiagnosticError E701 when the loss is NaN or infinite, E580 for what is no data, E563
        for a folder that isn't empty, E569 where another training is at work in it.
        """
        followers = shown(listener, quiet=quiet)
        checkpoint_seconds = number(checkpoint_seconds, "checkpoint_seconds", infinite=True)
        steps = None if steps is None else whole(steps, "steps", 0, MOST_STEPS)
        if out is not None and not isinstance(out, RunFolder):
            out = path_of(out, "out=", 'out="runs/a"')
        bound = bind(data, self.data_ports, scalar(validation), self.card, steps, begun=self.model.card)
        if self._resumed is not None:
            check_same_rows(self._resumed, bound.card)
        self._decide(bound.card)
        if bound.test is None:
            check_watched(self.plan)
        total = override(self.plan, epochs=epochs).epochs
        if not isinstance(bound.train, Stream):
            check_batch_norm(self.model.net, self.plan, min(self.plan.batch, len(bound.train)))
        with folder_for(self, bound, total, out) as (folder, notes):
            self.path = folder.path if folder is not None else self.path
            self.card = self.model.card = bound.card
            parts = self._cached(bound) if self.features is not None else bound
            if not quiet:
                notes = [*notes, *once(slower_than_it_could(self.model.device, self.model.target), followers)]
            if not isinstance(out, RunFolder) and (folder is None or not folder.fresh):
                notes = [*notes, *self._nothing_left(total)]
            Loop(self, parts, total, folder, Listeners(followers), checkpoint_seconds, notes).run()
            if folder is not None:
                final, device = bound.final, self.model.device
                threads = self.model.threads
                history = self.progress.history
                for text in close_run(folder, self.model.net, self.plan, bound.card, final, device, history, threads):
                    Listeners(followers).noted(text)
        return self.history

    def _nothing_left(self, total: int) -> list[str]:
        """What to tell of a `fit` that has no epoch left, which callers who know others expect to train."""
        done = self.progress.epoch
        if not done >= total > 0:
            return []
        return [f"nothing is left to train, {counted(done, 'epoch')} of {total} being done: `epochs=` is the total, "
                f"and `epochs={done + total}` goes on"]  # fmt: skip

    def _cached(self, bound: Parts) -> Parts:
        """Features in place of the rows to train and measure on."""
        assert self.features is not None
        train = self.features.of(bound.train)
        return Parts(train, None if bound.test is None else self.features.of(bound.test), bound.card, bound.final,
                     bound.spec, bound.warnings)  # fmt: skip

    def _decide(self, card: Card) -> None:
        """Weights of classes that the data decides, as numbers; raises DiagnosticError E584 where it can't."""
        if undecided(self.plan):
            plan = decided(self.plan, card.counts)
            check_decided(plan)
            self.replace_plan(plan)

    @property
    def history(self) -> History:
        """The epochs so far."""
        best = self.progress.best
        return History(self.progress.history, None if best is None else best["epoch"], self.model.net.name)

    def adapter(self) -> tuple[dict[str, Array], dict[str, str]] | None:
        """The tensors that `adapt` trains beside weights, for a file of their own, and its metadata.

        None where the plan adapts nothing, or keeps a moving average, which is none of what is trained.
        """
        if not self.plan.adapt or self.plan.average is not None:
            return None
        self.finish()
        return adapter_file(self.model.net, self.plan, self.state.get)

    def begin(self, folder: RunFolder, rows: int, card: Card | None) -> None:
        """Write what the training is made with and of, and its first checkpoint. Arguments as of `save`."""
        write_conditions(folder, conditions(self, card))
        self.save(folder, rows, card)

    def save(self, folder: RunFolder, rows: int, card: Card | None) -> None:
        """Write a checkpoint; what is not finite is not written.

        rows  of the data, 0 for batches that come from elsewhere;  card: what it means
        """
        tensors = self.checkpoint()
        if not all(np.isfinite(array).all() for array in tensors.values()):
            rate = self.plan.steps[0].optimizer.lr
            raise diverged(f"a weight is not finite after step {self.progress.step}", rate)
        folder.save_last(tensors, self.seed, rows, self.progress, None if card is None else card.to_json())

    def resume(self, out: str | Path) -> None:
        """Go on from the last checkpoint in a folder; raises as `restore` does, and E553 for what cannot be read.

        Raises DiagnosticError E550 to E552, E561 and E568 also where the weights of its best epoch are not there, or
        not of the net.
        """
        folder = RunFolder(path_of(out, "trainer.resume", 'trainer.resume("runs/a")'))
        tensors, about, progress = folder.read_last()
        fitted = self._fitted(tensors, progress)
        folder.best_weights.check(progress, self.model.net)
        card = card_of(read_tensors(folder.checkpoint)[1].get(CARD_KEY), str(folder.checkpoint))
        self._go_on(*fitted, progress)
        self.seed, self.card, self._resumed, self.path = about["seed"], card, card, folder.path
        self.best_weights = self.best_adapter = None
        self.model.card = card
        if card is not None and card.counts:
            self._decide(card)

    def restore(self, tensors: Mapping[str, Array], progress: Progress) -> None:
        """Go on from a checkpoint; raises DiagnosticError E561 where it isn't one of this net and optimizer.

        E552 is a tensor of another shape, E554 state that isn't of finite floats. Nothing is set unless all fits.
        """
        self._go_on(*self._fitted(tensors, progress), progress)

    def _fitted(self, tensors: Mapping[str, Array], progress: Progress) -> tuple[dict[str, Array], dict[str, Array]]:
        """The weights and the optimizer's state of a checkpoint; raises as `restore`."""
        phase = self.plan.in_epoch(progress.epoch + (1 if progress.taken else 0))
        if phase != self._phase:
            self._prepare(phase.begun)
        names = self.model.weights.current.keys() | {port["name"] for port in self._state_ports}
        if names != tensors.keys():
            odd = sorted(names ^ tensors.keys())[0]
            raise DiagnosticError(
                Diagnostic(
                    "E561",
                    f"the checkpoint does not fit the net: it {'lacks' if odd in names else 'also holds'} `{odd}`",
                    help="resume with the net and the optimizer that the run began with",
                )
            )
        if (other := self.tallies.foreign(progress.parts)) is not None:
            message = f"the checkpoint does not fit the net: its unfinished epoch has other sums of `{other}`"
            help = "resume with the net and the metrics that the run began with"
            raise DiagnosticError(Diagnostic("E561", message, help=help))
        net, states = self.model.net, self._state_ports
        parameters = {parameter.name: parameter.value for parameter in net.parameters}
        weights = fit(tensors, parameters, net, file="the checkpoint")
        return weights, fit_state(tensors, states, file="the checkpoint")

    def _go_on(self, weights: Mapping[str, Array], state: Mapping[str, Array], progress: Progress) -> None:
        self.model.load_state_dict(weights)
        for name, array in state.items():
            self.state.put(name, array)
        self.progress = progress
