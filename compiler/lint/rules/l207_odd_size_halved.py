"""L207: an odd map that is halved, doubled again, and joined with what it was."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.windows import WINDOWS, Axis
from netc.compiler.lint.wiring import Wiring, data_inputs
from netc.compiler.net import Net
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

UP = frozenset(("conv_transpose", "upsample", "unpool", "pixel_shuffle"))
JOINING = frozenset(("concat", "add"))


@rule("L207")
def odd_size_halved(subject: Subject) -> Iterator[Diagnostic]:
    """A map whose size the stride doesn't divide is made smaller, larger again, and joined with what was before.

    ## What it does
    Finds, in networks that go down and up again with skip connections, as a U-Net does, strides and poolings whose
    result times the stride isn't their input's size: 25 rows become 12, and 12 become 24. To be joined, one of the two
    must have been cropped, padded or resized.

    ## Why is this bad
    The two maps no longer lie on each other: each such layer moves what is joined by a part of a pixel, different at
    the left and the right edge, and a row of the image is lost or made up. The network draws its borders there. An
    input size that all strides divide needs no crop.

    ## Example
    ```
    net Odd {
      input image: 3x50x50
      skip = conv(16, 3x3, pad=same, act=relu)
      maxpool(2x2) -> conv(32, 3x3, pad=same, act=relu)
      maxpool(2x2) -> conv(64, 3x3, pad=same, act=relu)
      upsample(4) -> pad(1) -> concat(skip) -> conv(2, 1x1)
    }
    ```

    ## Use instead
    ```
    net Even {
      input image: 3x48x48
      skip = conv(16, 3x3, pad=same, act=relu)
      maxpool(2x2) -> conv(32, 3x3, pad=same, act=relu)
      maxpool(2x2) -> conv(64, 3x3, pad=same, act=relu)
      upsample(4) -> concat(skip) -> conv(2, 1x1)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        if UP & wiring.by_word.keys() and JOINING & wiring.by_word.keys():
            cuts = {layer: axis for layer, node in wiring.of(*WINDOWS) for axis in wiring.axes(node) if _cuts(axis)}
            if cuts:
                yield from _joined(net, wiring, cuts)


def _cuts(axis: Axis) -> bool:
    return axis.stride > 1 and axis.steps * axis.stride != axis.size


def _joined(net: Net, wiring: Wiring, cuts: dict[LayerInstance, Axis]) -> Iterator[Diagnostic]:
    """The cuts whose map is made larger and joined with one from before the cut."""
    below: dict[Value, frozenset[LayerInstance]] = {}
    above: dict[Value, frozenset[LayerInstance]] = {}
    told: set[LayerInstance] = set()
    none: frozenset[LayerInstance] = frozenset()
    for layer in net.layers:
        before = data_inputs(layer)
        down = none.union(*(below.get(value, none) for value in before))
        up = none.union(*(above.get(value, none) for value in before))
        if layer.word in JOINING and len(before) > 1:
            for cut in up - told:
                if any(cut not in above.get(value, none) and cut not in below.get(value, none) for value in before):
                    told.add(cut)
                    yield _finding(cut, cuts[cut], layer, _advice(net, wiring))
        if layer.word in UP:
            up, down = (none, none) if _resizes(layer) else (up | down, none)
        if layer in cuts:
            down = down | {layer}
        for value in layer.outputs:
            if down:
                below[value] = down
            if up:
                above[value] = up


def _resizes(layer: LayerInstance) -> bool:
    """Whether it makes a map of a size that is no multiple of the one before: what lies where is stretched to fit."""
    before, after = layer.inputs[0].shape[2:], layer.outputs[0].shape[2:]
    if len(before) != len(after) or not all(isinstance(size, int) for size in (*before, *after)):
        return True
    return layer.word == "upsample" and any(new % old for old, new in zip(before, after, strict=True))


def _advice(net: Net, wiring: Wiring) -> str:
    """Which sizes of the input all strides divide, where padding keeps the map's size otherwise."""
    strides: dict[Value, int] = {}
    for layer in net.layers:
        here = max((strides.get(value, 1) for value in wiring.before(layer)), default=1)
        for node in layer.nodes:
            here *= max(node.attributes["strides"]) if node.op in WINDOWS else 1
        strides |= dict.fromkeys(layer.outputs, here)
    whole = max(strides.values(), default=1)
    sizes = [size for value in net.inputs for size in value.shape[2:] if isinstance(size, int) and size % whole]
    if not sizes:
        return "choose the input's size and the paddings so that every stride divides the map it meets"
    below = sizes[0] // whole * whole
    fitting = f"{below} or {below + whole}" if below else f"{whole}"
    return f"give the net an input whose size is a multiple of {whole}, {fitting} in place of {sizes[0]}"


def _finding(cut: LayerInstance, axis: Axis, joining: LayerInstance, advice: str) -> Diagnostic:
    back = axis.steps * axis.stride
    return warning(
        f"{counted(axis.size, 'row')} become {axis.steps}, and {back} when they are made larger again",
        cut.span,
        f"a stride of {axis.stride} on a map of {axis.size}",
        secondary=(Label(joining.span, f"joined here with a map that never was {back}"),),
        help=advice,
    )
