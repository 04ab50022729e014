"""Writes `docs/zoo.md`: `python -m netc.compiler.zoo.reference > docs/zoo.md`."""

from __future__ import annotations

from netc.compiler.zoo.catalogue import catalogue
from netc.compiler.zoo.listing import Listed, listed

HEAD = """# The zoo

Written by `python -m netc.compiler.zoo.reference > docs/zoo.md` from `examples/zoo/`; a change belongs there.

Every network is text that is short enough to read: `lines` are those of its file, with all its variants and its train
section, without blank ones and comments. Parameters are counted when this page is written; `published` is the number
that its paper, or the library that it follows, gives, to which the text holds itself (`expect params ==`).

`netc zoo` prints this list, and `netc new DIR --from resnet50` begins a folder with one of them. Where a network has a
map, `--init FILE --map NAME` loads torchvision's or timm's weights ([training.md](training.md)); tests compare these
networks with theirs: every tensor and the multiply-accumulates of torchvision's, and the answers from equal weights.
GPT-2, BERT and the Transformer are compared with PyTorch's own layers. The others are held to their published numbers,
where they have any. Every one has taken a training step, some with smaller images or fewer layers of the same text.
"""

NOT_COVERED = {
    "detectors in two stages, and of masks and key points": (
        "fasterrcnn_mobilenet_v3_large_320_fpn", "fasterrcnn_mobilenet_v3_large_fpn", "fasterrcnn_resnet50_fpn",
        "fasterrcnn_resnet50_fpn_v2", "keypointrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn_v2",
    ),
    "further detectors in one stage": (
        "fcos_resnet50_fpn", "retinanet_resnet50_fpn", "retinanet_resnet50_fpn_v2", "ssdlite320_mobilenet_v3_large",
    ),
    "further transformers": (
        "maxvit_t", "mvit_v1_b", "mvit_v2_s", "swin3d_b", "swin3d_s", "swin3d_t", "swin_v2_b", "swin_v2_s", "swin_v2_t",
        "vit_h_14",
    ),
    "video and optical flow": ("s3d", "raft_large", "raft_small"),
    "larger or other sizes of families that are here": (
        "convnext_large", "deeplabv3_mobilenet_v3_large", "efficientnet_v2_m", "efficientnet_v2_l", "regnet_x_8gf",
        "regnet_x_16gf", "regnet_x_32gf", "regnet_y_8gf", "regnet_y_16gf", "regnet_y_32gf", "regnet_y_128gf",
    ),
    "quantized networks": (
        "quantized_googlenet", "quantized_inception_v3", "quantized_mobilenet_v2", "quantized_mobilenet_v3_large",
        "quantized_resnet18", "quantized_resnet50", "quantized_resnext101_32x8d", "quantized_resnext101_64x4d",
        "quantized_shufflenet_v2_x0_5", "quantized_shufflenet_v2_x1_0", "quantized_shufflenet_v2_x1_5",
        "quantized_shufflenet_v2_x2_0",
    ),
}  # fmt: skip
"""The networks of torchvision that the zoo lacks, by what they are."""

TAIL = """
## What is not covered

No trained weights come with netc. Networks of torchvision that the zoo lacks:
"""

HEADS = ("network", "variant", "parameters", "published", "lines", "map", "source", "text")


def reference() -> str:
    """The page."""
    rows = [_row(listed(entry)) for entry in catalogue()]
    rule = ["---:" if head in ("parameters", "published", "lines") else "---" for head in HEADS]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in (HEADS, rule, *rows))
    lacking = "\n".join(f"- {what}: {', '.join(f'`{name}`' for name in names)}" for what, names in NOT_COVERED.items())
    return f"{HEAD}\n{table}\n{TAIL}\n{lacking}\n"


def _row(found: Listed) -> list[str]:
    entry = found.entry
    file = entry.file.name
    published = "" if found.published is None else f"{found.published:,}"
    map = entry.map if entry.torchvision else ", ".join(entry.maps)
    text = f"[{file}](../examples/zoo/{file})"
    counts = [f"{found.params:,}", published, str(entry.lines)]
    return [f"`{entry.name}`", entry.variant, *counts, map, entry.source, text]


if __name__ == "__main__":
    print(reference(), end="")
