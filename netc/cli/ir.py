"""`netc ir`: the graph of a network, or of its training step, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import OUTPUT, option, verb
from netc.cli.graph_options import GraphWanted, graph_options
from netc.cli.terminal import put, put_json, show

if TYPE_CHECKING:
    from netc.compiler import Graph, Net
    from netc.compiler.pipeline import Context, Earlier, Stage


@verb(
    examples=(
        "netc ir digits.net",
        "netc ir digits.net --train --stages",
        "netc ir digits.net --train --target cpu --after gradients",
    )
)
@option("--after", metavar="STAGE", help="the graph that this stage leaves; the finished one unless given")
@option("--stages", "listed", is_flag=True, help="list the stages instead: what each does and did here")
@option(
    "--format", "style", type=click.Choice(["table", "json"]), group=OUTPUT,
    help="of --stages: a table, or JSON  [default: table]",
)  # fmt: skip
@graph_options
def ir(wanted: GraphWanted, after: str | None, listed: bool, style: str | None) -> None:
    """Print the graph that `netc compile` writes as ONNX, a line a value; docs/ir.md explains the text.

    A graph goes through stages, from what the text says to operators that the target has. --stages lists them in their
    order, and --after prints what one of them leaves: two such texts, compared by `diff`, show what a stage does.
    """
    from netc.compiler.ir.text import to_text
    from netc.compiler.pipeline import Context

    if listed and after:
        raise click.UsageError("--stages lists all stages, --after prints the graph of one\n  = help: leave one out")
    if style and not listed:
        raise click.UsageError("--format is for the list of stages\n  = help: add `--stages`, or leave it out")
    context = Context("train" if wanted.train else "infer", wanted.target, wanted.options(), wanted.batch)
    if after:
        _check_runs(after, context)
    network = wanted.load()
    passed, finished = _passed(network, context)
    if listed:
        _list(passed, network, context, style or "table")
    else:
        put(to_text(passed[after].after if after else finished))


@dataclass(frozen=True)
class _Passed:
    """What a stage was given, and what it left."""

    before: Graph
    after: Graph

    @property
    def changed(self) -> bool:
        from netc.compiler.ir.text import to_text

        return to_text(self.before) != to_text(self.after)


def _passed(net: Net, context: Context) -> tuple[dict[str, _Passed], Graph]:
    """What each stage that ran did, and the finished graph."""
    from netc.compiler.build import network
    from netc.compiler.pipeline import observed, run
    from netc.compiler.training.step import training_step

    passed: dict[str, _Passed] = {}

    def look(name: str, before: Graph, after: Graph) -> None:
        passed[name] = _Passed(before, after)

    with observed(look):
        if context.kind == "train":
            plan = net.plan()
            assembly = training_step(net, plan, plan.step(), context.options.precision)
        else:
            assembly = network(net)
        return passed, run(assembly.graph, context)


# ------------------------------------------------------------ names
def _parts() -> dict[str, Earlier | Stage]:
    from netc.compiler.pipeline import EARLIER, STAGES

    parts: list[Earlier | Stage] = [*EARLIER, *STAGES]
    return {part.name: part for part in parts}


def _check_runs(name: str, context: Context) -> None:
    """Raise UsageError for a name of no stage, or of one that is not for such a graph."""
    from netc.grammar.diagnostics import did_you_mean

    known = _parts()
    run = [part.name for part in known.values() if part.when.holds(context)]
    if name in run:
        return
    if name in known:
        message = f"the stage {name} does not run here: it is for {known[name].when.words}"
        help = "`netc ir --stages` lists them all"
    else:
        message = f"no stage is called `{name}`"
        help = did_you_mean(name, known) or "`netc ir --stages` says what each does"
    raise click.UsageError(f"{message}\n  = help: {help}\n  = note: these run: {', '.join(run)}")


# ------------------------------------------------------------ the list
def _list(passed: Mapping[str, _Passed], net: Net, context: Context, style: str) -> None:
    rows = [_row(stage, passed.get(name)) for name, stage in _parts().items()]
    if style == "json":
        found = {"version": 1, "net": net.name, "kind": context.kind, "target": context.target, "stages": rows}
        put_json(found)
        return
    width = max(len(row["name"]) for row in rows)
    show(f"{'stage':<{width}}  nodes  changed  what it does")
    for row in rows:
        nodes, changed, missing = row["nodes"], "yes" if row["changed"] else "no", ""
        if not row["ran"]:
            nodes, changed, missing = "-", "-", f"; not here: for {row['for']}"
        show(f"{row['name']:<{width}}  {nodes:>5}  {changed:<7}  {row['does']}{missing}")


def _row(stage: Earlier | Stage, did: _Passed | None) -> dict[str, Any]:
    return {
        "name": stage.name,
        "does": stage.does,
        "for": stage.when.words,
        "ran": did is not None,
        "nodes": len(did.after.nodes) if did else None,
        "changed": did.changed if did else None,
    }
