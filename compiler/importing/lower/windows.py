"""Convolution and pooling: what slides over maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow
from netc.compiler.importing.lowering import Lowering, Weight, lowers
from netc.compiler.importing.records import Constant, ForeignNode
from netc.compiler.ir import Shape, Size
from netc.compiler.layers.spatial import Window, ceil_pads, same_pads
from netc.compiler.ops.window import window_sizes

Ints = tuple[int, ...]

FOLDED = (
    "the exporter folded batch norms into convolutions, so that training goes on without them; to keep them use "
    "`torch.onnx.export(…, dynamo=False, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)`"
)


def moving(node: ForeignNode, sizes: Shape, kernel: Ints) -> Window:
    """How a window moves over the spatial axes, automatic padding worked out."""
    rank, said = len(sizes), node.attributes
    strides, dilations = tuple(said.get("strides", (1,) * rank)), tuple(said.get("dilations", (1,) * rank))
    pads = tuple(said.get("pads", (0,) * 2 * rank))
    auto = said.get("auto_pad", "NOTSET")
    if auto == "VALID":
        pads = (0,) * 2 * rank
    elif auto in ("SAME_UPPER", "SAME_LOWER"):
        extents = Window(kernel, strides, dilations, pads).extents
        pads = same_pads(sizes, extents, strides)
        if auto == "SAME_LOWER":
            pads = (*pads[rank:], *pads[:rank])
    if any(pad < 0 for pad in pads):
        raise unsupported("a padding below 0", node=node)
    return Window(kernel, strides, dilations, pads)


def same(sizes: Sequence[Any]) -> Any:
    """One number for sizes that are alike, else all of them."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def pad_argument(pads: Ints, sizes: Shape, window: Window) -> Any:
    """What `pad` says: `same`, a number, one for each axis, or both for each axis."""
    rank = len(sizes)
    before, after = pads[:rank], pads[rank:]
    if not any(pads):
        return 0
    if before == after:
        return same(before)
    try:
        if same_pads(sizes, window.extents, window.strides) == pads:
            return "same"
    except ValueError:
        pass
    return tuple(zip(before, after, strict=True))


def arguments(window: Window, sizes: Shape) -> dict[str, Any]:
    """The arguments that layers with windows share, without those that say nothing new."""
    found: dict[str, Any] = {"kernel": _kernel(window.kernel)}
    if any(step != 1 for step in window.strides):
        found["stride"] = same(window.strides)
    if any(window.pads):
        found["pad"] = pad_argument(window.pads, sizes, window)
    if any(step != 1 for step in window.dilations):
        found["dilation"] = same(window.dilations)
    return found


def _kernel(kernel: Ints) -> Any:
    return kernel[0] if len(kernel) == 1 else kernel


@lowers("Conv")
def conv(g: Lowering, node: ForeignNode) -> Flow:
    x, w, bias = g.value(node), g.constant(node, 1), g.constant(node, 2)
    assert w is not None
    kernel = tuple(w.array.shape[2:])
    sizes, groups = x.shape[2:], node.attributes.get("group", 1)
    window = moving(node, sizes, kernel)
    if x.rank != w.array.ndim or x.shape[1] != w.array.shape[1] * groups:
        raise unsupported(f"weights of {list(w.array.shape)}, group {groups}, for {list(x.shape[1:])}", node=node)
    shape = (x.shape[0], w.array.shape[0], *window_sizes(sizes, kernel, window.strides, window.pads, window.dilations))
    if node.fused or (bias is not None and w.name.startswith("onnx::Conv_")):
        g.note(FOLDED)
    word, given = "conv", {"filters": w.array.shape[0], **arguments(window, sizes)}
    if groups > 1 and groups == x.shape[1]:
        word = "depthwise"
        multiplier = given.pop("filters") // groups
        given |= {"multiplier": multiplier} if multiplier > 1 else {}
    elif groups > 1:
        given["groups"] = groups
    return Flow.of(g.layer(word, [x], shape, given | without(bias), with_bias(w, bias)))


def without(bias: Constant | None) -> dict[str, Any]:
    """The argument of a layer that has no bias."""
    return {"bias": False} if bias is None else {}


def with_bias(weight: Constant, bias: Constant | None) -> dict[str, Weight]:
    """The weights of a layer with or without a bias."""
    found = {"weight": Weight(weight.key, weight.array)}
    if bias is not None:
        found["bias"] = Weight(bias.key, bias.array.reshape(-1))
    return found


