"""Networks for pictures that are small as a file and ask for more than any machine has, once they are imported."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from hostile_models import model, node, numbers, port

LONG = 1 << 20


def network(*grown: onnx.NodeProto, **weights: np.ndarray) -> bytes:
    """A convolution of two filters, what `a` is grown to as `b`, and its mean: two numbers of a picture."""
    weights = {"w": np.ones((2, 3, 3, 3), np.float32), **weights}
    nodes = [node("Conv", ["x", "w"], ["a"]), *grown, node("GlobalAveragePool", ["b"], ["c"]), node("Flatten", ["c"])]
    return model(nodes, [port("x", ["N", 3, 8, 8])], weights=weights)


def expanded() -> bytes:
    """One number for each place of 2^40."""
    mean = node("GlobalAveragePool", ["a"], ["m"])
    return network(mean, node("Expand", ["m", "sizes"], ["b"]), sizes=numbers(1, 2, LONG, LONG))


def outer_product() -> bytes:
    """A column of 2^20 times a row of as many."""
    return network(
        node("GlobalAveragePool", ["a"], ["m"]), node("Expand", ["m", "tall"], ["t"]),
        node("Expand", ["m", "wide"], ["u"]), node("MatMul", ["t", "u"], ["b"]),
        tall=numbers(1, 2, LONG, 1), wide=numbers(1, 2, 1, LONG),
    )  # fmt: skip


def side_by_side() -> bytes:
    """Maps beside themselves, forty times."""
    doubled = [node("Concat", [f"a{at}", f"a{at}"], [f"a{at + 1}"], axis=2) for at in range(40)]
    return network(node("Identity", ["a"], ["a0"]), *doubled, node("Identity", ["a40"], ["b"]))


def window() -> bytes:
    """A mean of 2^62 places."""
    pool = node("AveragePool", ["a"], ["b"], kernel_shape=[2**31 - 1] * 2, pads=[2**30] * 4, count_include_pad=1)
    return network(pool)


def resized() -> bytes:
    return network(node("Resize", ["a", "", "s"], ["b"]), s=np.array([1, 1, 1 << 15, 1 << 15], np.float32))


def padded() -> bytes:
    return network(node("Pad", ["a", "pads"], ["b"]), pads=numbers(0, 0, 0, 0, 0, 0, LONG, LONG))


def spread() -> bytes:
    """A convolution whose outputs lie far apart."""
    spread = node("ConvTranspose", ["a", "v"], ["b"], strides=[1 << 17] * 2)
    return network(spread, v=np.ones((2, 2, 1, 1), np.float32))


def held() -> bytes:
    """An operator that no layer is like."""
    return network(node("CenterCropPad", ["a", "sizes"], ["b"], axes=[2, 3]), sizes=numbers(LONG, LONG))


def tiled() -> bytes:
    return network(node("Tile", ["a", "times"], ["b"]), times=numbers(1, 1, LONG, LONG))


def constant() -> bytes:
    filled = node("ConstantOfShape", ["sizes"], ["d"])
    return network(filled, node("Add", ["a", "d"], ["b"]), sizes=numbers(1, 2, LONG, LONG))


NETWORKS: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
    "expanded": (expanded, ("E141",)),
    "outer product": (outer_product, ("E141",)),
    "side by side": (side_by_side, ("E135",)),
    "window": (window, ("E141",)),
    "resized": (resized, ("E301",)),
    "padded": (padded, ("E141",)),
    "spread": (spread, ("E141",)),
    "held": (held, ("E141", "E586")),
    "tiled": (tiled, ("E141", "E586")),
    "constant": (constant, ("E592",)),
}
"""With the codes that say so: E586 where no gradient flows through what grows."""
