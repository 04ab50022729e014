"""What a plan makes of the epochs: what is told of it before, rates that fall on a plateau, a reason to stop."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler import Net, TrainPlan, adapted, frozen
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.progress import PREFIX, Progress, Record


def figures(history: Sequence[Record], name: str) -> dict[int, float]:
    """A figure of every epoch that has it, by its number: of held-out rows where the last one has it, else of training.

    An epoch in which the steps of the plan never ran together has no `loss` of training.
    """
    held = f"{PREFIX}{name}"
    kind = next((key for record in reversed(history) for key in (held, name) if key in record), name)
    return {int(record["epoch"]): float(record[kind]) for record in history if kind in record}


def check_watched(plan: TrainPlan) -> None:
    """Raise DiagnosticError E416 for a watched figure that needs held-out rows; called where none are held out."""
    unseen = {term.name for term in plan.metrics if term.metric.rows}
    watching = [(plan.schedule.word, plan.schedule.watch), *((item.word, item.watch) for item in plan.stop)]
    for who, watched in watching:
        if watched in unseen:
            message = f"`{who}` watches `{watched}`, which is measured on held-out rows alone, and none are held out"
            help = "hold rows out, as with `validation=0.2`, or watch `loss`"
            raise DiagnosticError(Diagnostic("E416", message, help=help))


def feedback(plan: TrainPlan, history: Sequence[Record]) -> float:
    """What the schedule multiplies its rates by after these epochs."""
    watched = plan.schedule.watch
    if watched is None:
        return 1.0
    return plan.schedule.feedback(list(figures(history, watched).values()), plan.figures[watched])


def reason_to_stop(plan: TrainPlan, history: Sequence[Record]) -> str | None:
    """Why the plan ends training after these epochs, or None."""
    reasons = (item.due(figures(history, item.watch), plan.figures[item.watch]) for item in plan.stop)
    return next((reason for reason in reasons if reason is not None), None)


def is_done(plan: TrainPlan, progress: Progress, epochs: int) -> bool:
    """Whether no epoch is left of so many: all are finished, or the plan ended the training before."""
    return progress.epoch >= epochs or reason_to_stop(plan, progress.history) is not None


def plan_lines(net: Net, plan: TrainPlan) -> list[str]:
    """What is told before the first epoch of settings that change what moves, and what is kept."""
    low = adapted(net.parameters, plan)
    still = frozen(net.parameters, plan) | {item.value for item in net.parameters if item.name in low}
    kept = sum(item.count for item in net.parameters if not item.buffer and item.value in still)
    lines = [f"freeze       {kept:,} of {counted(net.params, 'parameter')} stay as they are"] if kept else []
    lines += [f"adapt        {pattern} by {how.word}, trained beside weights that stay" for pattern, how in plan.adapt]
    lines += [f"unfreeze     {', '.join(patterns)} from epoch {epoch} on" for epoch, patterns in plan.unfreeze]
    if plan.accumulate > 1:
        lines.append(
            f"accumulate   an update takes {counted(plan.rows, 'example')}, {plan.accumulate} times {plan.batch:,}"
        )
    if plan.average is not None:
        lines.append(f"average      of the weights, with decay {plan.average:g}: it is what is measured and kept")
    return lines
