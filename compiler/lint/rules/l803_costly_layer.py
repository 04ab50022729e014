"""L803: one layer that takes most of the time and holds few of the parameters."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.cost import whole, work
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.5
PARAMETERS = 0.05
SMALLEST = 20_000_000
LAYERS = 4


@rule("L803")
def costly_layer(subject: Subject) -> Iterator[Diagnostic]:
    """One layer takes more than half of the time and holds less than a twentieth of the parameters.

    ## What it does
    Finds a layer with more than half of a network's multiply-accumulates and less than 5 % of its parameters, in
    networks of 20 million multiply-accumulates and four layers with weights, or more.

    ## Why is this bad
    The work of a convolution grows with the places of its map, what it can learn with its weights: a layer like this
    one sees the image at nearly full size. A stride or a pooling before it saves three quarters of its work and changes
    little else; published networks halve the map once or twice before the first expensive layer.

    ## Example
    ```
    net Late {
      input image: 3x128x128
      conv(16, 3x3, pad=same, act=relu)
      conv(16, 3x3, pad=same, act=relu) -> maxpool(8x8)
      conv(64, 3x3, pad=same, act=relu)
      conv(96, 3x3, pad=same, act=relu) -> maxpool(2x2)
      conv(128, 3x3, pad=same, act=relu) -> global_avgpool
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Early {
      input image: 3x128x128
      conv(16, 3x3, pad=same, act=relu) -> maxpool(2x2)
      conv(16, 3x3, pad=same, act=relu) -> maxpool(4x4)
      conv(64, 3x3, pad=same, act=relu)
      conv(96, 3x3, pad=same, act=relu) -> maxpool(2x2)
      conv(128, 3x3, pad=same, act=relu) -> global_avgpool
      logits = dense(10)
    }
    ```
    """
    for net in subject.nets:
        works = work(subject, net)
        total = whole(works)
        if total is None or total < SMALLEST:
            continue
        counts = subject.wiring(net).weighted
        parameters = sum(count for _, count in counts)
        for layer, count in counts if len(counts) >= LAYERS else ():
            own = works[id(layer)]
            if isinstance(own, int) and own > SHARE * total and count < PARAMETERS * parameters:
                shape = format_shape(language_shape(layer.outputs[0]))
                yield warning(
                    f"one layer takes {100 * own // total} % of the work with {100 * count / parameters:.1f} % of "
                    "the parameters",
                    layer.span,
                    f"{own:,} of {total:,} multiply-accumulates, at {shape}",
                    help="pool or stride before it: half the rows and columns are a quarter of its work",
                )
