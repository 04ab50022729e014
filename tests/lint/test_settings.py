"""Comments that allow, settings in pyproject.toml, and which files are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from netc.compiler.lint import find_files, lint, selected
from netc.compiler.lint.config import config_for, forget, matches
from netc.compiler.lint.files import run_of
from netc.grammar.diagnostics import DiagnosticError

CUT = "net Cut {\n  input image: 1x7x7\n  conv(8, 5x5, stride=3)   #\n}\n"


RULES = ("L001", "L002", "L008", "L009")


def codes(folder: Path, text: str, **given: tuple[str, ...]) -> list[str]:
    """The codes of errors and of RULES, whatever other rules there may be."""
    (folder / "model.net").write_text(text, "utf-8")
    found = [finding.code for finding in lint([folder / "model.net"], **given).diagnostics]
    return [code for code in found if code in RULES or code.startswith("E")]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# netc: allow L001", []),
        ("# netc: allow L001 because the lecture shows it", []),
        ("#netc:allow L001,L002", ["L009"]),
        ("# netc: allow L002", ["L001", "L009"]),
        ("# netc: allow l001", ["L001", "L009"]),
        ("# netc: allow", ["L001", "L009"]),
        ("# netc: allow L001 it is fine", ["L001", "L009"]),
        ("# nothing about it", ["L001"]),
    ],
)
def test_comment_on_the_line(tmp_path: Path, comment: str, expected: list[str]) -> None:
    assert codes(tmp_path, CUT.replace("#", comment)) == expected


@pytest.mark.parametrize("between", ["", "\n", "  # another comment\n"])
def test_comment_above(tmp_path: Path, between: str) -> None:
    assert codes(tmp_path, CUT.replace("  conv", f"  # netc: allow L001\n{between}  conv")) == []


def test_comment_further_above(tmp_path: Path) -> None:
    text = CUT.replace("  conv", "  # netc: allow L001\n  relu\n  conv")
    assert codes(tmp_path, text) == ["L009", "L001"]


def test_comment_in_several_lines(tmp_path: Path) -> None:
    text = CUT.replace("conv(8, 5x5, stride=3)   #", "conv(8,\n    5x5,\n    stride=3)   # netc: allow L001")
    assert codes(tmp_path, text) == []


def test_a_comment_above_covers_a_statement_of_several_lines(tmp_path: Path) -> None:
    flow = CUT.replace("conv(8, 5x5, stride=3)", "relu\n    -> conv(8, 5x5, stride=3)")
    assert codes(tmp_path, flow.replace("  relu", "  # netc: allow L001\n  relu")) == []
    body = CUT.replace(
        "  conv(8, 5x5, stride=3)", "  # netc: allow L001\n  repeat 1 {\n    conv(8, 5x5, stride=3)\n  }"
    )
    assert codes(tmp_path, body) == ["L009", "L001"]


def test_errors_cannot_be_allowed(tmp_path: Path) -> None:
    found = codes(tmp_path, CUT.replace("conv(", "cnov(").replace("#", "# netc: allow E202"))
    assert found[0] == "E202"


def test_select_and_ignore(tmp_path: Path) -> None:
    text = CUT.replace("stride=3)", "stride=3) -> batchnorm")
    assert codes(tmp_path, text) == ["L001", "L002"]
    assert codes(tmp_path, text, select=("L002",)) == ["L002"]
    assert codes(tmp_path, text, select=("L00",), ignore=("L002",)) == ["L001"]


def test_an_ignored_rule_needs_no_comment(tmp_path: Path) -> None:
    text = CUT.replace("#", "# netc: allow L001")
    assert codes(tmp_path, text, ignore=("L001",)) == []


def test_unknown_code() -> None:
    with pytest.raises(DiagnosticError, match="L0O1"):
        selected(("L0O1",), ())


def test_settings_of_the_nearest_project(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.netc.lint]\nignore = ["L001"]\n', "utf-8")
    inner = tmp_path / "inner"
    (inner / "deep").mkdir(parents=True)
    assert codes(inner / "deep", CUT) == []
    (inner / "pyproject.toml").write_text("[project]\nname = 'no netc here'\n", "utf-8")
    assert config_for(inner / "x.net").ignore == ("L001",)
    assert codes(tmp_path, CUT, select=("L",), ignore=("L009",)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.netc.lint]\nselct = ['L']", "no setting `selct`"),
        ("[tool.netc.lint]\nselect = 'L001'", "not a list of codes"),
        ("[tool.netc]\nlint = 3", "not a table"),
        ("[tool.netc.budgets]\n'**' = 'params < 3'", "no section"),
        ("[tool.netc.budget]\n'**' = 3", "not a text"),
        ("[tool.netc", "cannot be read"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    with pytest.raises(DiagnosticError, match=message):
        codes(tmp_path, CUT)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("examples/**", "examples/a.net", True), ("examples/**", "examples/zoo/a.net", True),
        ("examples/*", "examples/zoo/a.net", False), ("**/a.net", "a.net", True), ("**/a.net", "x/y/a.net", True),
        ("*.net", "a.net", True), ("*.net", "x/a.net", False), ("a?.net", "ab.net", True), ("a.net", "axnet", False),
        ("./zoo/*", "zoo/a.net", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, path: str, fits: bool) -> None:
    assert matches(path, pattern) == fits


def made(root: Path, texts: Iterable[str], others: Mapping[str, str]) -> None:
    for name, content in {**dict.fromkeys(texts, ""), **others}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")


def test_runs_are_not_walked_into_and_their_texts_are_known(tmp_path: Path) -> None:
    texts = {
        "a.net": False, "mine/a.net": True, "mine/used/b.net": True, "mine/note.net": False, "torn/a.net": True,
        "lost/a.net": True, "lost/used/b.net": True,
    }  # fmt: skip
    others = {
        "mine/run.json": '{"texts": {"a.net": "1", "used/b.net": "2"}}', "torn/run.json": '{"texts": {"a.n',
        "torn/manifest.json": "{}", "lost/last.safetensors": "", "lost/manifest.json": "{}",
    }  # fmt: skip
    made(tmp_path, texts, others)
    assert find_files([tmp_path]) == [str(tmp_path / "a.net")]
    assert find_files([tmp_path / "mine"]) == [
        str(tmp_path / "mine" / name) for name in ("a.net", "note.net", "used/b.net")
    ]
    assert {name: run_of(tmp_path / name) is not None for name in texts} == texts
    (tmp_path / "link.net").symlink_to("mine/a.net")
    assert run_of(tmp_path / "link.net") == tmp_path / "mine"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("last.safetensors", ""), ("run.json", '{"command": "ls"}'), ("run.json", '{"texts": 5}'),
        ("run.json", '{"texts": "about b.net"}'), ("run.json", '{"texts": ["b.net"]}'), ("run.json", '{"texts": {}}'),
        ("run.json", "[1]"), ("run.json", "#!/bin/sh"), ("run.json", ""),
    ],
)  # fmt: skip
def test_files_of_other_tools_make_no_run(tmp_path: Path, name: str, content: str) -> None:
    texts = ("a.net", "in/b.net", "in/deep/er/c.net")
    made(tmp_path, texts, {name: content, f"in/{name}": content})
    assert find_files([tmp_path]) == [str(tmp_path / text) for text in texts]
    assert [run_of(tmp_path / text) for text in texts] == [None, None, None]


def test_folders(tmp_path: Path) -> None:
    for name in ("b.net", "a.net", "x/c.net", ".hidden/d.net", "build/e.net", "runs/r/f.net", "note.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    found = [Path(file).relative_to(tmp_path).as_posix() for file in find_files([tmp_path, tmp_path / "a.net"])]
    assert found == ["a.net", "b.net", "x/c.net"]


@pytest.mark.parametrize(
    ("budget", "held"),
    [
        ("params <= 130", True), ("params <= 129", False), ("params == 130 and flops < 121", True),
        ("params > 1k", False),
        ("flops == 120", True), ("trainable == 130", True), ("not params == 3", True), ("2 * params <= 260", True),
        ("memory(batch=8) <= 1MB", True), ("memory(batch=8) <= 1kB", False),
        ("activations <= 12", True), ("layers == 2", True),
    ],
)  # fmt: skip
def test_budgets(tmp_path: Path, budget: str, held: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.netc.budget]\n'*.net' = '{budget}'\n", "utf-8")
    text = "net A {\n  input x: 10\n  dense(10, act=relu)\n  dense(2, bias=false)\n}\n"  # 100 + 10 + 20
    assert codes(tmp_path, text) == ([] if held else ["L008"])


@pytest.mark.parametrize("budget", ["params <=", "parms <= 3", "params", "conv(3)", "memory <= 3"])
def test_budget_that_says_nothing(tmp_path: Path, budget: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.netc.budget]\n'*.net' = '{budget}'\n", "utf-8")
    with pytest.raises(DiagnosticError, match="E260"):
        codes(tmp_path, "net A {\n  input x: 10\n  dense(2)\n}\n")


def test_findings_stay_in_the_file_where_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "lib.net").write_text("block cut { conv(8, 5x5, stride=3) -> batchnorm }\n", "utf-8")
    user = 'use "lib.net" (cut)\nnet A {\n  input x: 1x7x7\n  cut\n}\n'
    assert codes(tmp_path, user) == []
    assert codes(tmp_path, user.replace('use "lib.net" (cut)', (tmp_path / "lib.net").read_text("utf-8").strip())) == [
        "L001",
        "L002",
    ]


def test_a_comment_for_the_whole_file(tmp_path: Path) -> None:
    twice = CUT + CUT.replace("Cut", "Again")
    assert codes(tmp_path, twice) == ["L001", "L001"]
    assert codes(tmp_path, f"{twice}# netc: allow-file L001 because it is a test\n") == []
    assert codes(tmp_path, f"# netc: allow-file L001, L002 because it is a test\n{twice}") == ["L009"]
    assert codes(tmp_path, f"# netc: allow-file E202\n{CUT.replace('conv', 'cnov')}")[-1] == "E202"


@pytest.mark.parametrize(
    ("select", "ignore", "extend", "expected"),
    [
        ((), (), (), {"L001", "L002", "L009"}),
        (("L001",), ("L",), (), {"L001"}),
        (("L",), ("L00",), ("L002",), {"L002"}),
        (("L00",), ("L001",), (), {"L002", "L009"}),
        (("L001",), ("L001",), (), set()),
        (("L001",), (), ("L002",), {"L001", "L002"}),
        ((), (), ("L002",), {"L001", "L002", "L009"}),
    ],
)
def test_the_longer_word_wins(
    select: tuple[str, ...], ignore: tuple[str, ...], extend: tuple[str, ...], expected: set[str]
) -> None:
    found = {rule.code for rule in selected(select, ignore, extend)}
    assert found & {"L001", "L002", "L009"} == expected


def test_settings_without_a_prefix(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.netc.lint]\nignore = ["L001"]\n', "utf-8")
    (tmp_path / "netc.toml").write_text('[lint]\nignore = ["L002"]\n', "utf-8")
    assert codes(tmp_path, CUT.replace("stride=3)", "stride=3) -> batchnorm")) == ["L001"]


def test_settings_for_some_files(tmp_path: Path) -> None:
    text = '[lint]\nextend-select = ["L001"]\nselect = ["L002"]\n[lint.per-file-ignores]\n"**/old/*" = ["L00"]\n'
    (tmp_path / "netc.toml").write_text(text, "utf-8")
    (tmp_path / "old").mkdir()
    assert codes(tmp_path, CUT) == ["L001"]
    assert codes(tmp_path / "old", CUT) == []


def test_settings_of_a_rule(tmp_path: Path) -> None:
    layers = " -> ".join(f"dense({units}, act=relu)" for units in range(8, 13))
    (tmp_path / "model.net").write_text(f"net A {{\n  input x: 8\n  {layers}\n}}\n", "utf-8")
    assert lint([tmp_path]).diagnostics == []
    (tmp_path / "netc.toml").write_text("[lint.L007]\nlimit = 3\n", "utf-8")
    forget()
    assert [finding.code for finding in lint([tmp_path], select=("L007",)).diagnostics] == ["L007"]


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("[lint]\nselct = ['L']", "[lint] has no setting `selct`", "use `select`"),
        ("[lints]\n", "there is no section [lints]", "use `lint`"),
        ("[lint.L007]\nlimits = 3", "[lint.L007] has no setting `limits`", "use `limit`"),
        ("[lint.L007]\nlimit = 'x'", "`limit` in [lint.L007] is of the wrong kind", "limit = 20"),
        ("[lint.L001]\nlimit = 3", "[lint.L001] has no setting `limit`", "no settings"),
        ("[lint.L777]\nlimit = 3", "[lint] has no setting `L777`", ""),
        ("[lint.per-file-ignores]\n'*' = 'L001'", "`*` in [lint.per-file-ignores] is not a list", '"*" = ["L001"]'),
        ("[lint]\nselect = ['L0O1']", "no lint rule's code begins with `L0O1`", "use `L001`"),
        ("[lint]\nignore = ['dropped-rows']", "no lint rule's code begins with `dropped-rows`", "use `L001`"),
        ("[budget]\n'*' = ['params <= 1M', 'flops <= 1G']", 'the budget of "*" is not a text', "1M and flops <="),
        ("[lint.per-file-ignores]\n'*.net' = ['L0O1']", "no lint rule's code begins with `L0O1`", "use `L001`"),
    ],
)
def test_wrong_settings_say_what_is_right(tmp_path: Path, text: str, message: str, help: str) -> None:
    (tmp_path / "netc.toml").write_text(text, "utf-8")
    with pytest.raises(DiagnosticError) as raised:
        codes(tmp_path, CUT)
    (finding,) = raised.value.diagnostics
    assert finding.code == "E260"
    assert message in finding.message
    assert help in (finding.help or "")
