"""Examples as points, near to each other where the network finds them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.batches import chunks
from netc.runtime.inside.classes import called
from netc.runtime.inside.layers import embedding_value
from netc.runtime.inside.look import look
from netc.runtime.inside.view import Plot
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array
from netc.runtime.show.draw.colours import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAYS = ("pca", "tsne", "umap")
BATCH = 256
MARKERS = "os^Dvp*"
"""Classes with one colour have marks of their own."""


@look
def embedding(
    model: Model,
    inputs: Mapping[str, Array],
    labels: Array | None = None,
    layer: str | None = None,
    *,
    way: str = "pca",
    seed: int = 0,
) -> Plot:
    """The values of a layer in two dimensions: by principal components, or t-SNE or UMAP where they are installed.

    inputs  by name, `[N, …]`, as the net computes with them;  labels: a class for each row, which colours it
    layer   a path; what the last dense layer reads unless given. Maps are averaged over their positions

    Raises DiagnosticError E280, E593, and E594 where scikit-learn or umap-learn is missing.
    """
    path = layer or embedding_value(model)
    rows = len(next(iter(inputs.values())))
    parts = [model.forward({key: x[some] for key, x in inputs.items()}, [path])[path] for some in chunks(rows, BATCH)]
    values = np.concatenate(parts)
    flat = values.mean(tuple(range(2, values.ndim))) if values.ndim > 2 else values.reshape(rows, -1)
    points, axes = _reduced(flat.astype(np.float64), way, seed)
    arrays: dict[str, Array] = {"points": points, "values": flat}
    if labels is not None:
        arrays["labels"] = labels = np.asarray(labels)

    def draw(figure: Figure) -> None:
        plot = figure.subplots()
        for at, label in enumerate([None] if labels is None else np.unique(labels)):
            some = slice(None) if label is None else labels == label
            colour = [channel / 255 for channel in PALETTE[at % len(PALETTE)]]
            mark = MARKERS[at // len(PALETTE) % len(MARKERS)]
            name = None if label is None else called(model, int(label))
            across, up = points[some].T
            plot.scatter(across, up, s=14, color=colour, marker=mark, label=name, alpha=0.75, linewidths=0)
        plot.set_xlabel(axes[0])
        plot.set_ylabel(axes[1])
        if labels is not None:
            figure.legend(loc="outside right upper", fontsize="small")

    return Plot(f"{way} of {path} of {model.net.name}, {counted(flat.shape[1], 'value')} a row", arrays, draw)


def _reduced(values: Array, way: str, seed: int) -> tuple[Array, Sequence[str]]:
    """[N, 2], and what the axes are called."""
    ways: dict[str, Callable[[Array, int], tuple[Array, Sequence[str]]]] = {"pca": _pca, "tsne": _tsne, "umap": _umap}
    return ways[way](values, seed)


def _pca(values: Array, seed: int) -> tuple[Array, Sequence[str]]:
    centred = values - values.mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    share = sizes**2 / max(float((sizes**2).sum()), 1e-300)
    points = np.zeros((len(values), 2))
    kept = min(2, len(axes))
    # the sign of a component says nothing: its largest entry is made positive, so that pictures can be compared
    signs = np.sign(axes[np.arange(kept), np.abs(axes[:kept]).argmax(1)])
    points[:, :kept] = centred @ axes[:kept].T * signs
    return points, [f"component {at + 1}, {share[at]:.0%} of the variance" for at in range(kept)] + [""] * (2 - kept)


def _tsne(values: Array, seed: int) -> tuple[Array, Sequence[str]]:
    _need("sklearn", "t-SNE needs scikit-learn", "scikit-learn")
    from sklearn.manifold import TSNE

    perplexity = min(30.0, max(1.0, (len(values) - 1) / 3))
    return np.asarray(TSNE(random_state=seed, perplexity=perplexity).fit_transform(values)), ("t-SNE 1", "t-SNE 2")


def _umap(values: Array, seed: int) -> tuple[Array, Sequence[str]]:
    _need("umap", "UMAP needs umap-learn", "umap-learn")
    from umap import UMAP

    return np.asarray(UMAP(random_state=seed).fit_transform(values)), ("UMAP 1", "UMAP 2")


def _need(module: str, message: str, package: str) -> None:
    if find_spec(module) is None:
        help = f"pip install {package}, or take principal components: `--by pca`"
        raise DiagnosticError(Diagnostic("E594", f"{message}, which is not installed", help=help))
