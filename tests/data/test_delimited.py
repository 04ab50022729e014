"""Tables as people write them, against Python's own csv module and float."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from netc.runtime.data.tables import plain_numbers
from netc.runtime.data.tables.delimited import read_delimited

NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False).map(repr),
    st.decimals(-(10**6), 10**6, places=4, allow_nan=False).map(str),
    st.sampled_from(["-0", "+5", ".5", "-.25", "7.", "1e3", "0.1", "00012", "0.10000000149011612"]),
)


@pytest.mark.parametrize(("text", "columns"), [
    ("a,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
    ("a;b\n1,5;2\n3;4,25\n", {"a": [1.5, 3], "b": [2, 4.25]}),
    ("a;b\n1.234,5;2\n3;4\n", {"a": [1234.5, 3], "b": [2, 4]}),
    ('"size (l, w, h)";"weight, kg";label\n1;2;0\n3;4;1\n',
     {"size (l, w, h)": [1, 3], "weight, kg": [2, 4], "label": [0, 1]}),
    ('a,b\n"1,5",2\n"0,25",4\n', {"a": [1.5, 0.25], "b": [2, 4]}),
    ('a,b\n"1,234,567",2\n"1,500",4\n', {"a": [1234567, 1500], "b": [2, 4]}),
    ('a,b\n"1,500",2\n"2,500",4\n', {"a": ["1,500", "2,500"], "b": [2, 4]}),
    ('a,b\n"x, y",2\n"say ""hi""",4\n', {"a": ["x, y", 'say "hi"'], "b": [2, 4]}),
    ("a\tb\r\n1\t2\r\n\r\n3\t4\r\n", {"a": [1, 3], "b": [2, 4]}),
    ("a, b\n1, red\n2, blue\n", {"a": [1, 2], "b": ["red", "blue"]}),
    ("a|b\n1|x,y\n3|z\n", {"a": [1, 3], "b": ["x,y", "z"]}),
    ("a\n1\n2", {"a": [1, 2]}),
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_dialects(tmp_path, text, columns, encoding):
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    table = read_delimited(tmp_path / "t.csv")
    assert {name: values.tolist() for name, values in table.columns.items()} == columns


def test_lines_are_those_of_the_file(tmp_path):
    (tmp_path / "t.csv").write_text('a,b\n1,2\n\n"x\ny",4\n5,6\n')
    assert read_delimited(tmp_path / "t.csv").lines.tolist() == [2, 5, 6]
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    assert read_delimited(tmp_path / "t.csv").lines.tolist() == [2, 3]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(1, 40), st.sampled_from(",;\t"))
def test_plain_numbers_are_what_python_reads(data, columns, rows, delimiter):
    """To the last bit, unless a value has more digits than a double: then to its last place."""
    texts = [[data.draw(NUMBERS) for _ in range(columns)] for _ in range(rows)]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(texts)
    convert = lambda found: [np.array([float(text) for text in values]) for values in found]
    before, plain_numbers.CHUNK = plain_numbers.CHUNK, 64
    try:
        got = plain_numbers.read_plain(out.getvalue().encode(), delimiter, columns, convert)
    finally:
        plain_numbers.CHUNK = before
    right = np.array([[float(text) for text in row] for row in texts])
    assert got is not None
    for at, values in enumerate(got):
        short = np.array([sum(map(str.isdigit, row[at])) <= 15 for row in texts])
        assert np.array_equal(values[short], right[short, at])
        np.testing.assert_array_max_ulp(values, right[:, at], maxulp=1)


@pytest.mark.parametrize("body", [b"1,2\n3\n", b"1,2\n\n3,4\n", b"1,2\n3,4,5\n", b"1,2,3\n4\n"])
def test_lines_that_do_not_fit_are_left_to_the_general_reader(body):
    assert plain_numbers.read_plain(body, ",", 2, lambda found: []) is None


def test_text_in_one_column_leaves_the_others_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_numbers, "CHUNK", 16)
    rows = [f"{at},{'red' if at == 7 else at},{at / 4}" for at in range(20)]
    (tmp_path / "t.csv").write_text("a,b,c\n" + "\n".join(rows) + "\n")
    columns = read_delimited(tmp_path / "t.csv").columns
    assert columns["a"].tolist() == list(range(20))
    assert columns["c"].tolist() == [at / 4 for at in range(20)]
    assert columns["b"].tolist() == ["red" if at == 7 else str(at) for at in range(20)]
