"""`netc style`: a photograph in the manner of a painting."""

from __future__ import annotations

from pathlib import Path

import click

from netc.cli.command import START, option, verb
from netc.cli.options import device_option, format_option, net_options
from netc.cli.paths import NET_FILE, WEIGHTS, FileToWrite, PathTo
from netc.cli.show.looking import bar, imagenet_option, scale_of
from netc.cli.terminal import put_json, show

WIDTH = 384


@verb(
    examples=(
        "netc style photo.jpg painting.jpg --with vgg.net --weights vgg16.safetensors --imagenet -o styled.png",
        "netc style photo.jpg painting.jpg --with runs/Pets --strength 3 --optimizer adam",
    )
)
@click.argument("content", metavar="CONTENT", type=PathTo("png", "jpg"))
@click.argument("painting", metavar="STYLE", type=PathTo("png", "jpg"))
@option(
    "--with", "source", metavar="RUN|FILE", required=True, type=NET_FILE, help="the network that sees content and style"
)
@option(
    "--weights",
    metavar="FILE|RUN",
    type=WEIGHTS,
    group=START,
    help="of a text: a .safetensors file, a run folder or an .onnx model",
)
@option(
    "--map", metavar="NAME", group=START, help="with --weights: the map of names beside the net, such as torchvision"
)
@option(
    "-o",
    "--out",
    metavar="FILE",
    default="styled.png",
    show_default=True,
    type=FileToWrite("png"),
    help="the picture, a .png",
)
@option("--width", type=click.IntRange(32), default=WIDTH, show_default=True, metavar="PIXELS", help="of the picture")
@option(
    "--content-layer",
    "content_layers",
    multiple=True,
    metavar="PATH",
    help="may be repeated; a late convolution unless given",
)
@option(
    "--style-layer",
    "style_layers",
    multiple=True,
    metavar="PATH",
    help="may be repeated; the first convolution of each size unless given",
)
@option(
    "--strength",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="of the style against the content",
)
@option(
    "--variation",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="weight against differences of neighbouring pixels",
)
@option("--steps", type=click.IntRange(1), default=80, show_default=True, help="evaluations of loss and gradient")
@option("--optimizer", type=click.Choice(["lbfgs", "adam"]), default="lbfgs", show_default=True)
@imagenet_option
@net_options
@device_option
@format_option("table", "json", help="lines, or JSON")
def style(
    content: str, painting: str, source: str, weights: str | None, map: str | None, out: str, width: int,
    content_layers: tuple[str, ...], style_layers: tuple[str, ...], strength: float, variation: float, steps: int,
    optimizer: str, imagenet: bool, net: str | None, settings: tuple[str, ...], device: str, style: str,
) -> None:  # fmt: skip
    """Paint CONTENT over in the manner of STYLE, beginning with the content (Gatys et al. 2015).

    A network that was trained on photographs says what both are: its late layers hold what is to be seen, and which
    channels of its early ones are strong together is the manner.
    """
    from PIL import Image

    from netc.compiler import parse_setting
    from netc.runtime import inside
    from netc.runtime.data.images.photo import read_photo
    from netc.runtime.folder.files import make_folder, write_atomic
    from netc.runtime.inside.mosaic import picture
    from netc.runtime.runs.opened import open_model
    from netc.runtime.show.draw.grid import png

    if Path(out).suffix.lower() != ".png":
        raise click.UsageError(f"{out} is no .png\n  = help: end the name with .png")
    given = None if weights is None else Path(weights)
    chosen = dict(parse_setting(setting) for setting in settings)
    model = open_model(Path(source), device, net=net, settings=chosen, weights=given, map=map)
    photo, manner = read_photo(content, width), read_photo(painting, width)
    with bar("painting", steps) as told:
        found = inside.style(
            model, photo, manner, content_layers=content_layers or None, style_layers=style_layers or None,
            weight=strength, variation=variation, steps=steps, optimizer=optimizer, scale=scale_of(imagenet), told=told,
        )  # fmt: skip
    made: Image.Image = picture(found.arrays["picture"], side=1)
    elsewhere = "use `-o` for another place"
    make_folder(Path(out).parent, elsewhere)
    write_atomic(Path(out), png(made), elsewhere)
    before, after = found.arrays["before"].tolist(), found.arrays["after"].tolist()
    if style == "json":
        put_json(
            {
                "version": 1,
                "file": out,
                "content": [before[0], after[0]],
                "style": [before[1], after[1]],
                "size": list(made.size),
            }
        )
        return
    show(f"{out}: {made.width}x{made.height}")
    for line in found.below:
        show(line)
