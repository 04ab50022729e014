"""L201: a size that `flatten` would work out, written as a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.compiler.ir import format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import instead, is_literal
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic


@rule("L201", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def magic_flatten_size(subject: Subject) -> Iterator[Diagnostic]:
    """A map is flattened by `reshape` to a number that somebody worked out by hand.

    ## What it does
    Finds `reshape([800])` of a value with several axes, with the size written as a number.

    ## Why is this bad
    The number depends on every kernel, stride and padding before it and on the size of the input. Whoever changes one
    of them has to work it out again, and a reader has to work it out to see that it is right. `flatten` needs none.

    ## Example
    ```
    net Counted {
      input image: 1x28x28
      conv(16, 5x5, act=relu) -> maxpool(2x2)
      reshape([2304])
      dense(10)
    }
    ```

    ## Use instead
    ```
    net Flattened {
      input image: 1x28x28
      conv(16, 5x5, act=relu) -> maxpool(2x2)
      flatten
      dense(10)
    }
    ```
    """
    for net in subject.nets:
        for layer in subject.wiring(net).called("reshape"):
            before, after = language_shape(layer.inputs[0]), language_shape(layer.outputs[0])
            given: Any = layer.layer
            if len(before) > 1 and len(after) == 1 and given.shape != (-1,) and is_literal(layer, "shape", subject):
                yield warning(
                    f"the size {after[0]} is written where `flatten` works it out",
                    layer.span,
                    f"{format_shape(before)} has {counted(after[0], 'element')}, until something before it changes",
                    help="write `flatten`",
                    fix=instead(layer.span, "flatten", subject),
                )
