"""L308: a normalization over a single number."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Node, format_shape, language_shape, product
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import NORMS
from netc.grammar.diagnostics import Diagnostic


@rule("L308")
def norm_of_one_number(subject: Subject) -> Iterator[Diagnostic]:
    """A norm takes mean and variance of a single number, and gives zero whatever it is.

    ## What it does
    Finds `instancenorm` of a map of 1x1, `groupnorm` with a group for each channel of a vector, and `layernorm` along
    an axis of one element.

    ## Why is this bad
    The mean of one number is that number, so what is left is 0 for every input, or the learned shift: nothing of the
    image gets past this layer, and no gradient back. The network trains without a word of complaint and learns which
    classes are common. `rmsnorm` leaves the sign.

    ## Example
    ```
    net Silent {
      input image: 3x32x32
      conv(16, 3x3, act=relu) -> global_avgpool(keep=true) -> instancenorm -> relu
      flatten -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Heard {
      input image: 3x32x32
      conv(16, 3x3, bias=false) -> instancenorm -> relu
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        for layer, node in subject.wiring(net).of("Standardization"):
            if layer.word in NORMS and _numbers(node) == 1:
                left = "0, or what the shift adds" if node.attributes["centred"] else "1 or -1"
                yield warning(
                    f"{layer.word} over a single number",
                    layer.span,
                    f"of {format_shape(language_shape(layer.inputs[0]))} it always makes {left}",
                    help="normalize before the map is pooled, or over more channels together: `layernorm`",
                )


def _numbers(node: Node) -> int | None:
    """How many numbers it takes the mean of."""
    shape = node.inputs[0].shape
    size = product(tuple(shape[axis] for axis in node.attributes["axes"]))
    return size if isinstance(size, int) else None
