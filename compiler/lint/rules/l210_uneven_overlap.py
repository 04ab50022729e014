"""L210: a transposed convolution whose stride doesn't divide its kernel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from netc.compiler.lint.base import Subject, rule, warning
from netc.grammar.diagnostics import Diagnostic


@rule("L210")
def uneven_overlap(subject: Subject) -> Iterator[Diagnostic]:
    """A transposed convolution's stride doesn't divide its kernel, which draws a checkerboard.

    ## What it does
    Finds `conv_transpose` with a stride above 1 that doesn't divide the kernel, and counts how many windows meet at the
    places of the result.

    ## Why is this bad
    With a kernel of 3x3 and a stride of 2 some places are the sum of four windows and others of one, in a pattern that
    repeats every two pixels. Networks that draw pictures or maps show it as a checkerboard, and spend weights on
    undoing it (Odena et al. 2016, Deconvolution and checkerboard artifacts).

    ## Example
    ```
    net Checkered {
      input code: 16x8x8
      conv_transpose(8, 3x3, stride=2, pad=1, act=relu)
      conv(3, 3x3, pad=same)
    }
    ```

    ## Use instead
    ```
    net Smooth {
      input code: 16x8x8
      conv_transpose(8, 4x4, stride=2, pad=1, act=relu)
      conv(3, 3x3, pad=same)
    }
    ```
    """
    for net in subject.nets:
        for layer, node in subject.wiring(net).of("ConvTranspose"):
            kernel: Any = node.inputs[1].shape[2:]
            strides = node.attributes["strides"]
            pairs = list(zip(kernel, strides, strict=True))
            if any(size % step for size, step in pairs):
                most = math.prod(-(-size // step) for size, step in pairs)
                fewest = math.prod(size // step for size, step in pairs)
                fitting = "x".join(str(-(-size // step) * step) for size, step in pairs)
                yield warning(
                    f"some places of the result are made of {most} of its windows, others of {fewest}",
                    layer.span,
                    f"a kernel of {'x'.join(map(str, kernel))}, stride {'x'.join(map(str, strides))}",
                    help=f"use a kernel of {fitting}, or `upsample({max(strides)})` and a convolution",
                )
