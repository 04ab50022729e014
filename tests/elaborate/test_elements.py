"""An element or entry that isn't there (E209): what there is, and what to write."""

from __future__ import annotations

import pytest

from tests.support.repairs import errors


@pytest.mark.parametrize(
    ("wrong", "message", "help"),
    [
        ("[8, 16][2]", "index 2 of a list of 2",
         "use an index from 0 to 1, or from -1 to -2, which count from the end"),
        ("[8][1]", "index 1 of a list of 1", "use the index 0, its only one"),
        ("[][0]", "index 0 of a list of 0", "the list is empty"),
        ("[18: 1, 34: 2][50]", "the table has no entry for `50`", "add an entry `50: …`, or ask for one that there is"),
        ('[18: 1]["18"]', 'the table has no entry for `"18"`', "write `18` without quotes"),
        ('["18": 1][18]', "the table has no entry for `18`", "write it in quotes"),
        ('[small: 1, large: 2]["smal"]', "the table has no entry for `smal`", "use `small`"),
        ("[3x3: 1][5x5]", "the table has no entry for `5x5`", "add an entry `5x5: …`, or ask for one that there is"),
        ("[0: 5, 1: 7][true]", "the table has no entry for `true`",
         "add an entry `true: …`, or ask for one that there is"),
        ("[3x3: 1][relu]", "the table has no entry for the layer `relu`",
         "a key of a table is a number, a word or a shape"),
    ],
)  # fmt: skip
def test_what_to_write(wrong: str, message: str, help: str) -> None:
    (found,) = errors(f"net A {{ input x: 10; n = {wrong}; dense(n) }}\n")
    assert (found.code, found.message, found.help) == ("E209", message, help)


def test_the_entries_are_told_as_they_are_written() -> None:
    (found,) = errors("net A { input x: 10; n = [3x3: 1, small: 2, 0.5: 3][4]; dense(n) }\n")
    assert found.notes == ("its entries: 3x3, small, 0.5",)
