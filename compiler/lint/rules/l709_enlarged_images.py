"""L709: images brought to a size that they don't have."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.evidence import InputData
from netc.compiler.lint.sections import sections
from netc.grammar.diagnostics import Diagnostic

TIMES = 4
CHANNELS = (1, 3, 4)


@rule("L709")
def enlarged_images(subject: Subject) -> Iterator[Diagnostic]:
    """Images are enlarged to more than four times their pixels.

    ## What it does
    With the data at hand, compares the size of the stored images with the one that they are brought to.

    ## Why is this bad
    Interpolated pixels tell nothing new, and each costs as much as a real one: twice the side is four times the time
    and the memory of every convolution. A network for small images gives the same answers for a fraction of it. Where
    trained weights want the size, allow the finding.

    ## Example
    ```json
    {"card": {"inputs": [{"name": "image", "dtype": "uint8", "shape": [28, 28], "treated": {"resize": "224x224"}}]}}
    ```
    ```
    net Digits {
      input image: 1x224x224
      conv(16, 3x3, stride=2, pad=1, act=relu) -> global_avgpool
      logits = dense(10)
    }
    train Digits {
      loss         = cross_entropy(logits, label)
      optimizer    = adam(lr=1e-3)
      augmentation = [resize(224)]
    }
    ```

    ## Use instead
    ```json
    {"card": {"inputs": [{"name": "image", "dtype": "uint8", "shape": [28, 28]}]}}
    ```
    ```
    net Digits {
      input image: 1x28x28
      conv(16, 3x3, stride=2, pad=1, act=relu) -> global_avgpool
      logits = dense(10)
    }
    train Digits {
      loss         = cross_entropy(logits, label)
      optimizer    = adam(lr=1e-3)
    }
    ```
    """
    for section in sections(subject):
        for data in section.card.inputs if section.card is not None else ():
            stored = _size(data)
            if stored is None or data.resized is None or section.plan.init:
                continue
            times = data.resized[0] * data.resized[1] / (stored[0] * stored[1])
            if times > TIMES:
                small, large = (f"{height}x{width}" for height, width in (stored, data.resized))
                yield warning(
                    f"images of {small} are enlarged to {large}",
                    section.place("augmentation"),
                    f"{times:.0f} times the pixels, and the work on them",
                    help=f"declare the input as `{data.name}` of {small}, and stride or pool less at first",
                )


def _size(data: InputData) -> tuple[int, int] | None:
    """Height and width of a stored image, whose channels may stand first or last."""
    match data.shape:
        case (height, width):
            return height, width
        case (channels, height, width) if channels in CHANNELS:
            return height, width
        case (height, width, channels) if channels in CHANNELS:
            return height, width
    return None
