"""L211: a pooling whose window is as large as the map."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import everywhere, instead, is_literal
from netc.grammar.diagnostics import Change, Diagnostic

GLOBAL = {"avgpool": "global_avgpool", "maxpool": "global_maxpool"}


@rule("L211", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def pool_of_whole_map(subject: Subject) -> Iterator[Diagnostic]:
    """A pooling's window is written as large as the whole map.

    ## What it does
    Finds `avgpool(7x7)` and `maxpool(7x7)` of a map of 7x7, with the size written as a number.

    ## Why is this bad
    The size depends on that of the images and on every stride before it. With images a little larger it is a pooling of
    windows, whose result has places, and the next layer is refused or, worse, fits by chance. `global_avgpool` says
    what is meant and takes maps of all sizes.

    ## Example
    ```
    net Sized {
      input image: 3x32x32
      for filters in [16, 32, 64] { conv(filters, 3x3, pad=same, act=relu) -> maxpool(2x2) }
      avgpool(4x4) -> flatten -> dense(10)
    }
    ```

    ## Use instead
    ```
    net AnySize {
      input image: 3x32x32
      for filters in [16, 32, 64] { conv(filters, 3x3, pad=same, act=relu) -> maxpool(2x2) }
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        found: dict[object, list[LayerInstance]] = {}
        for layer, node in wiring.of("AveragePool", "MaxPool"):
            axes = wiring.axes(node)
            whole = all(axis.kernel == axis.size and axis.begin == axis.end == 0 for axis in axes)
            if axes and whole and max(axis.size for axis in axes) > 1 and layer.word in GLOBAL:
                found.setdefault(layer.span, []).append(layer)
        for layers in found.values():
            layer = layers[0]
            if is_literal(layer, "kernel", subject) and everywhere(layers, subject):
                word = GLOBAL[layer.word]
                yield warning(
                    "this window is the whole map",
                    layer.span,
                    "as long as the images keep their size",
                    help=f"write `{word}`, which needs no `flatten` behind it, or `{word}(keep=true)`",
                    fix=instead(layer.span, f"{word}(keep=true)", subject),
                )
