"""Findings as people and tools see them."""

from __future__ import annotations

import json
import re
import textwrap

from netc.grammar.diagnostics import Diagnostic, Edit, Fix, Label, Severity, Span
from netc.grammar.render import render_concise, render_full, render_github, render_json

SOURCE = """net A {
  input image: 1x28x28

  conv(32, 3x3, pad=same, act=relu)

  # the first
  # the second
  skip = maxpool(2x2)
  conv(64, 3x3, pad=same, act=relu)

  add(skip)
}
"""


def span(line: int, column: int, end_line: int, end_column: int, file: str = "lecture.net") -> Span:
    return Span(file, line, column, end_line, end_column)


ADD = Diagnostic(
    "E301",
    "add needs equal shapes",
    Label(span(11, 3, 11, 12), "64x14x14 + 32x14x14: channels differ"),
    (Label(span(8, 10, 8, 22), "32x14x14"), Label(span(9, 3, 9, 36), "64x14x14")),
    help="project the skip first: add(skip -> conv(64, 1x1))",
)


def drawn(finding: Diagnostic, source: str = SOURCE) -> str:
    return render_full([finding], {"lecture.net": source})


def expected(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def test_the_example_of_the_language() -> None:
    assert drawn(ADD) == expected("""
        error[E301]: add needs equal shapes
          --> lecture.net:11:3
           |
         8 |   skip = maxpool(2x2)
           |          ------------ 32x14x14
         9 |   conv(64, 3x3, pad=same, act=relu)
           |   --------------------------------- 64x14x14
        11 |   add(skip)
           |   ^^^^^^^^^ 64x14x14 + 32x14x14: channels differ
           = help: project the skip first: add(skip -> conv(64, 1x1))
    """)


def test_several_labels_on_a_line_and_a_gap() -> None:
    finding = Diagnostic(
        "E999",
        "several",
        Label(span(9, 12, 9, 15), "the kernel"),
        (
            Label(span(9, 3, 9, 7), "the layer"),
            Label(span(9, 8, 9, 10), "the size"),
            Label(span(9, 3, 9, 36), "all"),
            Label(span(1, 1, 1, 4)),
        ),
        notes=("one\ntwo", "three"),
        severity=Severity.WARNING,
    )
    assert drawn(finding) == expected("""
        warning[E999]: several
         --> lecture.net:9:12
          |
        1 | net A {
          | ---
        ...
        9 |   conv(64, 3x3, pad=same, act=relu)
          |   ---- --  ^^^ the kernel
          |   |    the size
          |   the layer
          |   --------------------------------- all
          = note: one
                  two
          = note: three
    """)


def test_a_span_of_several_lines() -> None:
    finding = Diagnostic("E999", "long", Label(span(8, 3, 11, 12), "all of it"))
    assert drawn(finding) == expected("""
        error[E999]: long
          --> lecture.net:8:3
           |
         8 |   skip = maxpool(2x2)
           |   ^^^^^^^^^^^^^^^^^^^
        ...
        11 |   add(skip)
           |   ^^^^^^^^^ all of it
    """)


def test_tabs_wide_and_invisible_characters() -> None:
    source = "\trelu # 日本 e\u0301\x1b[31m x\n"
    finding = Diagnostic("E999", "bad \x1b[2J", Label(span(1, 20, 1, 21), "here\x07"))
    text = drawn(finding, source)
    assert text == expected("""
        error[E999]: bad ␛[2J
         --> lecture.net:1:20
          |
        1 |     relu # 日本 é␛[31m x
          |                        ^ here␇
    """).replace("é", "e\u0301")


def test_the_end_of_the_file_and_empty_spans() -> None:
    at_end = Diagnostic("E999", "end", Label(span(13, 1, 13, 1)))
    assert drawn(at_end).splitlines()[-2:] == ["13 |", "   | ^"]
    after = Diagnostic("E999", "end", Label(span(1, 8, 1, 8), "here"))
    assert drawn(after).splitlines()[-1] == "  |        ^ here"
    nowhere = Diagnostic("E999", "end", Label(span(99, 7, 99, 9)))
    assert "lecture.net:99:7" in drawn(nowhere)
    assert "error[E999]: end" in render_full([at_end], {"lecture.net": ""})


def test_long_lines_are_cut_around_their_labels() -> None:
    source = "x = [" + ", ".join(f"v{number}" for number in range(400)) + "]"
    for word in ("v0", "v200", "v399"):
        column = source.index(word) + 1
        lines = drawn(Diagnostic("E999", "m", Label(span(1, column, 1, column + len(word)))), source).splitlines()
        text, marks = lines[-2], lines[-1]
        assert len(text) <= 130
        assert text[marks.index("^") : marks.rindex("^") + 1] == word
    whole = drawn(Diagnostic("E999", "m", Label(span(1, 1, 1, len(source) + 1))), source)
    assert max(map(len, whole.splitlines())) <= 130


def test_other_files_and_missing_texts() -> None:
    others = (Label(span(1, 5, 1, 6, "b.net"), "used here"), Label(span(3, 2, 3, 4, "c.net"), "gone"))
    finding = Diagnostic("E999", "m", Label(span(1, 1, 1, 4)), others)
    assert render_full([finding], {"lecture.net": "net A { }\n", "b.net": "use c\n"}) == expected("""
        error[E999]: m
         --> lecture.net:1:1
          |
        1 | net A { }
          | ^^^
         ::: b.net:1:5
          |
        1 | use c
          |     - used here
         ::: c.net:3:2: gone
    """)
    assert render_full([Diagnostic("E601", "no such device", help="use cpu")], {}) == expected("""
        error[E601]: no such device
          = help: use cpu
    """)
    assert render_full([finding], {}).splitlines() == [
        "error[E999]: m",
        " --> lecture.net:1:1",
        " ::: b.net:1:5: used here",
        " ::: c.net:3:2: gone",
    ]


def test_fixes() -> None:
    fix = Fix("drop the skip", (Edit(span(11, 3, 11, 12), "relu"), Edit(span(8, 3, 8, 10), "")))
    lines = drawn(Diagnostic("E999", "m", Label(span(11, 3, 11, 12)), fix=fix)).splitlines()
    assert lines[-3:] == ["   = fix: drop the skip", " 8 +   maxpool(2x2)", "11 +   relu"]
    across = Fix("drop", (Edit(span(8, 1, 9, 1), ""),))
    assert drawn(Diagnostic("E999", "m", Label(span(8, 1, 8, 2)), fix=across)).splitlines()[-1] == "  = fix: drop"


def test_colour_changes_nothing_but_colour() -> None:
    for finding in (ADD, Diagnostic("W001", "w", severity=Severity.WARNING)):
        plain = render_full([finding], {"lecture.net": SOURCE})
        coloured = render_full([finding], {"lecture.net": SOURCE}, color=True)
        assert coloured != plain
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert "\x1b[1;31merror[E301]\x1b[0m" in render_full([ADD], {}, color=True)


def test_several_findings_are_apart() -> None:
    assert render_full([], {}) == ""
    one = render_full([ADD], {})
    assert render_full([ADD, ADD], {}) == f"{one}\n{one}"


def test_concise() -> None:
    assert render_concise([ADD, Diagnostic("E601", "no\ndevice", severity=Severity.WARNING)]) == (
        "lecture.net:11:3: error[E301] add needs equal shapes\nwarning[E601] no device\n"
    )


def test_json() -> None:
    fix = Fix("t", (Edit(span(1, 2, 3, 4), "x"),))
    data = json.loads(render_json([ADD, Diagnostic("E601", "no device", notes=("n",), fix=fix)]))
    assert data["version"] == 1
    first, second = data["diagnostics"]
    place = {"file": "lecture.net", "line": 11, "column": 3, "end_line": 11, "end_column": 12}
    names = ["code", "severity", "message", *place, "labels", "notes", "help", "fix"]
    assert list(first) == list(second) == names
    assert first | place == first
    assert (first["code"], first["severity"], first["fix"]) == ("E301", "error", None)
    assert [label["message"] for label in first["labels"]] == [
        "64x14x14 + 32x14x14: channels differ", "32x14x14", "64x14x14",
    ]  # fmt: skip
    assert first["labels"][0] == {"message": "64x14x14 + 32x14x14: channels differ", **place}
    assert [second[name] for name in place] == [None] * 5
    assert (second["labels"], second["notes"], second["help"]) == ([], ["n"], None)
    edit = {"file": "lecture.net", "line": 1, "column": 2, "end_line": 3, "end_column": 4, "text": "x"}
    assert second["fix"] == {"title": "t", "safe": False, "edits": [edit]}
    assert json.loads(render_json([])) == {"version": 1, "diagnostics": []}


def test_github() -> None:
    place = Label(span(2, 3, 2, 9, "a,b:c%.net"), "50%\r\nhere")
    finding = Diagnostic("E301", "m: 100%, x", place, help="do")
    assert render_github([finding, Diagnostic("E601", "no device", severity=Severity.WARNING)]) == (
        "::error file=a%2Cb%3Ac%25.net,line=2,endLine=2,col=3,endColumn=9,title=E301"
        "::m: 100%25, x%0A50%25%0D%0Ahere%0Ahelp: do\n"
        "::warning title=E601::no device\n"
    )
    across = Diagnostic("E1", "m", Label(span(2, 3, 4, 1)))
    assert "endColumn" not in render_github([across])
