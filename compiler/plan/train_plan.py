"""The plan of a training: one update or several in turn, and what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from netc.compiler.augmentations.base import Augmentation, augmentation
from netc.compiler.declare.arguments import SIZE, ArgumentType, Integer, Optional_, Real
from netc.compiler.optimizers.base import Optimizer, optimizer
from netc.compiler.optimizers.sgd import SGD
from netc.compiler.plan.settings import Losses, Metrics, One, Outside, Plain, Setting, Some, Text, setting, settings_of
from netc.compiler.plan.terms import LossTerm, MetricTerm, Term
from netc.compiler.schedules.base import Schedule, schedule
from netc.compiler.schedules.constant import Constant
from netc.grammar.diagnostics import Span

CLIP_NORM = Optional_(Real(0, open_low=True))
ORDER = ("loss", "optimizer", "schedule", "metrics", "batch", "epochs", "clip_norm", "augmentation", "data")
"""The settings as the reference and the manifest list them: those of a step stand where a reader looks for them."""


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One update: what it minimizes, by which optimizer, and what it moves.

    losses  summed
    name    None for the only step of a section; else its tensors of optimizer state are called `NAME.…`
    trains  patterns of parameters, or names of inputs; None is every trainable parameter (`moving.py`)
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
        also=("clip", "grad_clip", "gradient_clip", "max_norm", "max_grad_norm"),
    )
    name: str | None = None
    trains: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """A `train` section after elaboration, defaults filled in.

    label   the section's label, or None
    steps   run in turn on each batch
    freeze  patterns of parameters and buffers that no step moves: batch norm below them keeps its running statistics
    data    what `--data` is when the command line doesn't say, or None
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
    augmentation: tuple[Augmentation, ...] = setting(
        Some(augmentation),
        "a list such as `[flip, crop(4)]`, of training images",
        default=(),
        also=("augment", "augmentations", "transforms", "transform"),
    )
    data: str | None = setting(
        Text('write `data = "digits"`, or a path'),
        "what `--data` is unless given",
        default=None,
        also=("dataset", "train_data"),
        outside={"data": Outside(ArgumentType(), help="`digits`, an .npz, a folder of images, …", shown="SPEC")},
    )
    freeze: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def losses(self) -> tuple[LossTerm, ...]:
        """The losses of all steps."""
        return tuple(term for step in self.steps for term in step.losses)

    @property
    def terms(self) -> tuple[Term, ...]:
        """Everything that the plan measures: the losses of all steps, then the metrics."""
        return (*self.losses, *self.metrics)

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
    if plan.freeze:
        found["freeze"] = list(plan.freeze)
    return found


def _step_to_json(step: StepPlan) -> dict[str, Any]:
    settings = {word: item.form.to_json(getattr(step, item.field)) for word, item in STEP_SETTINGS.items()}
    return {"name": step.name, **settings, "trains": None if step.trains is None else list(step.trains)}
