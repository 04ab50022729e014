"""Every figure and table of the lecture that netc makes, in one folder with a page to look at.

    python examples/lecture/page.py                                   # runs/lecture/index.html, in three minutes
    python examples/lecture/page.py --data bench/data/mnist.npz       # on MNIST: docs/data.md says how to make it

Needs matplotlib (`pip install matplotlib`); `make lecture` has it. Trainings that ended are not repeated.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import seeing
from matplotlib.figure import Figure

import netc
from netc.compiler.zoo.catalogue import catalogue, named
from netc.compiler.zoo.listing import load_entry

HERE = Path(__file__).parent
LECTURE = ("dense", "dense_functional", "cnn", "cnn_functional", "residual_cnn")
FAMILIES = ("lenet", "alexnet", "vgg", "googlenet", "resnet", "resnet_cifar", "resnet_preact")
SHARES = ("lenet5-modern", "alexnet", "vgg16", "googlenet", "resnet50")
KINDS = ("convolutional", "dense", "other")
SEEN = 0.5
"""The least share in % of which a bar shows anything."""
HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The lecture's figures</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
img { max-width: 100% } pre { overflow-x: auto; font-size: 13px } h3 { font-weight: normal; margin: .5rem 0 0 }
td, th { padding: .1rem .8rem; text-align: left } td.n, th + th { text-align: right }
</style>
<h1>The lecture's figures</h1>
"""


def networks() -> str:
    """The lecture's nets and those of the literature that it shows, counted."""
    found = [(f"{name}.net", netc.load(HERE / f"{name}.net")) for name in LECTURE]
    found += [(entry.name, load_entry(entry)) for entry in catalogue() if entry.family in FAMILIES]
    rows = []
    for name, net in found:
        summary = net.summary()
        total = summary["totals"]
        weighted = sum(bool(layer["params"]) for layer in summary["layers"] if layer["type"] != "batchnorm")
        cells = (f"{weighted:,}", f"{total['params']:,}", f"{total['flops']:,}", f"{total['activations']:,}")
        rows.append(f"<tr><td>{html.escape(name)}" + "".join(f"<td class=n>{cell}" for cell in cells))
    head = "<tr><th>network<th>layers with weights<th>parameters<th>multiply-accumulates<th>activations"
    return f"<table>{head}{''.join(rows)}</table>"


def shares(out: Path) -> str:
    """Which kind of layer holds the parameters."""
    nets = {name: load_entry(entry) for name in SHARES if (entry := named(name)) is not None}
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    left = np.zeros(len(nets))
    counts = [Counter[str]() for _ in nets]
    for count, net in zip(counts, nets.values(), strict=True):
        for layer in net.summary()["layers"]:
            count[{"conv": "convolutional", "dense": "dense"}.get(layer["type"], "other")] += layer["params"]
    for kind in KINDS:
        share = np.array([100 * count[kind] / count.total() for count in counts])
        if share.max() < SEEN:
            continue
        axes.barh(list(nets), share, left=left, label=kind)
        left += share
    axes.set(xlabel="share of the parameters in %", xlim=(0, 100))
    axes.invert_yaxis()
    figure.legend(loc="outside upper center", ncols=len(KINDS), frameon=False)
    return image(figure, out / "shares.png")


def layers() -> str:
    """LeNet-5, layer by layer, as `netc summary` prints it."""
    return f"<pre>{html.escape(str(netc.load(HERE / 'lenet5.net').summary()))}</pre>"


def training(out: Path, run: netc.Run) -> str:
    """The curves of the convolutional net."""
    best = run.metrics["validation_accuracy"]
    return image(run.history.plot(), out / "training.png") + f"<p>Best epoch: {best:.1%} of the held-out rows.</p>"


def filters(out: Path, run: netc.Run) -> str:
    """The 3x3 filters of the first layer."""
    weights = next(
        value for name, value in run.model.state_dict().items() if name.endswith("weight") and value.ndim == 4
    )
    return image(tiles(weights[:, 0], columns=8, symmetric=True), out / "filters.png")


def maps(out: Path, run: netc.Run, data: netc.DataSet) -> str:
    """What each filter answers to the first held-out digit, after each ReLU and pooling."""
    digit = np.asarray(data.held.fields["image"])[:1]
    digit = digit.reshape(1, 1, *digit.shape[-2:])
    names = [layer["name"] for layer in run.model.net.summary()["layers"] if len(layer["output_shape"]) == 3]
    found = run.model(digit, taps=names)
    return image(tiles(digit[0], columns=16), out / "digit.png") + "".join(
        f"<h3>{html.escape(name)}, {' x '.join(map(str, found[name].shape[1:]))}</h3>"
        + image(tiles(found[name][0], columns=16), out / f"maps-{index}.png")
        for index, name in enumerate(names)
        if found[name][0].min() >= 0
    )


