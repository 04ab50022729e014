"""An element or entry that isn't there (E209): what there is, and what to write."""

from __future__ import annotations

import pytest

from netc.compiler.check import check
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


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("[0: 5, 1: 7, true: 3][true]", 3),
        ("[0: 5, 1: 7, true: 3][1]", 7),
        ("[false: 5, 0: 7][0]", 7),
        ("[[1, 0]: 5, [true, false]: 6][[true, false]]", 6),
        ("[[1, [0]]: 5, [1, [false]]: 6][[1, [0]]]", 5),
        ("[1: 5, 2: 6][1.0]", 5),
        ("[[1, 2]: 5][[1.0, 2]]", 5),
        ("5 if [true: 2] == [1: 2] else 6", 6),
        ("5 if [a: true] == [a: 1] else 6", 6),
        ("5 if [a: [1, 2], 3: 0] == [3: 0.0, a: [1, 2]] else 6", 5),
    ],
)
def test_a_truth_value_is_another_key_than_a_number(value: str, size: int) -> None:
    """Before: `true` and `1` were two entries for one key, and lists with them one key."""
    result = check("a.net", f"net A {{ input x: 4; n = {value}; dense(n) }}\n")
    assert not result.diagnostics
    assert result.nets[0].layers[0].outputs[0].shape[1:] == (size,)


@pytest.mark.parametrize(
    "value", ["[true: 5, true: 6][true]", "[1: 5, 1.0: 6][1]", "[[1, true]: 5, [1.0, true]: 6][3]"]
)
def test_two_entries_for_one_key(value: str) -> None:
    assert "E205" in [found.code for found in errors(f"net A {{ input x: 4; n = {value}; dense(n) }}\n")]


@pytest.mark.parametrize(
    ("value", "code", "found"),
    [
        ('[3: 1][[["a": 1]]]', "E209", "a list that holds a table"),
        ('[[2, [["a": 1]]]: 2][3]', "E240", "a list that holds a table"),
        ("[[x]: 2][3]", "E240", "a list that holds a tensor 4"),
        ("[3: 1][[x]]", "E209", "a list that holds a tensor 4"),
        ("[[constant(3)]: 2][3]", "E240", "a list that holds constant(value=3.0)"),
        ("[none: 2][3]", "E240", "none"),
    ],
)
def test_what_is_no_key(value: str, code: str, found: str) -> None:
    """Before: a list that holds a table was no finding, but a bug."""
    (error,) = errors(f"net A {{ input x: 4; n = {value}; dense(n) }}\n")
    assert error.code == code
    assert error.message.endswith(found)
    assert "a key of a table is a number, a word or a shape" in f"{error.message} {error.help}"


@pytest.mark.parametrize("count", ["flops", "memory"])
def test_a_truth_value_is_no_batch(count: str) -> None:
    """Before: `true` was a batch of 1."""
    (found,) = errors(f"net A {{ input x: 4; expect {count}(batch=true) <= 1_000_000; dense(3) }}\n")
    assert (found.code, found.message) == ("E224", "`batch` is a positive whole number, found true")
