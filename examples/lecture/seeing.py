"""A small net learns to see, and is looked into: filters, features, what it is worth frozen and not, style transfer.

    python examples/lecture/seeing.py          # runs/lecture/seeing/*.png, in two minutes

It sees generated textures, those of examples/tasks/style. The same figures of real networks, whose weights
examples/weights/convolutions.py fetches, are commands of netc: `REAL` has them.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np

import netc

HERE = Path(__file__).parent
LAYERS = ("early", "middle", "late")
ROWS, FEW, HELD = 1920, 6, 40
"""Textures to learn to see from; of each new kind, those to learn from and those to measure on."""
TRUNKS = "examples/weights/trunks.net"
REAL = {
    "filters": f"netc show filters {TRUNKS} --net AlexNetTrunk --weights weights/alexnet.safetensors",
    "features": f"netc show features {TRUNKS} --net VGG16Trunk --weights weights/vgg16.safetensors --imagenet"
    " --size 128 --layer stage.3.layer.2.conv1",
    "frozen": "python examples/weights/compare.py",
    "style": f"netc style photo.jpg painting.jpg --with {TRUNKS} --net VGG16Trunk --weights weights/vgg16.safetensors"
    " --imagenet",
}
Rows = tuple[np.ndarray, np.ndarray]


def pictures() -> ModuleType:
    """The generated pictures of examples/tasks/style."""
    path = HERE.parent / "tasks/style/pictures.py"
    spec = importlib.util.spec_from_file_location("generated_pictures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def textures(kinds: tuple[str, ...], count: int, seed: int) -> Rows:
    """So many textures of these kinds, from 0 to 1, and the numbers of their kinds."""
    made, random = pictures(), np.random.default_rng(seed)
    labels = np.arange(count) % len(kinds)
    found = np.stack([made.texture(kinds[label], random) for label in labels])
    return found.astype(np.float32) / 255, labels


def seeing(out: Path) -> netc.Run:
    """The net, trained on the first four kinds of textures, or the run that is there."""
    folder = out / "run"
    if not (folder / "model.onnx").exists():
        shutil.rmtree(folder, ignore_errors=True)
        net = netc.load(HERE / "seeing.net", classes=4)
        kinds = pictures().TEXTURES[:4]
        netc.Trainer(netc.Model(net, device="cpu", seed=0)).fit(
            textures(kinds, ROWS, 0), validation=textures(kinds, 160, 1), out=folder, quiet=True
        )
    return netc.load_run(folder, device="cpu")


def filters(out: Path, run: netc.Run) -> Path:
    """The first layer's kernels in colours, and the last one's, channel by channel."""
    netc.inside.filters(run.model, ["early.conv1", "late.conv1"]).save(out / "filters.png")
    return out / "filters.png"


def features(out: Path, run: netc.Run) -> list[Path]:
    """What units of each layer answer to most, from early to late."""
    for layer in LAYERS:
        netc.inside.features(run.model, f"{layer}.conv1", range(6), size=64).save(out / f"features-{layer}.png")
    return [out / f"features-{layer}.png" for layer in LAYERS]


def frozen(out: Path, run: netc.Run) -> tuple[Path, dict[str, float]]:
    """The other four kinds learned from a few pictures: on layers held still, on layers that move, and from scratch."""
    kinds = pictures().TEXTURES[4:]
    few, held = textures(kinds, FEW * len(kinds), 2), textures(kinds, HELD * len(kinds), 3)
    seen = {name: array for name, array in run.model.state_dict().items() if name.startswith(LAYERS)}
    histories = {}
    for way in ("frozen", "unfrozen", "from scratch"):
        net = netc.load(HERE / "seeing.net", classes=len(kinds))
        model = netc.Model(net, device="cpu", seed=1)
        if way != "from scratch":
            model.load_state_dict(seen, strict=False)
        plan = replace(net.plan(), freeze=LAYERS if way == "frozen" else (), batch=8, epochs=40)
        histories[way] = netc.Trainer(model, plan).fit(few, validation=held, quiet=True)
    netc.inside.curves(histories).save(out / "frozen.png")
    return out / "frozen.png", {way: history[-1]["validation_accuracy"] for way, history in histories.items()}


def style(out: Path, run: netc.Run) -> Path:
    """A landscape in the manner of a painting, by what the net sees."""
    made = pictures()
    content, painting = (
        picture.astype(np.float32) / 255 for picture in (made.landscape(np.random.default_rng(4)), made.painting())
    )
    view = netc.inside.style(
        run.model,
        content,
        painting,
        content_layers=["middle.conv1"],
        style_layers=[f"{layer}.conv1" for layer in LAYERS],
        weight=10.0,
        variation=5.0,  # without it the grid of the poolings shows
        steps=80,
    )
    view.save(out / "style.png")
    return out / "style.png"


def main() -> None:
    """Make all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/lecture/seeing"), help="the folder")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    run = seeing(out)
    print(f"textures told apart: {run.metrics['validation_accuracy']:.0%} of those held out")
    filters(out, run)
    features(out, run)
    for way, accuracy in frozen(out, run)[1].items():
        print(f"{way}: {accuracy:.0%} of four other kinds, from {FEW} pictures of each")
    style(out, run)
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
