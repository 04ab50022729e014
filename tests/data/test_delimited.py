"""Tables as people write them, against Python's own csv module and float."""

from __future__ import annotations

import csv
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from netc.runtime.data import bind_data, open_data
from netc.runtime.data.tables import plain_numbers
from netc.runtime.data.tables.delimited import read_delimited

from .makers import image_port, label_port

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
    ("a,b\n1_1,1_5\n11,2\n", {"a": ["1_1", "11"], "b": ["1_5", "2"]}),
    ("a,b\n１２,٣\n12,3\n", {"a": ["１２", "12"], "b": ["٣", "3"]}),
    ("a;b\n1,5\u00a0;1.234,5\n\u2009-3,25;\u00a04,5\n", {"a": [1.5, -3.25], "b": [1234.5, 4.5]}),
    ('a,b\n"1,234,567\u00a0",2\n"1,500",4\n', {"a": [1234567, 1500], "b": [2, 4]}),
    ("a;b\n1_0,5;١,5\n1,5;2,5\n", {"a": ["1_0,5", "1,5"], "b": ["١,5", "2,5"]}),
    ("a,b\n 5,1e3\n6, inf\n", {"a": [5, 6], "b": [1000, np.inf]}),
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


@pytest.mark.parametrize("quoted", [False, True])
def test_texts_take_the_room_that_the_file_has(tmp_path, quoted):
    """And not that of the longest in each row: such a file of 2 MB asked for 300 GB."""
    long, rows = "z" * 200_000, 5000
    head = '"a",' if quoted else "a,"
    (tmp_path / "t.csv").write_text(f"{head}note,label\n" + "1,ok,red\n" * rows + f"1,{long},blue\n")
    tracemalloc.start()
    columns = read_delimited(tmp_path / "t.csv").columns
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (columns["note"][0], columns["note"][-1]) == ("ok", long)
    assert most < 20 * (tmp_path / "t.csv").stat().st_size
    bound = bind_data(open_data(f"{tmp_path / 't.csv'}:drop=note"), [image_port(name="a"), label_port(2)])
    assert bound.card.class_names == ["blue", "red"]


def test_names_that_python_reads_as_one_number_are_classes_of_their_own(tmp_path, fails):
    rows = "".join(f"{at},{name}\n" for at in range(5) for name in ("1_1", "11", "1_10", "110"))
    (tmp_path / "t.csv").write_text(f"a,label\n{rows}")
    bound = bind_data(open_data(tmp_path / "t.csv"), [image_port(name="a"), label_port(4)])
    assert bound.card.class_names == ["11", "110", "1_1", "1_10"]
    (tmp_path / "t.csv").write_text("a,label\n1,0\n1_5,1\n")
    fails("E511", lambda: bind_data(open_data(tmp_path / "t.csv"), [image_port(name="a"), label_port(2)]), "`1_5`")


def test_a_number_of_another_part_is_read_as_that_of_this_one(tmp_path, fails):
    """Where a text stands in one part, the column of the other is numbers by the same rule."""
    (tmp_path / "train.csv").write_text("label,x\n0,3\n1,4\n")
    (tmp_path / "test.csv").write_text("label,x\n0,3\n1,4_4\n")
    fails("E511", lambda: bind_data(open_data(tmp_path), [image_port(name="x"), label_port(2)]), "test.csv", "`4_4`")
