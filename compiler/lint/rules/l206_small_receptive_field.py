"""L206: a classifier that looks at less than half of the image at a time."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value, format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import is_norm
from netc.compiler.lint.windows import WINDOWS
from netc.compiler.lint.wiring import Wiring
from netc.compiler.net import Net
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.5
FEWEST = 5
Field = tuple[int, ...]
Window = tuple[Field, tuple[int, ...]]


@rule("L206")
def small_receptive_field(subject: Subject) -> Iterator[Diagnostic]:
    """What a global pooling averages has seen less than half of the image's width or height.

    ## What it does
    Works out the receptive field of what flows into the last `global_avgpool` or `global_maxpool`, behind five
    convolutions or more, and reports it where it spans less than half of the input along an axis. How large the things
    to recognise are can be said in the text: `expect receptive_field(features) >= 64` is checked with the net.

    ## Why is this bad
    Averaging knows no places, so the network judges by a bag of small patches: it can tell a fur from a wing, and not
    where the wing sits. Whatever is larger than the field is never seen as a whole. More layers, strides and dilations
    widen it; each layer of 3x3 adds two strides of the layers before.

    ## Example
    ```
    net Near {
      input image: 3x64x64
      for filters in [16, 16, 32, 32, 64] { conv(filters, 3x3, pad=same, act=relu) }
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Far {
      input image: 3x64x64
      for filters in [16, 16, 32, 32, 64] { conv(filters, 3x3, pad=same, act=relu) -> maxpool(2x2) }
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        pools = list(wiring.called("global_avgpool", "global_maxpool"))
        images = [value for value in net.inputs if len(language_shape(value)) > 2]
        if not pools or len(images) != 1 or _sees_enough(pools[-1].inputs[0], wiring) or _looks(wiring) < FEWEST:
            continue
        sizes = language_shape(images[0])[1:]
        field = _field(pools[-1], net, images[0], wiring)
        if field is None or len(field) != len(sizes) or not all(isinstance(size, int) for size in sizes):
            continue
        if any(seen < SHARE * size for seen, size in zip(field, sizes, strict=True)):  # type: ignore[operator]
            yield warning(
                f"what is averaged has seen {format_shape(field)} of an image of {format_shape(sizes)}",
                pools[-1].span,
                "averages patches, which know nothing of each other",
                help="add layers, strides or dilations before it, or `flatten` a small map instead of averaging",
            )


def _sees_enough(value: Value, wiring: Wiring) -> bool:
    """Whether one path back from a map shows already that each place has seen enough, or cannot be followed."""
    seen = (1,) * (value.rank - 2)
    while True:
        sizes = value.shape[2:]
        if len(sizes) != len(seen) or not all(isinstance(size, int) for size in sizes):
            return True
        if all(have >= SHARE * size for have, size in zip(seen, sizes, strict=True)):  # type: ignore[operator]
            return True
        maker = wiring.maker(value)
        before = wiring.before(maker) if maker is not None else []
        if maker is None or not before:
            return False
        for node in reversed(maker.nodes):
            if node.op in WINDOWS and (axes := wiring.axes(node)):
                seen = tuple((have - 1) * axis.stride + axis.extent for have, axis in zip(seen, axes, strict=True))
        value = before[-1]


def _looks(wiring: Wiring) -> int:
    """How many convolutions look at more than one place."""
    return sum(any(axis.kernel > 1 for axis in wiring.axes(node)) for _, node in wiring.of("Conv"))


def _field(last: LayerInstance, net: Net, image: Value, wiring: Wiring) -> Field | None:
    """The receptive field of what a layer reads, forwards; None where something else than windows looks around."""
    start = (1,) * (image.rank - 2)
    known: dict[Value, Window | None] = {image: (start, start)}
    for layer in net.layers:
        before = [known[value] for value in wiring.before(layer) if value in known]
        if not before:
            continue
        widest = None if None in before else _widest(before)
        if layer is last:
            return widest[0] if widest else None
        known |= dict.fromkeys(layer.outputs, _after(layer, widest, wiring) if widest else None)
    return None


def _widest(before: list[Window | None]) -> Window:
    some = [window for window in before if window is not None]
    fields, steps = zip(*some, strict=True)
    return tuple(map(max, zip(*fields, strict=True))), tuple(map(max, zip(*steps, strict=True)))


def _after(layer: LayerInstance, window: Window, wiring: Wiring) -> Window | None:
    """The field of one place of a layer's result and the distance of two, where only windows look around."""
    field, step = window
    for node in layer.nodes if not is_norm(layer) else ():
        if node.op in WINDOWS:
            axes = wiring.axes(node)
            if len(axes) != len(field):
                return None
            field = tuple(seen + (axis.extent - 1) * far for seen, far, axis in zip(field, step, axes, strict=True))
            step = tuple(far * axis.stride for far, axis in zip(step, axes, strict=True))
        elif get_op(node.op).kind not in (Kind.ELEMENTWISE, Kind.SOURCE) and node.op != "Concat":
            return None
    return field, step
