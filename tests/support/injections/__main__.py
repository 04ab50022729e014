"""`python -m tests.support.injections [FILE…] [--places 3] [--misses]`: the table of mistakes and what is told."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from netc.compiler.lint.running import each
from netc.grammar.render import render_full
from tests.support.injections import examples, mutations
from tests.support.injections.judge import Verdict, judge
from tests.support.injections.original import Original
from tests.support.injections.table import table


def verdicts(path: str, most: int | None = 3) -> list[Verdict]:
    """What is said of the mistakes in a file, at so many places of a kind; None is every place."""
    original = Original(Path(path), most)
    return [judge(original, mutation) for mutation in mutations(original)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.injections", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--places", type=int, default=3, help="so many places of a kind in a file; 0 is every one (3)")
    parser.add_argument("--misses", action="store_true", help="print what is wrong with each miss too")
    given = parser.parse_args()
    files = [str(path) for path in given.files or examples()]
    look = partial(verdicts, most=given.places or None)
    found = [one for many in each(look, files, 0) for one in many]
    if given.misses:
        print("\n".join(_told(found)))
    print(table(found))


def _told(found: Iterable[Verdict]) -> list[str]:
    lines = []
    for one in found:
        if not one.good:
            asked = ("caught", "alone", "line", "code", "hint", "fix")
            wrong = [name for name in asked if getattr(one, name) is False]
            lines.append(
                f"=== {one.mutation.kind} in {one.file}, lines {sorted(one.mutation.lines)}: {', '.join(wrong)}"
            )
            lines.append(render_full(list(one.findings), {one.file: one.mutation.text, **one.mutation.beside}))
    return lines


if __name__ == "__main__":
    main()
