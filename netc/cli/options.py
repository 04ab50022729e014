"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from netc.compiler.declare.arguments import ArgumentType
    from netc.compiler.net import Net
    from netc.grammar.diagnostics import Diagnostic

Function = TypeVar("Function", bound=Callable[..., Any])

FINDING_FORMATS = ("full", "concise", "json", "github")


def net_options(function: Function) -> Function:
    """`--net NAME` and `--set k=v`: which network of the file, with which arguments."""
    function = click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="K=V",
        help="an argument of the net, as in the text: --set classes=100; may be repeated",
    )(function)
    return click.option(
        "--net",
        metavar="NAME",
        help="the net of the file; the one with a train section, else the last, unless said",
    )(function)


def lowering_option(function: Function) -> Function:
    """`--lowering OP=NAME`: how an operator is written in the target."""
    return click.option(
        "--lowering",
        "lowerings",
        multiple=True,
        metavar="OP=NAME",
        help="write an operator in this way alone, or with OP=-NAME in any but this; may be repeated; docs/targets.md "
        "lists the names",
    )(function)


def plan_options(function: Function) -> Function:
    """`--data`, `--epochs`, `--lr`, …: what replaces a setting of the train section, as the settings declare it."""
    from netc.compiler.plan.override import OUTSIDE

    for name, (_, outside) in OUTSIDE.items():
        if outside.help is not None:
            help = f"{outside.help}; the train section's, unless given"
            function = click.option(f"--{name}", type=_type(outside.type), help=help, metavar=outside.shown)(function)
    return function


def _type(type: ArgumentType) -> click.ParamType[Any]:
    """What click checks for an argument's type."""
    from netc.compiler.declare.arguments import Integer, Real

    if isinstance(type, Integer):
        return click.IntRange(type.minimum, type.maximum)
    if isinstance(type, Real):
        return click.FloatRange(type.minimum, type.maximum, min_open=type.open_low, max_open=type.open_high)
    return click.STRING


def precision_option(function: Function) -> Function:
    """`--precision`: what a training step computes in."""
    return click.option(
        "--precision",
        type=click.Choice(["float32", "mixed", "bfloat16"]),
        default="float32",
        show_default=True,
        help="mixed: convolutions and products in float16, with a loss scale; bfloat16: in bfloat16; on CUDA alone",
    )(function)


def memory_option(function: Function) -> Function:
    """`--memory`: what a training step holds until the backward pass."""
    return click.option(
        "--memory",
        type=click.Choice(["normal", "low"]),
        default="normal",
        show_default=True,
        help="of a training step; low: cheap activations are made again for the backward pass, to the same bits",
    )(function)


def check_step_options(train: bool, precision: str, memory: str) -> None:
    """Raise UsageError for what a training step alone has, where none is wanted."""
    for option, given in (("--precision", precision != "float32"), ("--memory", memory != "normal")):
        if given and not train:
            raise click.UsageError(f"{option} is for training steps\n  = help: add `--train`, or leave it out")


def tf32_option(function: Function) -> Function:
    """`--tf32`: whether CUDA may round what it multiplies."""
    return click.option(
        "--tf32",
        is_flag=True,
        help="let CUDA multiply float32 in TF32: faster, and exact to 3 digits instead of 7; off unless given",
    )(function)


def finding_format(function: Function) -> Function:
    """`--format` of findings."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(FINDING_FORMATS),
        default="full",
        show_default=True,
        help="with the source, a line each, JSON, or annotations for GitHub Actions",
    )(function)


def load_net(file: str, name: str | None, settings: Sequence[str]) -> Net:
    """The net that the options name; raises DiagnosticError with every finding. Warnings are told on stderr."""
    from netc.cli.report import draw
    from netc.compiler import load
    from netc.compiler.load import parse_setting

    net = load(file, name, dict(map(parse_setting, settings)))
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
