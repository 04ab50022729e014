"""What the zoo's nets are made of, in short, so that another net is compared with all of them and none is elaborated.

`python -m netc.compiler.zoo.signatures` writes `signatures.json`, a line a net.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Shape
from netc.compiler.net import Net
from netc.compiler.zoo.catalogue import catalogue

FILE = Path(__file__).with_name("signatures.json")


@dataclass(frozen=True, slots=True)
class Signature:
    """A net of the zoo: how many layers with weights it has besides the last, and a digest of what they are.

    name, net, variant  as the catalogue has them, which takes ten times as long to read
    """

    name: str
    net: str
    variant: str
    layers: int
    digest: str


def made_of(net: Net) -> Counter[str]:
    """The layers with weights and how often they are there, as `conv 64x*x7x7 /2 +bias`.

    Without the last, which has as many outputs as there are classes, and without what only training has. The first has
    `*` for its inputs: how many channels an image has says nothing about the net.
    """
    seen: set[int] = set()
    found: list[str] = []
    for layer in net.layers:
        own = [item for item in layer.parameters if id(item) not in seen and not item.buffer]
        seen.update(map(id, own))
        if own and not layer.training_only:
            found.append(_described(layer, first=not found))
    return Counter(found[:-1])


def _described(layer: LayerInstance, *, first: bool) -> str:
    kernels = [item.value.shape for item in layer.parameters if item.value.rank > 1]
    bias = bool(kernels) and any(item.value.rank == 1 and item.name.endswith("bias") for item in layer.parameters)
    for node in layer.nodes:
        if node.op == "Conv":
            return _words("conv", first, bias, tuple(kernels), tuple(node.attributes["strides"]))
    return _words(layer.word, first, bias, tuple(kernels) or (layer.parameters[0].value.shape,), ())


@lru_cache(maxsize=4096)
def _words(word: str, first: bool, bias: bool, shapes: tuple[Shape, ...], strides: tuple[int, ...]) -> str:
    said = [list(map(str, shape)) for shape in shapes]
    if first and len(said[0]) > 1:
        said[0][1] = "*"
    step = ["/" + "x".join(map(str, dict.fromkeys(strides)))] if max(strides, default=1) > 1 else []
    return " ".join([word, *map("x".join, said), *step, *(["+bias"] if bias else [])])


def digest(layers: Counter[str]) -> str:
    """The same for the same layers, in whatever order the text has them."""
    lines = "\n".join(f"{count} {layer}" for layer, count in sorted(layers.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


@cache
def signatures() -> tuple[Signature, ...]:
    """Those of all nets of the zoo, in its order."""
    return tuple(Signature(**item) for item in json.loads(FILE.read_text("utf-8")))


def work_out() -> list[dict[str, Any]]:
    """What `signatures.json` holds, from the nets themselves."""
    from netc.compiler.zoo.listing import load_entry

    found = []
    for entry in catalogue():
        layers = made_of(load_entry(entry))
        about = {"name": entry.name, "net": entry.net, "variant": entry.variant}
        found.append({**about, "layers": layers.total(), "digest": digest(layers)})
    return found


if __name__ == "__main__":
    lines = ",\n".join(f"  {json.dumps(item)}" for item in work_out())
    FILE.write_text(f"[\n{lines}\n]\n", "utf-8")
