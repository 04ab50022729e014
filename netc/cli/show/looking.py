"""What all ways of `netc show` take and do: a network, pictures, and a file for what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from netc.cli.command import OUTPUT, START, option
from netc.cli.options import SEED, device_option, format_option, net_options
from netc.cli.paths import WEIGHTS, PathTo
from netc.cli.terminal import put_json, say, show as answer

if TYPE_CHECKING:
    from netc.runtime.data import Inputs
    from netc.runtime.inside.scale import Scale
    from netc.runtime.inside.view import View
    from netc.runtime.model import Model

Function = TypeVar("Function", bound=Callable[..., Any])

PICTURES = "Pictures"


@dataclass(frozen=True)
class Place:
    """Which network, and where what is found goes: what `network_options` give."""

    source: str
    net: str | None
    settings: tuple[str, ...]
    weights: str | None
    map: str | None
    device: str
    out: str | None
    style: str

    def model(self) -> Model:
        """The network with its weights."""
        from netc.compiler import parse_setting
        from netc.runtime.runs.opened import open_model

        path = Path(self.source)
        if path.is_dir() and (self.net or self.settings or self.weights):
            raise click.UsageError("--net, --set and --weights belong to a file; a run has its own")
        if self.map is not None and self.weights is None:
            raise click.UsageError("--map belongs to --weights")
        settings = dict(map(parse_setting, self.settings))
        weights = None if self.weights is None else Path(self.weights)
        model = open_model(path, self.device, net=self.net, settings=settings, weights=weights, map=self.map)
        if not path.is_dir() and weights is None and path.suffix == ".net":
            say(f"note: {path} has no weights of its own: these are drawn; `--weights FILE` takes others")
        return model

    def put(self, way: str, view: View) -> None:
        """Write what was found, and say so."""
        put_view(way, view, self.out, self.style)


def put_view(way: str, view: View, out: str | None, style: str) -> None:
    """Write what was found under its name, WAY.png unless given, and say so as lines or as JSON."""
    out = out or f"{way}.png"
    view.save(out)
    lines = list(getattr(view, "below", ()))
    if style == "json":
        shapes = {name: list(array.shape) for name, array in view.arrays.items()}
        put_json({"version": 1, "way": way, "title": view.title, "file": out, "arrays": shapes, "notes": lines})
        return
    answer(f"{out}: {view.title}")
    for line in lines:
        answer(line)


def network_options(way: Callable[..., None]) -> Callable[..., None]:
    """The network as an argument, what belongs to it, `-o` and `--format`; the function gets a Place first."""

    def called(
        source: str, net: str | None, settings: tuple[str, ...], weights: str | None, map: str | None,
        device: str, out: str | None, style: str, **more: Any,
    ) -> None:  # fmt: skip
        way(Place(source, net, settings, weights, map, device, out, style), **more)

    called.__doc__, called.__name__ = way.__doc__, way.__name__
    called.__click_params__ = list(getattr(way, "__click_params__", []))  # type: ignore[attr-defined]
    decorated = format_option("table", "json", help="lines, or JSON")(called)
    decorated = out_option(decorated)
    decorated = device_option(decorated)
    decorated = option("--map", metavar="NAME", group=START,
                       help="with --weights: the map of names beside the net, such as torchvision",
                       )(decorated)  # fmt: skip
    decorated = option("--weights", metavar="FILE|RUN", type=WEIGHTS, group=START,
                       help="of a text: a .safetensors file, a run folder or an .onnx model")(decorated)  # fmt: skip
    decorated = net_options(decorated)
    source_argument = click.argument("source", metavar="RUN|FILE", type=PathTo("net", "onnx"))
    with_source: Callable[..., None] = source_argument(decorated)
    return with_source


out_option = option(
    "-o", "--out", metavar="FILE", type=PathTo("png", "svg", "npz"), group=OUTPUT,
    help="a .png, for plots also .svg, or .npz for the numbers; WAY.png unless given",
)  # fmt: skip

layer_option = option("--layer", metavar="PATH", help="as `netc summary` lists it")

layers_option = option(
    "--layer", "layers", multiple=True, metavar="PATH", help="as `netc summary` lists it; may be repeated"
)

class_option = option("--class", "number", metavar="CLASS", help="its name or number; the likeliest unless given")

steps_option = option("--steps", type=click.IntRange(1), default=256, show_default=True, help="of the ascent")

seed_option = option("--seed", type=SEED, default=0, show_default=True, help="of what it begins with")

size_option = option(
    "--size", type=click.IntRange(8), metavar="PIXELS", help="of the square picture; the text's unless given"
)

imagenet_option = option(
    "--imagenet", is_flag=True, group=PICTURES,
    help="bring colours to the mean and deviation of ImageNet, for networks that were trained so",
)  # fmt: skip


def pictures_argument(required: bool = True) -> Callable[[Function], Function]:
    """What to look at, as `netc predict` takes it."""
    return click.argument("images", metavar="IMAGE...", nargs=-1, required=required, type=PathTo("*"))


def scale_of(imagenet: bool) -> Scale:
    """What pictures go through."""
    from netc.runtime.inside.scale import IMAGENET, PLAIN

    return IMAGENET if imagenet else PLAIN


def read(model: Model, images: Sequence[str], scale: Scale) -> tuple[Mapping[str, Any], Inputs]:
    """Inputs as the net computes with them, and what was read."""
    from netc.runtime.data import read_inputs
    from netc.runtime.inside.layers import image_input

    inputs = read_inputs(images, model.inputs(), card=model.card)
    for note in inputs.notes:
        say(note)
    name = image_input(model).name
    return {**inputs.arrays, name: scale.to_net(inputs.arrays[name])}, inputs


def class_number(model: Model, said: str | None) -> int | None:
    """A class by its number or name; raises UsageError where there is none."""
    if said is None:
        return None
    names = None if model.card is None else model.card.class_names
    if names is not None and said in names:
        return names.index(said)
    from netc.runtime.inside.layers import scores, sides

    count = sides(model.net.values[scores(model)])[0]
    if said.isdigit() and int(said) < count:
        return int(said)
    from netc.grammar.diagnostics import did_you_mean

    near = None if said.isdigit() or names is None else did_you_mean(said, names)
    raise click.UsageError(f"no class is called `{said}`\n  = help: {near or f'take a number from 0 to {count - 1}'}")


def bar(what: str, steps: int) -> AbstractContextManager[Callable[[int], None] | None]:
    """A live line on a terminal, whose function takes the number of steps done."""
    import sys

    if not sys.stderr.isatty():
        return nullcontext(None)
    return _Bar(what, steps)


class _Bar(AbstractContextManager[Callable[[int], None]]):
    def __init__(self, what: str, steps: int) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self.progress = Progress(console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task(what, total=steps)

    def __enter__(self) -> Callable[[int], None]:
        self.progress.start()
        return lambda done: self.progress.update(self.task, completed=done)

    def __exit__(self, *error: object) -> None:
        self.progress.stop()