@lowers("ConvTranspose")
def conv_transpose(g: Lowering, node: ForeignNode) -> Flow:
    x, w, bias = g.value(node), g.constant(node, 1), g.constant(node, 2)
    assert w is not None
    kernel, sizes, said = tuple(w.array.shape[2:]), x.shape[2:], node.attributes
    rank, groups = len(sizes), said.get("group", 1)
    strides, dilations = tuple(said.get("strides", (1,) * rank)), tuple(said.get("dilations", (1,) * rank))
    extra = tuple(said.get("output_padding", (0,) * rank))
    extents = Window(kernel, strides, dilations, ()).extents
    pads = tuple(said.get("pads", (0,) * 2 * rank))
    auto = said.get("auto_pad", "NOTSET")
    if "output_shape" in said or auto in ("SAME_UPPER", "SAME_LOWER"):
        wanted = said.get("output_shape") or [size * step for size, step in zip(sizes, strides, strict=True)]
        cut = [
            (size - 1) * s + e + o - w
            for size, s, e, o, w in zip(sizes, strides, extents, extra, wanted[-rank:], strict=True)
        ]
        if not all(isinstance(item, int) and item >= 0 for item in cut):
            raise unsupported("a transposed convolution to a given size", node=node)
        small, large = tuple(item // 2 for item in cut), tuple(item - item // 2 for item in cut)
        pads = (*small, *large) if auto != "SAME_LOWER" else (*large, *small)
    out: list[Size] = [
        (size - 1) * strides[i] + extents[i] - pads[i] - pads[i + rank] + extra[i] for i, size in enumerate(sizes)
    ]
    given: dict[str, Any] = {"filters": w.array.shape[1] * groups, "kernel": _kernel(kernel)}
    given |= {"stride": same(strides)} if any(step != 1 for step in strides) else {}
    before, after = pads[:rank], pads[rank:]
    given |= {"pad": same(before) if before == after else tuple(zip(before, after, strict=True))} if any(pads) else {}
    given |= {"output_pad": same(extra)} if any(extra) else {}
    given |= {"dilation": same(dilations)} if any(step != 1 for step in dilations) else {}
    given |= {"groups": groups} if groups > 1 else {}
    shape = (x.shape[0], given["filters"], *out)
    return Flow.of(g.layer("conv_transpose", [x], shape, given | without(bias), with_bias(w, bias)))


@lowers("MaxPool", "AveragePool", "LpPool")
def pool(g: Lowering, node: ForeignNode) -> Flow:
    x, said = g.value(node), node.attributes
    if len(node.outputs) > 1 and node.outputs[1]:
        raise unsupported("the places of maxima", "unpool from the map itself: `unpool(before)`", node)
    sizes, kernel = x.shape[2:], tuple(said["kernel_shape"])
    window = moving(node, sizes, kernel)
    if any(step != 1 for step in window.dilations):
        raise unsupported("a pooling with dilation", node=node)
    word = {"MaxPool": "maxpool", "AveragePool": "avgpool", "LpPool": "lppool"}[node.op]
    given = arguments(window, sizes)
    given.pop("stride", None)
    if window.strides != kernel:
        given["stride"] = same(window.strides)
    if said.get("ceil_mode", 0):
        longer = ceil_pads(sizes, window)
        if longer != window.pads:
            given["ceil"] = True
            window = Window(kernel, window.strides, window.dilations, longer)
    if word == "avgpool" and said.get("count_include_pad", 0) and "pad" in given:
        given["count_pad"] = True
    if word == "lppool" and said.get("p", 2) != 2:
        given["p"] = said["p"]
    shape = (*x.shape[:2], *window_sizes(sizes, kernel, window.strides, window.pads))
    if kernel == sizes and not any(window.pads) and word in ("maxpool", "avgpool"):
        return Flow.of(g.layer(f"global_{word}", [x], shape, {"keep": True}))
    return Flow.of(g.layer(word, [x], shape, given))


@lowers("GlobalAveragePool", "GlobalMaxPool")
def global_pool(g: Lowering, node: ForeignNode) -> Flow:
    x = g.value(node)
    word = "global_avgpool" if node.op == "GlobalAveragePool" else "global_maxpool"
    y = g.layer(word, [x], x.shape[:2])
    return Flow(y, ((0,), (1,), *((),) * (x.rank - 2)))


@lowers("Resize", "Upsample")
def resize(g: Lowering, node: ForeignNode) -> Flow:
    x, said = g.value(node), node.attributes
    at = 1 if node.op == "Upsample" or g.opset < 11 else 2
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}.get(said.get("mode", "nearest"))
    how = said.get("coordinate_transformation_mode", "asymmetric" if g.opset < 11 else "half_pixel")
    if mode is None or said.get("antialias", 0) or said.get("exclude_outside", 0):
        raise unsupported(f"a resize of mode {said.get('mode')}", node=node)
    axes = tuple(said.get("axes", range(x.rank)))
    scales, sizes = _scales(g, node, at, axes, x.rank), _sizes(g, node, axes, x)
    given: dict[str, Any] = {}
    if sizes is not None:
        wanted = sizes
        ratio = [
            new // old if isinstance(new, int) and isinstance(old, int) and new % old == 0 else None
            for new, old in zip(sizes, x.shape[2:], strict=True)
        ]
        if all(ratio):
            given["scale"] = same(ratio)
        elif all(isinstance(size, int) for size in sizes):
            given["size"] = tuple(sizes)
        else:
            raise unsupported("a resize to a size that only a run knows", node=node)
    else:
        wanted = [_scaled(size, scale, node) for size, scale in zip(x.shape[2:], scales, strict=True)]
        given["scale"] = same([int(s) if float(s).is_integer() else s for s in scales])
    whole = isinstance(given.get("scale"), int)
    alike = how in ("half_pixel", "pytorch_half_pixel") or (mode == "nearest" and how == "asymmetric" and whole)
    if mode == "nearest" and not (
        whole and said.get("nearest_mode", "round_prefer_floor") in ("floor", "round_prefer_floor")
    ):
        alike = how == "asymmetric" and said.get("nearest_mode") == "floor"
    if mode == "bicubic" and abs(said.get("cubic_coeff_a", -0.75) + 0.75) > 1e-6:
        alike = False
    if not alike:
        raise unsupported(f"a resize of mode {mode} with coordinates `{how}`", node=node)
    if mode != "nearest":
        given["mode"] = mode
    return Flow.of(g.layer("upsample", [x], (*x.shape[:2], *wanted), given))