def tiles(pictures: np.ndarray, columns: int, symmetric: bool = False) -> Figure:
    """Pictures [N, H, W] beside each other, on one scale; a symmetric one has white at zero."""
    rows = -(-len(pictures) // columns)
    figure = Figure(figsize=(0.6 * columns, 0.6 * rows), layout="constrained")
    most = float(abs(pictures).max()) or 1.0
    scale = {"cmap": "RdBu", "vmin": -most, "vmax": most} if symmetric else {"cmap": "viridis", "vmin": 0, "vmax": most}
    for axes, picture in zip(figure.subplots(rows, columns, squeeze=False).flat, pictures, strict=False):
        axes.imshow(picture, **scale)
    for axes in figure.axes:
        axes.set_axis_off()
    return figure


def image(figure: Figure, path: Path) -> str:
    """Write a figure, and show it."""
    figure.savefig(path, dpi=120)
    return f'<img src="{path.name}" alt="{path.stem}">'


def experiment(script: str, out: Path, data: str) -> str:
    """What one of the scripts beside this one prints and draws."""
    folder = out / script
    log = folder / "log.txt"
    if not log.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [sys.executable, str(HERE / f"{script}.py"), "--data", data, "--out", str(folder)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        log.write_text("".join(line for line in printed.splitlines(True) if not line.startswith("wrote")))
    return f'<pre>{html.escape(log.read_text())}</pre><img src="{script}/{script}.png" alt="{script}">'


def seen(out: Path, name: str) -> str:
    """What seeing.py draws of its net, with the command that draws the same of a real network."""
    folder = out / "seeing"
    folder.mkdir(exist_ok=True)
    run = seeing.seeing(folder)
    said = ""
    if name == "frozen":
        picture, found = seeing.frozen(folder, run)
        said = "".join(f"<p>{way}: {accuracy:.0%} of those held out.</p>" for way, accuracy in found.items())
        pictures = [picture]
    elif name == "features":
        pictures = seeing.features(folder, run)
    else:
        pictures = [{"filters": seeing.filters, "style": seeing.style}[name](folder, run)]
    shown = "".join(f'<img src="seeing/{picture.name}" alt="{picture.stem}">' for picture in pictures)
    return f"{shown}{said}<p>With real weights:</p><pre>{html.escape(seeing.REAL[name])}</pre>"


def digits(out: Path, data: netc.DataSet) -> netc.Run:
    """The lecture's convolutional net trained on the digits, or the run that is there."""
    folder = out / "convolutional"
    if not (folder / "model.onnx").exists():
        shutil.rmtree(folder, ignore_errors=True)
        size = data.train.fields["image"].shape[-1]
        net = netc.load(HERE / "permuted.net", net="Convolutional", size=size)
        netc.Trainer(netc.Model(net, device="cpu")).fit(data, out=folder, quiet=True)
    return netc.load_run(folder, device="cpu")


def page(out: Path, name: str) -> str:
    """The parts, in the lecture's order."""
    data = netc.open_data(name)
    out.mkdir(parents=True, exist_ok=True)
    run = digits(out, data)
    parts = {
        "Networks": ("The lecture's own, and those of the literature that it shows.", networks),
        "Which layers hold the parameters": (
            "Dense layers at first; with global pooling, convolutions.", lambda: shares(out)
        ),
        "LeNet-5, layer by layer": ("What `netc summary examples/lecture/lenet5.net` prints.", layers),
        "A convolutional net learns digits": ("`Convolutional` of permuted.net.", lambda: training(out, run)),
        "The filters of its first layer": ("Red adds, blue takes away.", lambda: filters(out, run)),
        "What its filters answer to one digit": (
            "A picture for each filter; what no ReLU has cut is left out.", lambda: maps(out, run, data)
        ),
        "Shuffled pixels": ("What convolutions assume: that neighbours have to do with each other.",
                            lambda: experiment("permuted", out, name)),
        "Depth": ("More layers make a plain net worse, a residual one not.", lambda: experiment("depth", out, name)),
        "Early and late filters": (
            "A small net has learned to tell textures apart. Early filters are blobs and edges of colours; late ones "
            "combine what others found, and say little by themselves.", lambda: seen(out, "filters")
        ),
        "Features": ("What units answer to most: colours early, stripes then, patterns late.",
                     lambda: seen(out, "features")),
        "Frozen and unfrozen": (
            "Four other kinds of texture, six pictures of each: on the layers that have learned, held still or moving "
            "on, and from scratch.", lambda: seen(out, "frozen")
        ),
        "Style transfer": ("The landscape's late maps, the painting's textures.", lambda: seen(out, "style")),
    }  # fmt: skip
    sections = []
    for title, (about, part) in parts.items():
        print(f"{title} …", flush=True)
        said = re.sub("`(.+?)`", r"<code>\1</code>", html.escape(about))
        sections.append(f"<h2>{html.escape(title)}</h2><p>{said}</p>{part()}")
    return "\n".join(sections)


def main() -> None:
    """Read the command line, make the parts, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", help="square grey images with labels (default: digits)")
    parser.add_argument("--out", type=Path, default=Path("runs/lecture"), help="the folder (default: runs/lecture)")
    arguments = parser.parse_args()
    try:
        body = page(arguments.out, arguments.data)
    except netc.DiagnosticError as error:
        raise SystemExit(f"error: {error}") from None
    target = arguments.out / "index.html"
    target.write_text(HEAD + body, encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
