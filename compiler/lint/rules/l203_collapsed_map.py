"""L203: a map that is down to one place while convolutions are still to come."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value, format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import is_activation, is_norm, keeps
from netc.compiler.lint.windows import WINDOWS, Axis
from netc.compiler.lint.wiring import Wiring
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L203")
def collapsed_map(subject: Subject) -> Iterator[Diagnostic]:
    """The map is down to 1x1 while two convolutions or more with larger kernels are still to come.

    ## What it does
    Finds a stride or a pooling that leaves a map of a single place, behind which two or more convolutions with kernels
    larger than 1x1 follow one another.

    ## Why is this bad
    From there on nothing is left to look around at: all of a 3x3 kernel but its middle meets padding alone, which is
    8/9 of its weights and of its time, and what was where in the image is lost before the last layers could use it.
    Mostly a network for large images was given small ones, or one pooling too many.

    ## Example
    ```
    net Collapsed {
      input image: 3x16x16
      for filters in [16, 32, 64, 128] { conv(filters, 3x3, stride=2, pad=1, act=relu) }
      conv(128, 3x3, pad=1, act=relu) -> conv(128, 3x3, pad=1, act=relu)
      flatten -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Kept {
      input image: 3x16x16
      for filters in [16, 32] { conv(filters, 3x3, stride=2, pad=1, act=relu) }
      conv(128, 3x3, pad=1, act=relu) -> conv(128, 3x3, pad=1, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        padded = {id(layer): layer for layer, node in wiring.of("Conv") if _on_one_place(wiring.axes(node))}
        told: set[int] = set()
        for layer in padded.values():
            if wiring.maker(_before(layer, wiring)) not in padded.values() or len(padded) < 2:
                continue
            shrinking = _shrinking(layer, wiring)
            if shrinking is None or id(shrinking) in told:
                continue
            told.add(id(shrinking))
            before = format_shape(language_shape(shrinking.inputs[0]))
            yield warning(
                f"the map is down to one place, and {counted(len(padded), 'convolution')} with larger kernels follow",
                shrinking.span,
                f"makes {format_shape(language_shape(shrinking.outputs[0]))} of {before}",
                secondary=(Label(layer.span, "its kernel meets padding, but for one weight a channel"),),
                help="halve the map less often, or give the net larger images",
            )


def _on_one_place(axes: list[Axis]) -> bool:
    return bool(axes) and all(axis.size == 1 for axis in axes) and any(axis.kernel > 1 for axis in axes)


def _beside(layer: LayerInstance) -> bool:
    return is_activation(layer) or is_norm(layer) or keeps(layer)


def _before(layer: LayerInstance, wiring: Wiring) -> Value:
    return wiring.back(layer.inputs[0], _beside)


def _shrinking(layer: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The layer in a row before this one that makes a map of one place of a larger one by windows."""

    def on_one_place(before: LayerInstance) -> bool:
        return all(size == 1 for size in language_shape(before.inputs[0])[1:])

    maker = wiring.maker(wiring.back(layer.inputs[0], on_one_place))
    windows = maker is not None and any(node.op in WINDOWS for node in maker.nodes)
    return maker if windows else None
