"""What `netc compile` and `netc ir` are both asked for: a graph, written for a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import GRAPH, option
from netc.cli.options import (
    load_net,
    loss_option,
    lowering_option,
    memory_option,
    net_options,
    precision_option,
    target_option,
)
from netc.cli.paths import NET_FILE
from netc.compiler.targets import TARGETS

if TYPE_CHECKING:
    from netc.compiler import Memory, Net, Options, Precision


@dataclass(frozen=True, slots=True)
class GraphWanted:
    """A net of a file, or its training step, and how it is written."""

    file: str
    net: str | None
    settings: tuple[str, ...]
    loss: str | None
    train: bool
    batch: int | None
    target: str
    precision: Precision
    memory: Memory
    lowerings: tuple[str, ...]

    def check(self) -> None:
        """Raise UsageError for what a training step alone has, where none is wanted."""
        for name, given in (("--precision", self.precision != "float32"), ("--memory", self.memory != "normal")):
            if given and not self.train:
                raise click.UsageError(f"{name} is for training steps\n  = help: add `--train`, or leave it out")

    def load(self) -> Net:
        """The net; raises DiagnosticError with every finding."""
        return load_net(self.file, self.net, self.settings, self.loss)

    def options(self) -> Options:
        """The compiler's options."""
        from netc.compiler import Options

        return Options(lowerings=self.lowerings, precision=self.precision, memory=self.memory)


def graph_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The argument FILE and the options above, given to the function as one value, checked."""

    @wraps(function)
    def asked(**given: Any) -> Any:
        wanted = GraphWanted(**{field.name: given.pop(field.name) for field in fields(GraphWanted)})
        wanted.check()
        from netc.compiler import collector

        with collector.waiting():
            return function(wanted, **given)

    for decorate in reversed(
        (
            click.argument("file", metavar="FILE", type=NET_FILE),
            option("--train", is_flag=True, group=GRAPH, help="one training step instead of the network"),
            option(
                "--batch", type=click.IntRange(1), metavar="N", group=GRAPH,
                help="fix the batch size, which stays open unless given",
            ),
            target_option("std", *(name for name in TARGETS if name != "std"), help="where it will run; std anywhere"),
            precision_option,
            memory_option,
            lowering_option,
            net_options,
            loss_option,
        )
    ):  # fmt: skip
        asked = decorate(asked)
    return asked
