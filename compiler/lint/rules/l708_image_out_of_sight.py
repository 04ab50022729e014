"""L708: augmentation that leaves little of an image."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.augmentations.crop import Crop
from netc.compiler.augmentations.cutout import Cutout
from netc.compiler.ir import language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.compiler.lint.text import declaration
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic

SHIFT = 0.25
HOLE = 0.5


@rule("L708")
def image_out_of_sight(subject: Subject) -> Iterator[Diagnostic]:
    """A crop or a cutout takes away so much of an image that what it shows may be gone.

    ## What it does
    Finds `crop` whose padding is more than a quarter of the image's side, and `cutout` of more than half of it, where
    the text says how large images are.

    ## Why is this bad
    Examples keep their labels when what they show is cut away, and the network learns that nothing means something.
    Usually the number fits larger images: `crop(4)` and `cutout(16)` are for 32x32.

    ## Example
    ```
    net Digits {
      input image: 1x8x8
      conv(16, 3x3, act=relu) -> flatten
      logits = dense(10)
    }
    train Digits {
      loss         = cross_entropy(logits, label)
      optimizer    = adam(lr=1e-3)
      augmentation = [crop(4)]
    }
    ```

    ## Use instead
    ```
    net Digits {
      input image: 1x8x8
      conv(16, 3x3, act=relu) -> flatten
      logits = dense(10)
    }
    train Digits {
      loss         = cross_entropy(logits, label)
      optimizer    = adam(lr=1e-3)
      augmentation = [crop(1)]
    }
    ```
    """
    for section in sections(subject):
        side = _side(subject, section.net)
        for item in section.plan.augmentation if side else ():
            if isinstance(item, Crop) and item.padding > SHIFT * side:
                share = 100 * (1 - max(0, side - item.padding) ** 2 / side**2)
                yield warning(
                    f"`crop({item.padding})` moves images of {side} pixels by up to {item.padding}",
                    section.place("augmentation"),
                    f"up to {share:.0f} % of an image are out of sight",
                    help=f"write `crop({max(1, side // 8)})`",
                )
            elif isinstance(item, Cutout) and item.side > HOLE * side:
                share = 100 * min(1.0, item.side / side) ** 2
                yield warning(
                    f"`cutout({item.side})` covers up to {share:.0f} % of an image of {side} pixels",
                    section.place("augmentation"),
                    help=f"write `cutout({side // 2 if side > 3 else 1})`",
                )


def _side(subject: Subject, net: Net) -> int:
    """The shorter side of the only map among the inputs; 0 where the text leaves it to an argument."""
    maps = [value for value in net.inputs if value.rank == 4]
    declared = declaration(subject, net, maps[0].name) if len(maps) == 1 else None
    if declared is None or not isinstance(declared.shape, ast.ShapeLiteral):
        return 0
    return min(size for size in language_shape(maps[0])[1:] if isinstance(size, int))
