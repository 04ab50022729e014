"""The plan of a training: one update or several in turn, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from netc.compiler.adapters.base import Adapter, adapter
from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.declare.arguments import SIZE, ArgumentType, Integer, Optional_, Real
from netc.compiler.declare.lists import Names
from netc.compiler.declare.references import DeclaredType
from netc.compiler.followers.base import Follower, follower
from netc.compiler.initializers.base import Initializer, initializer
from netc.compiler.optimizers.base import Optimizer, optimizer
from netc.compiler.optimizers.sgd import SGD
from netc.compiler.plan.settings import (
    ByPattern,
    Epochs,
    Factors,
    Losses,
    Metrics,
    One,
    Outside,
    Patterns,
    Plain,
    Setting,
    Some,
    Starts,
    Table,
    Text,
    setting,
    settings_of,
)
from netc.compiler.plan.start import Start
from netc.compiler.plan.terms import LossTerm, MetricTerm, Term
from netc.compiler.schedules.base import Schedule, schedule
from netc.compiler.schedules.constant import Constant
from netc.compiler.stops.base import Stop, stop
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Span, did_you_mean

INITIAL = DeclaredType("initializer", initializer.all)
CLIP_NORM = Optional_(Real(0, open_low=True))
AVERAGE = Optional_(Real(0, 1, open_high=True))
ORDER = (
    "loss", "optimizer", "schedule", "metrics", "batch", "epochs", "clip_norm", "clip_value", "l1", "l2", "decays",
    "rates", "accumulate", "trains", "every", "freeze", "unfreeze", "adapt", "follow", "average", "init",
    "initializers", "augmentation", "stop", "data",
)  # fmt: skip
"""The settings as the reference and the manifest list them: those of a step stand where a reader looks for them."""


@dataclass(frozen=True, slots=True, repr=False)
class StepPlan:
    """One update: what it minimizes, by which optimizer, and what it moves.

    losses  summed
    name    None for the only step of a section; else its tensors of optimizer state are called `NAME.…`
    trains  None is every trainable parameter; a name may be that of an input (`moving.py`)
    rates   of the patterns that fit a parameter, the first counts
    """

    losses: tuple[LossTerm, ...] = setting(
        Losses(),
        "a sum of weighted losses, or a table of such sums, logged by name",
        word="loss",
        default_text="",
        also=("criterion", "loss_fn", "losses"),
    )
    optimizer: Optimizer = setting(
        One(optimizer),
        "an optimizer with its arguments",
        default=SGD(lr=0.01),
        default_text="`sgd(lr=0.01)`",
        outside={"lr": Outside(Real(0), "lr", "base learning rate")},
        also=("optim", "opt"),
    )
    clip_norm: float | None = setting(
        Plain(CLIP_NORM),
        "the largest global gradient norm",
        default=None,
        outside={"clip_norm": Outside(CLIP_NORM)},
        also=("clip", "grad_clip", "gradient_clip", "max_norm", "max_grad_norm", "clip_grad_norm_", "global_clipnorm"),
    )
    clip_value: float | None = setting(
        Plain(CLIP_NORM),
        "the largest size of an element of a gradient",
        default=None,
        outside={"clip_value": Outside(CLIP_NORM)},
        also=("clip_grad_value_",),
    )
    decays: tuple[str, ...] | None = setting(
        Patterns(words=("kernels",)),
        "patterns of what weight decay applies to; `kernels` leaves out biases and norms",
        default=None,
        default_text="all",
    )
    rates: tuple[tuple[str, float], ...] = setting(
        Factors(Real(0)), 'a table from patterns to factors of the learning rate: `["cnn": 0.1]`', default=()
    )
    trains: tuple[str, ...] | None = setting(
        Patterns(), "patterns of what the step moves, or names of inputs", default=None, default_text="all"
    )
    every: int = setting(
        Plain(SIZE), "in a `step`: it runs on the first of every so many batches", default=1, default_text="1"
    )
    l1: tuple[tuple[str, float], ...] = setting(
        ByPattern(Real(0)),
        "penalties by pattern, added to those of layers: l1 * sum(abs(w))",
        default=(),
        also=("l1_l2",),
    )
    l2: tuple[tuple[str, float], ...] = setting(
        ByPattern(Real(0)), 'the same of l2 * sum(w**2): `["*.weight": 1e-4]`', default=()
    )
    name: str | None = None

    def __repr__(self) -> str:
        losses = " + ".join(
            f"{'' if term.weight == 1 else f'{term.weight:g} * '}{term.loss.word}" for term in self.losses
        )
        return f"{f'{self.name}: ' if self.name else ''}{losses} by {self.optimizer.word}(lr={self.optimizer.lr:g})"


@dataclass(frozen=True, slots=True, repr=False)
class TrainPlan:
    """A `train` section after elaboration, defaults filled in.

    label   the section's label, or None
    steps   run in turn on each batch
    freeze  batch norm below these patterns keeps its running statistics
    data    what `--data` is when the command line doesn't say, or None
    begun   the epoch, counted from 1, whose `unfreeze` came last; 0 before any
    """

    label: str | None
    steps: tuple[StepPlan, ...]
    schedule: Schedule = setting(
        One(schedule),
        "a schedule with its arguments, each with `warmup` in epochs",
        default=Constant(),
        default_text="`constant`",
        also=("scheduler", "lr_scheduler", "lr_schedule"),
    )
    metrics: tuple[MetricTerm, ...] = setting(
        Metrics(), "a list such as `[accuracy, topk(5)]`", default=(), also=("metric",)
    )
    batch: int = setting(
        Plain(SIZE),
        "examples in a step",
        default=32,
        default_text="32",
        also=("batch_size", "minibatch"),
        outside={"batch": Outside(SIZE, help="examples in a step")},
    )
    epochs: int = setting(
        Plain(Integer(1)),
        "how often to go through the data",
        default=10,
        default_text="10",
        also=("n_epochs", "num_epochs", "max_epochs", "epoch", "iterations"),
        outside={"epochs": Outside(Integer(1), help="how often to go through the data")},
    )
    initializers: tuple[tuple[str, Initializer], ...] = setting(
        ByPattern(INITIAL),
        'what weights start with, by pattern, the last that fits: `["*.bn2.weight": constant(0)]`',
        default=(),
    )
    augmentation: tuple[Augmentation, ...] = setting(
        Some(augmentation),
        "a list such as `[flip, crop(4)]`, of training images",
        default=(),
        also=("augment", "augmentations", "transforms", "transform"),
    )
    stop: tuple[Stop, ...] = setting(
        Some(stop), "a list such as `[early_stop(patience=5)]`: what ends training before its last epoch", default=()
    )
    data: str | None = setting(
        Text('write `data = "digits"`, or a path'),
        "what `--data` is unless given",
        default=None,
        also=("dataset", "train_data"),
        outside={"data": Outside(ArgumentType(), help="`digits`, an .npz, a folder of images, …", shown="SPEC")},
    )
    freeze: tuple[str, ...] = setting(
        Patterns(),
        'patterns of what no step moves: `["stem", "stage1..stage3"]`',
        default=(),
        outside={
            "freeze": Outside(
                Names(), help="what no step moves, such as `stem..stage3`; may be repeated", shown="PATTERN"
            )
        },
    )
    unfreeze: tuple[tuple[int, tuple[str, ...]], ...] = setting(
        Epochs(), 'a table from epochs to patterns of what moves from then on: `[5: ["stage3"]]`', default=()
    )
    accumulate: int = setting(
        Plain(SIZE),
        "batches whose gradients are added up for one update",
        default=1,
        default_text="1",
        outside={"accumulate": Outside(SIZE, help="batches whose gradients make one update")},
        also=(
            "accumulation",
            "accumulation_steps",
            "grad_accum",
            "gradient_accumulation",
            "gradient_accumulation_steps",
            "accumulate_grad_batches",
        ),
    )
    average: float | None = setting(
        Plain(AVERAGE),
        "how much is kept of a moving average of the weights, which is measured, kept and exported",
        default=None,
        outside={"average": Outside(AVERAGE, help="decay of a moving average of the weights, such as 0.999")},
        also=(
            "ema",
            "ema_decay",
            "ema_momentum",
            "use_ema",
            "model_ema",
            "weight_averaging",
            "moving_average",
            "ExponentialMovingAverage",
            "AveragedModel",
        ),
    )
    adapt: tuple[tuple[str, Adapter], ...] = setting(
        Table(adapter, '["attention*": lora(rank=8)]'),
        'a table from patterns to what is trained in place of weights: `["attention*": lora(rank=8)]`',
        default=(),
        also=("peft_config", "lora_config", "target_modules", "adapters"),
    )
    init: tuple[Start, ...] = setting(
        Starts(),
        'a table from parts to the files they start from: `["cnn": weights("r.safetensors")]`',
        default=(),
        also=("pretrained", "pretrained_weights", "load_from", "checkpoint"),
    )
    follow: tuple[tuple[str, Follower], ...] = setting(
        Table(follower, '["target": copy("online")]'),
        'a table of parts whose weights follow others: `["target": copy("online", every=1000)]`',
        default=(),
    )
    begun: int = 0
    span: Span | None = None

    def __repr__(self) -> str:
        steps = "; ".join(map(repr, self.steps))
        label = f" {self.label!r}" if self.label else ""
        return f"<plan{label}: {steps}, batch {self.batch}, {counted(self.epochs, 'epoch')}>"

    @property
    def losses(self) -> tuple[LossTerm, ...]:
        """The losses of all steps."""
        return tuple(term for step in self.steps for term in step.losses)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Everything that the plan measures: the losses of all steps, then the metrics."""
        return (*self.losses, *self.metrics)

    @property
    def figures(self) -> dict[str, bool]:
        """What each epoch measures, by name: whether higher is better."""
        logged = {f"loss.{term.name}": False for term in self.losses if term.logged}
        return {
            "loss": False,
            **logged,
            **{term.name: term.metric.higher_is_better for term in self.metrics if term.metric.single},
        }

    def misfit(self) -> tuple[str, str, str] | None:
        """A setting that does not fit the others, what is wrong with it and the way out; None where all fit."""
        if self.metrics and not self.metrics[0].metric.single:
            message = f"`{self.metrics[0].metric.word}` is several figures, and the first metric picks the best epoch"
            return "metrics", message, "put another metric first, such as `accuracy`"
        long = self.schedule.misfit(self.epochs)
        if long is not None:
            return ("schedule", *long)
        for epoch, _ in self.unfreeze:
            if epoch > self.epochs:
                return "unfreeze", f"epoch {epoch} is not reached: there are {self.epochs}", "unfreeze earlier"
        for step in self.steps:
            if step.decays is not None and not getattr(step.optimizer, "weight_decay", 0.0):
                help = f"give it one: `optimizer = {step.optimizer.word}(weight_decay=1e-2)`"
                return "decays", f"`{step.optimizer.word}` has no weight decay here", help
        watching = [("schedule", self.schedule.word, self.schedule.watch)]
        for word, who, watched in (*watching, *(("stop", reason.word, reason.watch) for reason in self.stop)):
            if watched is not None and watched not in self.figures:
                help = did_you_mean(watched, self.figures) or f"watch one of {', '.join(self.figures)}"
                return word, f"`{who}` watches `{watched}`, which this section doesn't measure", help
        return None

    @property
    def rows(self) -> int:
        """Examples in an update."""
        return self.batch * self.accumulate

    def in_epoch(self, epoch: int) -> TrainPlan:
        """The plan as it is in an epoch, counted from 1, after all that `unfreeze` has let go by then."""
        return replace(self, begun=max((at for at, _ in self.unfreeze if at <= epoch), default=0))

    @property
    def only(self) -> StepPlan:
        """The step of a plan that has one."""
        (step,) = self.steps
        return step

    def step(self, name: str | None = None) -> StepPlan:
        """The step of this name, or the first."""
        return next(step for step in self.steps if name is None or step.name == name)

    def with_steps(self, **changes: Any) -> TrainPlan:
        """The plan with fields of every step replaced."""
        return replace(self, steps=tuple(replace(step, **changes) for step in self.steps))


