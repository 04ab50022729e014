"""Changes to a training batch by what its plan lists, drawn anew for every batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from netc.compiler import Augmentation, Kind, Mixing
from netc.runtime.data.errors import error, shape_text

Batch = dict[str, np.ndarray]

SHARE = "share of the own answers"
"""What a batch calls the share that mixing leaves of an example; no field of the data has such a name."""
NEAR = 1e-3


def augment(
    batch: Mapping[str, np.ndarray],
    augmentations: Sequence[Augmentation],
    rng: np.random.Generator,
    targets: Collection[str] = (),
    cuts: Sequence[tuple[int, int]] = (),
) -> Batch:
    """A batch after these augmentations, in order; the arrays that come in are left as they are.

    What moves pixels moves those of images: of inputs that are float maps [N, C, H, W] or bytes [N, H, W, C]. Maps as
    large as one of those move with it: targets [N, C, H, W], and [N, H, W] if they hold labels, or weights and other
    numbers of a target. All maps of an example get the same draw. What colours or mixes images leaves targets alone,
    but for maps of answers cut as images are.

    rng      of the batch; each place in the list has numbers of its own, whatever stands in front of it
    targets  names of what is no input of the net
    cuts     where each of the batches begins and ends whose gradients make one update: examples are mixed within them

    Raises DiagnosticError E526 where images are not from 0 to 1 and must be, or are too small.
    """
    changed = dict(batch)
    places = [rng, *rng.spawn(max(len(augmentations) - 1, 0))]
    for one, place in zip(augmentations, places, strict=False):
        if one.kind is Kind.NET:
            continue
        if isinstance(one, Mixing) and len(cuts) > 1:
            parts = [{name: values[start:end] for name, values in changed.items()} for start, end in cuts]
            made = [_after(one, part, place, targets) for part in parts]
            join = {SHARE: np.stack}
            changed = {name: join.get(name, np.concatenate)([part[name] for part in made]) for name in made[0]}
        else:
            changed = _after(one, changed, place, targets)
    return changed


def _after(one: Augmentation, batch: Batch, rng: np.random.Generator, targets: Collection[str]) -> Batch:
    """A batch after one augmentation."""
    changed = dict(batch)
    drawn = one.draw(1 if isinstance(one, Mixing) else batch_size(changed), rng)
    large = {_height_width(values) for name, values in changed.items() if values.ndim == 4 and name not in targets}
    if isinstance(one, Mixing):
        sizes = [_height_width(values) for name, values in changed.items() if _is_image(name, values, targets)]
        changed[SHARE] = np.array(one.share(drawn, *sizes[0]) if sizes else 1, np.float32)
    moves_targets = one.kind is Kind.MOVES or (isinstance(one, Mixing) and one.cuts)
    for name, values in changed.items():
        follows = moves_targets and _is_image(name, values) and _height_width(values) in large
        if _is_image(name, values, targets) or follows:
            changed[name] = _changed(one, name, values, drawn)
        elif moves_targets and values.ndim == 3 and values.shape[1:] in large:
            if values.dtype.kind in "iub":
                changed[name] = one.change_labels(values[:, None], drawn)[:, 0]
            elif name in targets:
                changed[name] = one.change(values[:, None], drawn)[:, 0]
    return changed


def batch_size(batch: Mapping[str, np.ndarray]) -> int:
    """The number of rows."""
    return len(next(iter(batch.values())))


def _changed(one: Augmentation, name: str, values: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    too_small = one.too_small(min(_height_width(values)))
    if too_small is not None:
        found = f"`{name}` holds {shape_text(_height_width(values))}"
        raise error("E526", f"`{one.word}` {too_small[0]}: {found}", help=too_small[1])
    if values.dtype == np.uint8:
        return np.ascontiguousarray(one.change(values.transpose(0, 3, 1, 2), drawn).transpose(0, 2, 3, 1))
    if one.unit and not (values.min(initial=0) >= -NEAR and values.max(initial=0) <= 1 + NEAR):
        low, high = values.min(), values.max()
        raise error(
            "E526",
            f"`{one.word}` changes images of numbers from 0 to 1, and `{name}` holds {low:g} to {high:g}",
            help=_brought_to_unit(low, high, one),
        )
    return one.change(values, drawn)


def _brought_to_unit(low: float, high: float, one: Augmentation) -> str:
    """The way out for images of another range: dividing brings no negative number to 0."""
    if low < -NEAR:
        before = "give the images as they were before they were normalized"
        return f"{before}, and normalize in the net, or leave out `{one.word}`"
    return f"give bytes, divide the data (`:scale={high:g}` behind its name), or leave out `{one.word}`"


def _is_image(name: str, values: np.ndarray, targets: Collection[str] = ()) -> bool:
    return values.ndim == 4 and (values.dtype == np.uint8 or values.dtype.kind == "f") and name not in targets


def _height_width(values: np.ndarray) -> tuple[int, ...]:
    return values.shape[1:3] if values.dtype == np.uint8 else values.shape[2:4]


def unmixed(feeds: Mapping[str, np.ndarray], batches: int = 1) -> tuple[Batch, list[float]]:
    """Inputs and targets, and the share of the examples' own targets in the loss of each of the batches."""
    fields = {name: array for name, array in feeds.items() if name != SHARE}
    shares = np.broadcast_to(feeds.get(SHARE, np.float32(1)), batches)
    return fields, [float(share) for share in shares]
