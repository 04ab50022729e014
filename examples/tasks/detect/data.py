"""Pictures of shapes, what a detector on a grid of 8x8 cells is to answer, and how good its boxes are."""

from __future__ import annotations

import numpy as np
import shapes

from netc.runtime.show.draw.suppress import overlaps, suppress

SIZE, CELLS, MOST, RADII = 64, 8, 4, (6, 14)
NAMES = shapes.KINDS
TRAIN_ROWS, TEST_ROWS = 1600, 200
METRIC = "mean average precision at IoU 0.5"


def rows(count: int, seed: int) -> dict[str, np.ndarray]:
    """Pictures [3, 64, 64]; the cell in which a shape's box has its centre is the one that answers for it.

    object  1 where a cell answers for a shape;  label: its kind
    box     [4, 8, 8]: where in the cell the centre lies, and width and height as shares of the picture
    truth   [4, 5]: kind, x1, y1, x2, y2 of each shape, in pixels; a kind of -1 is none
    """
    random = np.random.default_rng(seed)
    images = np.zeros((count, 3, SIZE, SIZE), np.uint8)
    objects, labels = np.zeros((2, count, CELLS, CELLS), np.int64)
    boxes = np.zeros((count, 4, CELLS, CELLS), np.float32)
    truth = np.full((count, MOST, 5), -1, np.float32)
    for row in range(count):
        images[row], _, found = shapes.scene(random, SIZE, MOST, RADII)
        for at, (kind, left, top, right, bottom) in enumerate(found):
            truth[row, at] = kind, left, top, right, bottom
            across, down = (left + right) / 2 * CELLS / SIZE, (top + bottom) / 2 * CELLS / SIZE
            cell = row, int(down), int(across)
            objects[cell], labels[cell] = 1, kind
            boxes[row, :, int(down), int(across)] = across % 1, down % 1, (right - left) / SIZE, (bottom - top) / SIZE
    return {"image": images, "object": objects.astype(np.float32), "label": labels, "box": boxes, "truth": truth}


def score(outputs: dict[str, np.ndarray], held: dict[str, np.ndarray]) -> float:
    """The mean over the kinds of the area below precision over recall (VOC's of all points)."""
    return float(np.mean([_average_precision(kind, outputs, held["truth"]) for kind in range(len(NAMES))]))


def _average_precision(kind: int, outputs: dict[str, np.ndarray], truth: np.ndarray) -> float:
    """Boxes of all pictures, best first; each is right that overlaps a shape which no better one has found."""
    found: list[tuple[float, bool]] = []
    for boxes, scores, wanted in zip(outputs["boxes"], outputs["scores"], truth, strict=True):
        open_ = wanted[wanted[:, 0] == kind, 1:]
        for row, _, value in suppress(boxes, scores[:, kind : kind + 1], 0.01):
            overlap = overlaps(boxes[row], open_)
            right = len(open_) > 0 and overlap.max() >= 0.5
            if right:
                open_ = np.delete(open_, overlap.argmax(), axis=0)
            found.append((value, bool(right)))
    rights = np.cumsum([right for _, right in sorted(found, key=lambda item: -item[0])])
    total = (truth[:, :, 0] == kind).sum()
    if not len(rights) or not total:
        return 0.0
    recall, precision = rights / total, rights / np.arange(1, len(rights) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0) * envelope).sum())
