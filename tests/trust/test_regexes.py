"""Regular expressions that texts are held against take time that grows with the text, not by doubling.

What doubles is a repetition inside a repetition, where the same text can be shared out among the two in many ways. Each
one in the source is listed here with the reason why it can't: something that the inner one doesn't take ends each turn.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from source_trees import trees

REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
APART = {
    r"[0-9]+(x[A-Za-wyz0-9]+)+": "x",
    r"\(([ \t]*[^\W\d]\w*[ \t]*(?:,[ \t]*[^\W\d]\w*[ \t]*)*,?[ \t]*)\)[ \t]*=(?!=)": "a comma",
    r"\w+([-.]\w+)+": "a dash or a dot",
    r"([A-Za-z]|[Nn]one|batch)x(\d+(x\d+)*)": "x, which is no digit",
    r"(?:^|\.\.)([A-Za-z_]\w*)((?:\.(?!\.)\w+)*)": "a dot",
    r"allow(?P<file>-file)?\s+(?P<codes>\w+(?:\s*,\s*\w+)*)(?:\s+because\s+\S.*|\s*)$": "a comma",
    r"[a-z][a-z0-9]*(_[a-z0-9]+)*": "an underscore",
    r"_*[a-z][a-z0-9]*(_[a-z0-9]+)*_*": "an underscore",
    r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*": "an underscore",
    r"^(?:[\w:<>*&~,]+ )*?[\w:<>*&~]+\([^)]*\)(?:::\S*|\s*\[with [^]]*\])?(?: const)? ": "a blank",
}


def test_no_repetition_inside_another_shares_its_text_with_it() -> None:
    found = {pattern for pattern, flags in _patterns() if _nested(_parser.parse(pattern, flags))}
    assert found == set(APART)


def test_it_would_be_found() -> None:
    assert _nested(_parser.parse(r"(a*)*b"))
    assert _nested(_parser.parse(r"((?:x|a+),?)+"))
    assert not _nested(_parser.parse(r"(a{1,3})*b|a*"))


def _patterns() -> Iterator[tuple[str, int]]:
    """What `re.compile("…")`, `re.match("…", text)` and their like are given, but for what is put together in a run."""
    for _, tree in trees("grammar", "compiler", "runtime", "netc/cli", saying=r"\bre\."):
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).startswith("re.") and call.args):
                continue
            given = call.args[0]
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value, re.VERBOSE if "VERBOSE" in ast.unparse(call) else 0


def _nested(items: Iterable[Any], inside: bool = False) -> bool:
    """Whether a repetition without end holds another one."""
    for operation, said in items:
        if operation in REPEATS:
            endless = said[1] == _constants.MAXREPEAT
            if (endless and inside) or _nested(said[2], inside or endless):
                return True
        elif operation is _constants.SUBPATTERN:
            if _nested(said[3], inside):
                return True
        elif operation is _constants.BRANCH:
            if any(_nested(branch, inside) for branch in said[1]):
                return True
        elif operation in (_constants.ASSERT, _constants.ASSERT_NOT) and _nested(said[1], inside):
            return True
    return False
