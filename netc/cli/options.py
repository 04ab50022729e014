"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from netc.cli.command import GRAPH, MACHINE, NETWORK, OUTPUT, START, TRAINING, option
from netc.cli.paths import DATA
from netc.grammar.given import LARGEST_SEED
from netc.grammar.project import allow_outside

if TYPE_CHECKING:
    from netc.compiler.declare.arguments import ArgumentType
    from netc.compiler.net import Net
    from netc.grammar.diagnostics import Diagnostic

SEED = click.IntRange(0, LARGEST_SEED)
Function = TypeVar("Function", bound=Callable[..., Any])


allow_outside_option = option(
    "--allow-outside", is_flag=True, group=NETWORK, expose_value=False,
    callback=lambda _context, _parameter, value: allow_outside(value),
    help="let `use` read files outside of the text's project",
)  # fmt: skip


set_option = option(
    "--set", "settings", multiple=True, metavar="K=V", group=NETWORK,
    help="an argument of the net, as in the text: --set classes=100; may be repeated",
)  # fmt: skip


def net_options(function: Function) -> Function:
    """`--net NAME`, `--set k=v`: which network of the file, with which arguments; and `--allow-outside`."""
    with_settings = set_option(allow_outside_option(function))
    with_both: Function = option(
        "--net", metavar="NAME", group=NETWORK,
        help="the net of the file; the one with a train section, else the last, unless said",
    )(with_settings)  # fmt: skip
    return with_both


def plan_options(function: Function) -> Function:
    """`--data`, `--epochs`, `--lr`, …: what replaces a setting of the train section, as the settings declare it."""
    from netc.compiler.declare.lists import Names
    from netc.compiler.plan.override import OUTSIDE

    for name, (_, outside) in OUTSIDE.items():
        if outside.help is not None:
            help = f"{outside.help}; the train section's, unless given"
            type, shown = _type(name, outside.type)
            about = {"help": help, "metavar": outside.shown or shown, "group": TRAINING}
            function = option(f"--{name}", type=type, multiple=isinstance(outside.type, Names), **about)(function)
    return function


class _OrNone(click.ParamType[Any]):
    """Another type, or the word `none`."""

    name = "or none"

    def __init__(self, inner: click.ParamType[Any]) -> None:
        self.inner = inner

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What the option's function is given."""
        return value if value == "none" else self.inner.convert(value, param, ctx)


def _type(name: str, type: ArgumentType) -> tuple[click.ParamType[Any], str | None]:
    """What click checks for an argument's type, and what help calls such a value."""
    from netc.compiler.declare.arguments import Integer, Optional_, Real

    if isinstance(type, Optional_):
        inner, shown = _type(name, type.inner)
        return _OrNone(inner), f"{shown}|none"
    if isinstance(type, Integer):
        return click.IntRange(type.minimum, type.maximum), "N"
    if isinstance(type, Real):
        return click.FloatRange(type.minimum, type.maximum, min_open=type.open_low, max_open=type.open_high), "NUMBER"
    return (DATA if name == "data" else click.STRING), None


# ------------------------------------------------------------ how it runs, how it is written
device_option = option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True, group=MACHINE,
    help="auto: a GPU where one works, else the CPU",
)  # fmt: skip

precision_option = option(
    "--precision", type=click.Choice(["float32", "mixed", "bfloat16"]), default="float32", show_default=True,
    group=MACHINE,
    help="mixed: convolutions and products in float16, with a loss scale; bfloat16: in bfloat16; on CUDA alone",
)  # fmt: skip

memory_option = option(
    "--memory", type=click.Choice(["normal", "low"]), default="normal", show_default=True, group=MACHINE,
    help="of a training step; low: cheap activations are made again for the backward pass, to the same bits",
)  # fmt: skip

tf32_option = option(
    "--tf32", is_flag=True, group=MACHINE,
    help="let CUDA multiply float32 in TF32: faster, and exact to 3 digits instead of 7; off unless given",
)  # fmt: skip

lowering_option = option(
    "--lowering", "lowerings", multiple=True, metavar="OP=NAME", group=GRAPH,
    help="write an operator in this way alone, or with OP=-NAME in any but this; may be repeated; docs/targets.md "
    "lists the names",
)  # fmt: skip


def target_option(*choices: str, help: str) -> Callable[[Function], Function]:
    """`--target`: for what a graph is written; the first choice is the default."""
    return option("--target", type=click.Choice(choices), default=choices[0], show_default=True, help=help, group=GRAPH)


# ------------------------------------------------------------ weights to begin with
def partial_option(help: str) -> Callable[[Function], Function]:
    """`--partial`."""
    return option("--partial", is_flag=True, group=START, help=help)


def map_option(help: str) -> Callable[[Function], Function]:
    """`--map`, several times; the function gets it as `renamed`, for `maps_of`."""
    return option("--map", "renamed", metavar="OLD=NEW|NAME", multiple=True, group=START, help=help)


def maps_of(renamed: Sequence[str]) -> tuple[dict[str, str], str | None]:
    """Beginnings of names with what stands there instead, and the name of a map; a usage error for two of those."""
    named = [pair for pair in renamed if "=" not in pair]
    if len(named) > 1:
        message = f"--map takes one name of a map, and got {' and '.join(named)}"
        raise click.UsageError(f"{message}\n  = help: write `--map module.=` to take a prefix away")
    return dict(pair.split("=", 1) for pair in renamed if "=" in pair), named[0] if named else None


# ------------------------------------------------------------ what is printed
def format_option(*choices: str, help: str = "a table, or JSON") -> Callable[[Function], Function]:
    """`--format`, with the first choice as the default; the function gets it as `style`."""
    return option(
        "--format", "style", type=click.Choice(choices), default=choices[0], show_default=True, help=help, group=OUTPUT
    )


loss_option = option(
    "--loss", metavar="LOSS", group=TRAINING,
    help='for a file without a train section, such as a model: "cross_entropy(output, label)"',
)  # fmt: skip


def load_net(
    file: str, name: str | None, settings: Sequence[str], loss: str | None = None, source: str | None = None
) -> Net:
    """The net that the options name; raises DiagnosticError with every finding. Warnings are told on stderr.

    source  the text, where it isn't to be read from the file
    """
    from netc.cli.telling import draw
    from netc.compiler import load, parse_setting

    net = load(file, name, dict(map(parse_setting, settings)), source, loss)
    warnings = unallowed(net)
    if warnings:
        draw(warnings, net.sources)
    return net


def unallowed(net: Net) -> list[Diagnostic]:
    """The net's warnings in the order of the text, without what `# netc: allow` comments of its file cover."""
    from netc.compiler.lint.allow import allows, suppress
    from netc.grammar.parse import parse

    comments = allows(parse(net.source, net.file)[0]) if net.warnings else []
    return sorted(suppress(net.warnings, comments), key=lambda found: found.primary.span if found.primary else net.span)