STEP_SETTINGS: dict[str, Setting] = settings_of(StepPlan)
"""Settings that belong to one update, by their words."""

SETTINGS: dict[str, Setting] = {word: {**STEP_SETTINGS, **settings_of(TrainPlan)}[word] for word in ORDER}
"""All settings by their words."""

assert set(ORDER) == {*STEP_SETTINGS, *settings_of(TrainPlan)}, "every setting has its place in ORDER"


def to_json(plan: TrainPlan) -> dict[str, Any]:
    """A plan as JSON: what the manifest of a training step tells about it. Named steps stand in `steps`."""
    found: dict[str, Any] = {"label": plan.label}
    named = [step for step in plan.steps if step.name is not None]
    for word, item in SETTINGS.items():
        if word in STEP_SETTINGS:
            if not named:
                found[word] = item.form.to_json(getattr(plan.only, item.field))
        else:
            found[word] = item.form.to_json(getattr(plan, item.field))
    if named:
        found["steps"] = [_step_to_json(step) for step in named]
    if plan.begun:
        found["begun"] = plan.begun
    return found


def _step_to_json(step: StepPlan) -> dict[str, Any]:
    settings = {word: item.form.to_json(getattr(step, item.field)) for word, item in STEP_SETTINGS.items()}
    return {"name": step.name, **settings, "trains": None if step.trains is None else list(step.trains)}