def _scaled(size: Size, scale: float, node: ForeignNode) -> Size:
    if scale.is_integer():
        return size * int(scale)
    if not isinstance(size, int):
        raise unsupported("a resize of a size that only a run knows by a broken number", node=node)
    return math.floor(size * scale)


def _scales(g: Lowering, node: ForeignNode, at: int, axes: Ints, rank: int) -> list[float]:
    found = g.constant(node, at)
    given = (
        found.array.ravel().tolist() if found is not None and found.array.size else node.attributes.get("scales", [])
    )
    whole = dict(zip(axes, given, strict=False))
    scales = [float(whole.get(axis, 1.0)) for axis in range(rank)]
    if scales[:2] != [1.0, 1.0]:
        raise unsupported("a resize of channels", node=node)
    return scales[2:]


def _sizes(g: Lowering, node: ForeignNode, axes: Ints, x: Any) -> list[Size] | None:
    found = g.constant(node, 3)
    if found is None or not found.array.size:
        return None
    if node.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise unsupported("a resize that keeps the aspect ratio", node=node)
    whole = dict(zip(axes, found.sizes(), strict=True))
    return [whole.get(axis, x.shape[axis]) for axis in range(2, x.rank)]


@lowers("DepthToSpace")
def depth_to_space(g: Lowering, node: ForeignNode) -> Flow:
    x, scale = g.value(node), node.attributes["blocksize"]
    shape = (x.shape[0], x.shape[1] // scale**2, x.shape[2] * scale, x.shape[3] * scale)
    if node.attributes.get("mode", "DCR") == "CRD":
        return Flow.of(g.layer("pixel_shuffle", [x], shape, {"scale": scale}))
    cut = g.b.Reshape(x, shape=(x.shape[0], scale, scale, shape[1], *x.shape[2:]))
    return Flow(cut, ((0,), (3,), (4, 1), (5, 2)))


@lowers("SpaceToDepth")
def space_to_depth(g: Lowering, node: ForeignNode) -> Flow:
    x, scale = g.value(node), node.attributes["blocksize"]
    high, wide = x.shape[2] // scale, x.shape[3] // scale
    cut = g.b.Reshape(x, shape=(*x.shape[:2], high, scale, wide, scale))
    return Flow(cut, ((0,), (3, 5, 1), (2,), (4,)))
