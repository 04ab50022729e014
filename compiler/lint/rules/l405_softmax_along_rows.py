"""L405: softmax along the last axis of a map, which are its columns."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import with_argument_at
from netc.compiler.lint.layers import SOFTMAXES, is_activation, is_norm
from netc.compiler.lint.wiring import Wiring
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic

MAPS = frozenset(("conv", "conv_transpose", "upsample", "depthwise", "separable", "maxpool", "avgpool"))


@rule("L405", fix="unsafe", changes=(Change.STRUCTURE,))
def softmax_along_rows(subject: Subject) -> Iterator[Diagnostic]:
    """Softmax of a map runs along its rows, not over its channels.

    ## What it does
    Finds `softmax` and `log_softmax` without `axis` of a map `[C, H, W]` that a convolution or an upsampling made, also
    as a convolution's `act=`.

    ## Why is this bad
    Softmax works along the last axis unless told, and the classes of a map are its channels, the first one. As it
    stands the places of a row compete with each other, and a class is more likely where the others of its row are less.
    The shapes fit all the same.

    ## Example
    ```
    net Rows {
      input image: 3x32x32
      conv(16, 3x3, pad=same, act=relu) -> conv(4, 1x1) -> softmax
    }
    ```

    ## Use instead
    ```
    net Channels {
      input image: 3x32x32
      conv(16, 3x3, pad=same, act=relu) -> conv(4, 1x1) -> softmax(axis=0)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Softmax", "LogSoftmax"):
            x = node.inputs[0]
            if x.rank == 4 and node.attributes["axis"] == 3 and x.shape[3] != 1 and _of_a_map(layer, wiring):
                yield warning(
                    f"this softmax runs along the {counted(x.shape[3], 'column')} of a map",
                    layer.span,
                    f"the classes of {format_shape(language_shape(x))} are its {counted(x.shape[1], 'channel')}",
                    help="write `softmax(axis=0)`",
                    fix=with_argument_at(layer.span, "axis=0", subject, bare=True) if layer.word in SOFTMAXES else None,
                )


def _of_a_map(layer: LayerInstance, wiring: Wiring) -> bool:
    if layer.word not in SOFTMAXES:
        return layer.word in MAPS
    maker = wiring.maker(wiring.back(layer.inputs[0], lambda before: is_activation(before) or is_norm(before)))
    return "axis" not in layer.argument_spans and maker is not None and maker.word in MAPS
