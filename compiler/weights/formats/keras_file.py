"""Keras's files: .keras, .weights.h5, and the .h5 of Keras 1 and 2, which are HDF5 inside.

Names are those of the layers, with the leaves as Keras calls them: `conv1.kernel`, `bn.moving_mean`, and for wrapped
recurrent layers `both.backward_gru.kernel`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from netc.compiler.weights.formats.archive import Archive
from netc.compiler.weights.formats.base import MOST_AXES, MOST_TENSORS, Contents, UnreadableError, by_name

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Named = tuple[str, str, Array]
    """A name, what the file calls it, and its numbers."""

RATIO = 100
SMALL = 16 << 20

NORM = ("gamma", "beta", "moving_mean", "moving_variance")
LEAVES: dict[str, tuple[str, ...]] = {
    "batch_normalization": NORM,
    "layer_normalization": ("gamma", "beta"),
    "group_normalization": ("gamma", "beta"),
    "embedding": ("embeddings",),
    "depthwise_conv1d": ("depthwise_kernel", "bias"),
    "depthwise_conv2d": ("depthwise_kernel", "bias"),
    "separable_conv1d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "separable_conv2d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "normalization": ("mean", "variance", "count"),
    "p_re_lu": ("alpha",),
    "cell": ("kernel", "recurrent_kernel", "bias"),
}
"""What the numbered variables of a layer are, by the class of the layer; others have a kernel and a bias."""


def read_keras(archive: Archive) -> Contents:
    """The weights in a .keras file; raises UnreadableError, with code E573 where h5py is missing."""
    content = archive.read("model.weights.h5")
    return read_hdf5(io.BytesIO(content), len(content))


def read_hdf5(file: IO[bytes], held: int) -> Contents:
    """The weights in an HDF5 file of this many bytes; raises UnreadableError, with code E573 where h5py is missing."""
    try:
        import h5py
    except ImportError:
        help = "install it: `pip install h5py`"
        raise UnreadableError("Keras's files need the package h5py", help, "E573") from None
    try:
        with h5py.File(file, "r") as root:
            found = by_name(_Walk(h5py, held).tensors(root))
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        if isinstance(error, UnreadableError):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableError(f"it is a damaged HDF5 file: {reason[:120]}") from None
    if not found:
        raise UnreadableError("it holds no weights")
    return Contents(found, channels_last=True)


class _Walk:
    """The weights in a file, each checked before it is read."""

    def __init__(self, h5py: Any, held: int) -> None:
        self._h5py = h5py
        self._most = max(SMALL, RATIO * held)
        self._seen = 0

    def tensors(self, root: Any) -> list[Named]:
        group = self._member(root, "model_weights") if "model_weights" in root else root
        if "layers" in group and "vars" in group:
            return self._numbered(group, ())
        found: list[Named] = []
        for layer in group:
            if layer != "optimizer_weights":
                below = self._below(self._member(group, layer), ())
                names = _legacy_names(layer, [path for path, _ in below])
                found += [
                    (name, "/".join((layer, *path)), array) for name, (path, array) in zip(names, below, strict=True)
                ]
        return found

    def _numbered(self, group: Any, path: tuple[str, ...]) -> list[Named]:
        """Keras 3: variables by number in `vars`, which also has the name of the layer."""
        found: list[Named] = []
        for key in group:
            item = self._member(group, key)
            if key in ("vars", "optimizer", "metrics", "compile_metrics") or isinstance(item, self._h5py.Dataset):
                continue
            if key == "layers":
                found += self._numbered(item, path)
                continue
            inside = self._member(item, "vars") if "vars" in item else None
            name = str(inside.attrs.get("name", key)) if inside is not None else key
            own = path if key == "cell" else (*path, name)
            kind = re.sub(r"_\d+$", "", key)
            for number in inside or ():
                leaves = LEAVES.get(kind, ("kernel", "bias"))
                place = int(number) if number.isdecimal() and len(number) < 4 else len(leaves)
                leaf = leaves[place] if place < len(leaves) else number
                member = self._member(inside, number)
                found.append((".".join((*own, leaf)), str(member.name), self._array(member)))
            if len(path) > MOST_AXES:
                raise UnreadableError("its groups lie in each other without an end")
            found += self._numbered(item, own)
        return found

    def _below(self, item: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Array]]:
        if isinstance(item, self._h5py.Dataset):
            return [(path, self._array(item))]
        if len(path) > MOST_AXES:
            raise UnreadableError("its groups lie in each other without an end")
        return [pair for key in item for pair in self._below(self._member(item, key), (*path, key))]

    def _member(self, group: Any, key: str) -> Any:
        """What lies in a group itself; links to elsewhere are refused before they are followed."""
        self._seen += 1
        if self._seen > MOST_TENSORS:
            raise UnreadableError("it has more groups than weights have")
        if not isinstance(group.get(key, getlink=True), self._h5py.HardLink):
            raise UnreadableError(f"`{key[:80]}` in it lies elsewhere")
        return group[key]

    def _array(self, item: Any) -> Array:
        if item.is_virtual or item.external:
            raise UnreadableError(f"the numbers of `{item.name[:80]}` lie in another file")
        if item.dtype.kind not in "fiub" or item.ndim > MOST_AXES:
            raise UnreadableError(f"`{item.name[:80]}` holds no numbers")
        self._most -= item.size * item.dtype.itemsize
        if self._most < 0:
            raise UnreadableError("its arrays say that they are far larger than the file")
        array: Array = item[()]
        return array


def _legacy_names(layer: str, paths: Sequence[tuple[str, ...]]) -> list[str]:
    """The shortest names that tell a layer's tensors apart.

    They are those of the layer and its leaves; where it has more than one of a leaf, what lies between them stays, as
    in `base.conv1.kernel` and `attention.query.kernel`, and then the numbers of the leaves.
    """
    for inner, numbers in ((False, False), (True, False), (True, True)):
        names = [_legacy_name(layer, path, inner, numbers) for path in paths]
        if len(set(names)) == len(names):
            break
    return names


def _legacy_name(layer: str, path: tuple[str, ...], inner: bool, numbers: bool) -> str:
    """`conv1` and `model/conv1/kernel:0` as `conv1.kernel`; of wrapped layers the direction stays."""
    leaf = path[-1].removesuffix(":0") if path else "kernel"
    leaf = (leaf if numbers else re.sub(r"_\d+$", "", leaf)).removeprefix(f"{layer}_")
    between = path[:-1]
    if inner:
        between = between[between.index(layer) + 1 :] if layer in between else between
    else:
        between = tuple(part for part in between if part.startswith(("forward_", "backward_")))
    leaf = {"W": "kernel", "b": "bias", "running_mean": "moving_mean", "running_std": "moving_variance"}.get(leaf, leaf)
    return ".".join((layer, *between, leaf))
