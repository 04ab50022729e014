"""What rules work out of windows, against looking at every place; and that it takes no longer for large ones."""

from __future__ import annotations

import random

from growth import work_of

from netc.compiler.lint.rules.l001_dropped_rows import _cut, _fitting
from netc.compiler.lint.rules.l204_weights_on_padding import _met
from netc.compiler.lint.windows import Axis


def met_place_by_place(axis: Axis) -> int:
    def meets(place: int) -> bool:
        first = place * axis.dilation - axis.begin
        return any(0 <= first + step * axis.stride < axis.size for step in range(axis.steps))

    return sum(map(meets, range(axis.kernel)))


def fitting_one_by_one(axis: Axis) -> tuple[int, int]:
    if not _cut(axis):
        return axis.begin, axis.end
    for pad in range(max(axis.begin, axis.end), axis.extent):
        if (axis.size + 2 * pad - axis.extent) % axis.stride == 0:
            return pad, pad
    rest = (axis.size + axis.begin + axis.end - axis.extent) % axis.stride
    return axis.begin, axis.end + axis.stride - rest


def test_places_of_a_kernel_that_meet_the_map() -> None:
    draw = random.Random(1)
    for _ in range(5000):
        axis = Axis(*(draw.randint(low, high) for low, high in ((1, 12), (1, 20), (1, 9), (1, 15), (0, 25), (0, 25))))
        if axis.steps > 0:
            assert _met(axis) == met_place_by_place(axis), axis


def test_padding_that_reads_all() -> None:
    draw = random.Random(2)
    for _ in range(20000):
        axis = Axis(*(draw.randint(low, high) for low, high in ((1, 30), (1, 12), (1, 3), (1, 12), (0, 9), (0, 9))))
        assert _fitting(axis) == fitting_one_by_one(axis), axis


def test_large_kernels_are_no_more_work() -> None:
    small, large = (Axis(8, 3 * size, 1, 1, size, 2 * size + 7) for size in (10, 10**8))
    assert work_of(lambda: _met(large)) <= 2 * work_of(lambda: _met(small))
