"""Numbers that samples are tried on, and what ONNX Runtime makes of a graph with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np
from sessions import session_of
from stages import legalise

from netc.compiler.declare.samples import Range
from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.passes import inference_mode
from netc.compiler.training.gradient import gradients
from netc.compiler.training.scan_gradient import saved_for_gradient

Array = np.ndarray[Any, Any]
LARGE = 100.0
"""How large the `large` numbers of layers are: e**88 is the largest that float32 holds."""


def generator(*names: object) -> np.random.Generator:
    """Random numbers that are the same on every run."""
    return np.random.default_rng(crc32(repr(names).encode()))


def floats(rng: np.random.Generator, shape: tuple[int, ...], draw: str, values: Range | None, large: float) -> Array:
    """`plain` numbers, `large` ones (the ends of `values`, where given), or `equal`: few values, zero among them."""
    low, high = values or (-1.0, 1.0)
    if draw == "plain":
        found = rng.normal(size=shape) if values is None else rng.uniform(low, high, shape)
    elif draw == "large":
        found = rng.normal(size=shape) * large if values is None else rng.choice([low, (low + high) / 2, high], shape)
    else:
        found = rng.integers(-2, 3, shape) if values is None else low + (high - low) * rng.integers(1, 4, shape) / 4
    return np.asarray(found, np.float32)


def runner(graph: Graph) -> Callable[[Mapping[str, Array]], dict[str, Array]]:
    """What gives all outputs of a graph in inference form, in ONNX Runtime, again and again."""
    session = session_of(emit(legalise(inference_mode(graph))).SerializeToString())
    names, outputs = {port.name for port in session.get_inputs()}, list(graph.outputs)

    def run(feeds: Mapping[str, Array]) -> dict[str, Array]:
        results = session.run(outputs, {name: feed for name, feed in feeds.items() if name in names})
        return dict(zip(outputs, results, strict=True))

    return run


def run(graph: Graph, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """All outputs of a graph in inference form, in ONNX Runtime."""
    return runner(graph)(feeds)


def with_gradients(graph: Graph, y: Sequence[Value], wanted: Sequence[Value]) -> tuple[Graph, list[Value]]:
    """A copy of the graph with the outputs `y0`, `y1`, … and `d.NAME`, the gradients of sum(y0 * dy0) + ….

    The slopes `dy0`, … are inputs, one for each output of real numbers; they come back too.
    """
    copy = graph.copy()
    copy.outputs = {f"y{at}": value for at, value in enumerate(y)}
    copy = saved_for_gradient(copy, wanted)
    g, total, slopes = Builder(copy), None, []
    for at, value in enumerate(copy.outputs.values()):
        if value.dtype == DType.FLOAT32:
            slopes.append(Value(f"dy{at}", DType.FLOAT32, value.shape))
            term = g.ReduceSum(g.Mul(value, slopes[-1]), axes=tuple(range(value.rank)))
            total = term if total is None else g.Add(total, term)
    found = {} if total is None else gradients(copy, total, list(wanted))
    copy.inputs = [*graph.inputs, *slopes]
    copy.outputs |= {f"d.{value.name}": slope for value, slope in found.items()}
    return copy, slopes


def assert_near(found: Array, expected: Any, what: str, tolerance: float = 2e-6) -> None:
    """Equal to rounding in float32: in each element, or by the size of all of them. Overflow is infinite."""
    with np.errstate(over="ignore"):
        wanted = np.asarray(expected, np.float64).astype(np.float32)
    assert found.shape == wanted.shape, what
    finite = np.abs(wanted[np.isfinite(wanted)].astype(np.float64))
    size = float(np.sqrt((finite**2).mean())) if finite.size else 0.0
    np.testing.assert_allclose(found, wanted, rtol=10 * tolerance, atol=tolerance * max(size, 1e-3), err_msg=what)


def assert_bounded(found: Array, expected: Any, what: str) -> None:
    """What `assert_near` says, for slopes at large numbers: a function that is flat there has slopes of rounding size,
    and where one comes near overflow its factors may overflow sooner."""
    tame = np.abs(np.asarray(expected)) < np.finfo(np.float32).max / 1e6
    wanted = np.where(tame, expected, 0.0)
    size = float(np.sqrt((wanted**2).mean())) if wanted.size else 0.0
    np.testing.assert_allclose(
        np.where(tame, found, 0.0), wanted, rtol=1e-4, atol=5e-6 * max(size, LARGE), err_msg=what
    )


def assert_drawn_alike(found: Array, expected: Any) -> None:
    """Two draws of one distribution, by the test of Kolmogorov and Smirnov at one in a thousand; no two rows alike."""
    a, b = np.sort(found.ravel()), np.sort(np.asarray(expected, np.float32).ravel())
    everywhere = np.concatenate([a, b])
    shares = [np.searchsorted(x, everywhere, side="right") / x.size for x in (a, b)]
    apart = float(np.abs(shares[0] - shares[1]).max())
    assert apart < 1.95 * np.sqrt(1 / a.size + 1 / b.size), f"drawn otherwise: {apart:.3f} apart"
    assert len(np.unique(found.reshape(len(found), -1), axis=0)) == len(found)
    assert len(np.unique(found)) > 0.99 * found.size
