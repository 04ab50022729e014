"""What a text may ask for: each limit is said at its place, once, before anything grows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import netc
from netc.compiler import initial_weights
from netc.compiler.check import check
from netc.compiler.load import load
from netc.grammar import limits
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, suggestions
from netc.grammar.limits import ALL, FILE, LINE, PASSES
from netc.grammar.parse import parse
from netc.grammar.reading import parse_bytes

HUNDRED_KILOBYTES = 100_000


def net(body: str) -> str:
    return f"net A {{\n  input x: 8\n{body}\n  relu\n}}\n"


def doubled(times: int, step: str, start: str = "[1]") -> str:
    lines = [f"  a0 = {start}", *(f"  a{i} = {step.replace('?', f'a{i - 1}')}" for i in range(1, times))]
    return "\n".join(lines)


HUNGRY = {
    "passes inside passes": ("E131", net("  repeat 9999 { repeat 9999 { } }")),
    "passes of computed counts": ("E131", net("  n = 1000\n  repeat n { repeat n + n { } }")),
    "one long loop": ("E131", net("  repeat 10_000_000_000 { relu }")),
    "a list in a loop": ("E132", net("  for i in 0..100_000 { y = 0..100_000 }")),
    "lists joined": ("E132", net(doubled(41, "? + ?"))),
    "lists in lists": ("E132", net(doubled(24, "[?, ?]") + "\n  expect a23 == a23")),
    "lists zipped": ("E132", net(doubled(24, "zip(?, ?)"))),
    "a long range": ("E132", net("  y = 0..10_000_000")),
    "strings joined": ("E132", net(doubled(41, "? + ?", '"ab"'))),
    "layers": ("E133", net("  repeat 100_000 { relu }")),
    "blocks": (
        "E133",
        "".join(f"block b{i} {{ b{i + 1} -> b{i + 1} }}\n" for i in range(20)) + "block b20 { relu }\n" + net("  b0"),
    ),
    "branches": ("E133", net("  add { for i in 0..9_000 { relu } }")),
    "a power": ("E135", net("  y = 10 ** 309")),
    "a number": ("E135", net("  y = 2 ** 62 + 2 ** 62")),
    "a size": ("E135", net("  dense(10 ** 10)")),
    "an input": ("E135", "net A {\n  input x: 3_000_000_000\n  relu\n}\n"),
    "a size of many terms": ("E135", "net A {\n  input x: [A, B, C, D]\n  y = (A+B+C+D)**16\n  z = y**16\n relu\n}\n"),
    "quotients of quotients": (
        "E135",
        "net A {\n  input x: [A, B]\n" + doubled(30, "(? * ? + 1) // 3", "(A * B + 1) // 3") + "\n  relu\n}\n",
    ),
}  # fmt: skip


@pytest.mark.quick(1)
@pytest.mark.parametrize("name", HUNGRY)
def test_a_hungry_text_is_told_once_and_where(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = HUNGRY[name]
    assert len(text) <= 1024
    if code in ("E132", "E133"):  # the same at a tenth of the size
        for limit, said in (("ITEMS", "500k"), ("LIST", "10k"), ("WRITTEN_OUT", "3000")):
            monkeypatch.setenv(f"NETC_LIMIT_{limit}", said)
    found = check("a.net", text).diagnostics
    errors = [finding for finding in found if finding.severity == "error"]
    assert [finding.code for finding in errors] == [code]
    assert errors[0].primary is not None
    if code != "E135":
        assert "NETC_LIMIT_" in (errors[0].help or "")
        assert "docs/trust.md lists the limits that may come next" in (errors[0].help or "")
    with pytest.raises(DiagnosticError, match=code):
        load("a.net", source=text)


def test_a_hungry_text_takes_little_memory(tmp_path: Path) -> None:
    """Under the real limits, in a process that may take 300 MB more than Python and netc by themselves."""
    names = ("lists in lists", "a list in a loop")
    program = (
        "import resource, sys\nfrom netc.compiler.check import check\nfrom pathlib import Path\n"
        "check('warm.net', 'net A { input x: 8\\n dense(3) }')\n"
        "held = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (held + 300_000_000,) * 2)\n"
        "for file in sys.argv[1:]:\n    print(check(file).diagnostics[0].code)\n"
    )
    files = []
    for name in names:
        files.append(tmp_path / f"{len(files)}.net")
        files[-1].write_text(HUNGRY[name][1])
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["E132", "E132"], done.stderr


def test_a_limit_can_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    text = net("  repeat 100 { repeat 100 { } }")
    monkeypatch.setenv("NETC_LIMIT_PASSES", "9999")
    assert [finding.code for finding in check("a.net", text).diagnostics] == ["E131"]
    monkeypatch.setenv("NETC_LIMIT_PASSES", "20k")
    assert check("a.net", text).diagnostics == []


def test_counts_that_differ_are_not_multiplied() -> None:
    assert check("a.net", net("  for i in 0..1000 { repeat i // 999 { repeat 1000 { } } }")).diagnostics == []


def test_lines_and_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_LIMIT_LINE", "1000")
    (finding,) = parse("\n# " + "a" * 1000 + "\n", "a.net")[1]
    assert finding.code == LINE.code == "E130"
    assert finding.primary is not None
    assert finding.primary.span.line == 2
    monkeypatch.setenv("NETC_LIMIT_FILE", "3000")
    (finding,) = parse_bytes(b"# a\n" * 1000, "a.net")[1]
    assert finding.code == FILE.code
    assert "NETC_LIMIT_FILE" in (finding.help or "")


@pytest.mark.quick(2)
@pytest.mark.parametrize("line", ["  ) relu ->", "  $ relu", "  relu relu", "  x = = 3"])
def test_many_equal_mistakes_of_syntax_end(line: str) -> None:
    found = parse("net A {\n" + f"{line}\n" * 3000 + "}\n", "a.net")[1]
    assert len(found) == 50
    assert "more syntax errors follow" in found[-1].notes[-1]


def test_many_unknown_names_end() -> None:
    body = "\n".join(f"  unknown{i}" for i in range(120))
    found = check("a.net", net(body)).diagnostics
    assert len(found) == 100
    assert "20 more findings left out" in found[-1].notes[-1]
    (finding,) = check("a.net", net("  foo\n" * 120)).diagnostics
    assert finding.notes[-1] == "and in more places"


def test_what_is_quoted_is_cut() -> None:
    long = "f" * HUNDRED_KILOBYTES
    (finding,) = check("a.net", net(f"  {long}")).diagnostics
    assert len(finding.message) < 400
    finding = Diagnostic("E100", f"`{long}`", help=f'"{long}"', notes=(long,))
    assert max(map(len, (finding.message, finding.help or "", *finding.notes))) <= 4000
    assert suggestions(long, ["dense", "conv"]) == []


def test_a_command_that_is_offered_is_not_cut() -> None:
    said = f"use another folder, or `--resume {'f' * 1000}` to go on with the run in it"
    finding = Diagnostic("E563", said, help=said, notes=(said,))
    assert finding.help == said
    assert max(map(len, (finding.message, *finding.notes))) < 300


def test_chains_of_use(tmp_path: Path) -> None:
    def chain(length: int) -> list[str]:
        for number in range(length):
            rest = f'use "f{number + 1}.net" (B)\n' if number < length - 1 else "block B { relu }\n"
            (tmp_path / f"f{number}.net").write_text(rest)
        (tmp_path / "a.net").write_text('use "f0.net" (B)\n' + net("  B"))
        return [finding.code for finding in check(str(tmp_path / "a.net")).diagnostics]

    assert chain(31) == []
    assert chain(40) == ["E134"]


def test_many_files_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"f{number}.net").write_text(f"block B{number} {{ relu }}\n")
    uses = "".join(f'use "f{number}.net" (B{number})\n' for number in range(4))
    layers = "\n".join(f"  B{number}" for number in range(4))
    (tmp_path / "a.net").write_text(uses + net(layers))
    assert check(str(tmp_path / "a.net")).diagnostics == []
    for limit, said in (("USE_FILES", "3"), ("USE_BYTES", "60")):
        monkeypatch.setenv(f"NETC_LIMIT_{limit}", said)
        (finding,) = check(str(tmp_path / "a.net")).diagnostics
        assert (finding.code, limit in (finding.help or "")) == ("E134", True)
        monkeypatch.delenv(f"NETC_LIMIT_{limit}")


def test_the_limits_are_those_that_the_page_has() -> None:
    page = (Path(parse.__code__.co_filename).resolve().parents[1] / "docs" / "trust.md").read_text(encoding="utf-8")
    for limit in ALL:
        assert f"| `NETC_LIMIT_{limit.name}` | {limit.shown(limit.default)} {limit.of} |" in page
    assert PASSES.shown(200_000) == "200,000"


def test_every_limit_is_held_to() -> None:
    """One that the page has, and nobody asks, was there: `NETC_LIMIT_PARAMETERS`."""
    root = Path(parse.__code__.co_filename).resolve().parents[1]
    paths = (path for room in ("grammar", "compiler", "runtime") for path in (root / room).rglob("*.py"))
    sources = [path.read_text("utf-8") for path in paths if path.name != "limits.py"]
    for limit in ALL:
        (name,) = (name for name, known in vars(limits).items() if known is limit)
        assert any(
            re.search(rf"\b{name}\b.*import|import.*\b{name}\b|^    {name},$", text, re.M) for text in sources
        ), name


def test_parameters_are_counted_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    small = netc.loads("net A { input x: 4; dense(3); train only { h = dense(100) } }")
    netc.Model(small, device="cpu")
    monkeypatch.setenv("NETC_LIMIT_PARAMETERS", "300")
    for make in (lambda: netc.Model(small, device="cpu"), lambda: initial_weights(small)):
        with pytest.raises(DiagnosticError, match=r"E136.*A has 415 parameters") as refused:
            make()
        assert "NETC_LIMIT_PARAMETERS=1200" in (refused.value.diagnostics[0].help or "")
    huge = netc.loads("net A { input x: 1_000_000; dense(1_000_000) }")
    monkeypatch.delenv("NETC_LIMIT_PARAMETERS")
    with pytest.raises(DiagnosticError, match=r"E136.*A has 1,000,001,000,000 parameters"):
        netc.Model(huge, device="cpu")


def test_the_limit_that_is_offered_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.net"
    file.write_bytes(b"# a\n" * 1000 + b"net A { input x: 4; dense(1) }\n")
    monkeypatch.setenv("NETC_LIMIT_FILE", "100")
    (finding,) = check(str(file)).diagnostics
    offered = re.search(r"NETC_LIMIT_FILE=(\d+)", finding.help or "")
    assert offered is not None
    monkeypatch.setenv("NETC_LIMIT_FILE", offered[1])
    assert check(str(file)).diagnostics == []
