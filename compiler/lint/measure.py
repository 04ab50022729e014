"""`python -m netc.compiler.lint.measure`: how often each rule speaks on the examples, so that none cries wolf.

Every `.net` file of `examples/` is linted with all rules: with its defaults and, in the zoo, with the settings of each
network that the `.toml` beside it lists. What is found is counted, and what is allowed with a reason: by a comment, or
for what shows with some settings alone, by `per-file-ignores` in pyproject.toml. The figures are kept in
`measured.json`, from which docs/lint.md and `netc rules` are written; tests hold them true.

    python -m netc.compiler.lint.measure                  measure all and write
    python -m netc.compiler.lint.measure --show L104      print where one rule speaks, and write nothing
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from netc.compiler.check import check
from netc.compiler.lint.allow import allows
from netc.compiler.lint.base import all_rules
from netc.compiler.lint.choice import Choice, ignored
from netc.compiler.lint.config import config_for
from netc.compiler.lint.files import net_files
from netc.compiler.lint.running import each, findings
from netc.compiler.load import load
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic
from netc.grammar.render import render_concise

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ZOO = "zoo"
WRITTEN = Path(__file__).with_name("measured.json")
RATE = 1 / 20
"""So many findings that nobody allowed a file of the published zoo may have, all rules together."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the rules say about one file: code -> how often, of what is left and of what a comment allows."""

    file: str
    found: Mapping[str, int]
    allowed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Firing:
    """How often one rule speaks on all examples: findings, those allowed with a reason, and in which files."""

    found: int
    allowed: int
    files: tuple[str, ...]


def spoken(file: str, codes: tuple[str, ...] = ()) -> tuple[Spoken, list[Diagnostic]]:
    """One file of the examples under all rules, or some, and its findings, without those that comments allow."""
    path = Path(file)
    checked = check(file)
    nets = [*checked.nets, *(load(file, name, given) for name, given in _settings(path))]
    comments = allows(checked.file)
    config = config_for(path)
    # budgets are a project's, and hold for the files as they stand, not for each of the networks they can become
    choice = Choice(select=codes, ignore=("L008",))
    told = findings(replace(checked, nets=nets), file, choice, comments, replace(config, per_file_ignores={}))
    settled = set(ignored(path, config.folder, config.per_file_ignores))
    left = [finding for finding in told if finding.code not in settled]
    allowed = Counter(finding.code for finding in told if finding.code in settled)
    for comment in comments:
        allowed.update(comment.used)
    found = Counter(finding.code for finding in left)
    return Spoken(path.relative_to(EXAMPLES).as_posix(), dict(found), dict(allowed)), left


def measure(files: Iterable[str] | None = None, processes: int = 0) -> list[Spoken]:
    """What the rules say about the examples, in the order of the files."""
    chosen = list(net_files(EXAMPLES) if files is None else files)
    return [one for one, _ in each(spoken, chosen, processes)]


def firings(told: Iterable[Spoken], codes: Iterable[str] | None = None) -> dict[str, Firing]:
    """The same by rule: of all there are, or of some."""
    told = list(told)
    result = {}
    for code in all_rules() if codes is None else codes:
        files = tuple(one.file for one in told if code in one.found or code in one.allowed)
        found, allowed = (sum(each.get(code, 0) for each in kind) for kind in _kinds(told))
        result[code] = Firing(found, allowed, files)
    return result


@cache
def measured() -> tuple[list[str], dict[str, Firing]]:
    """The files that were looked at when it was last written down, and how often each rule spoke."""
    table = json.loads(WRITTEN.read_text("utf-8"))
    told = [Spoken(file, table["found"].get(file, {}), table["allowed"].get(file, {})) for file in table["files"]]
    return table["files"], firings(told, table["rules"])


def to_text(told: Iterable[Spoken]) -> str:
    """The figures as they are kept."""
    told = list(told)
    table = {
        "rules": list(all_rules()),
        "files": [one.file for one in told],
        "found": {one.file: dict(sorted(one.found.items())) for one in told if one.found},
        "allowed": {one.file: dict(sorted(one.allowed.items())) for one in told if one.allowed},
    }
    return json.dumps(table, indent=1) + "\n"


def _kinds(told: Iterable[Spoken]) -> Iterator[list[Mapping[str, int]]]:
    yield [one.found for one in told]
    yield [one.allowed for one in told]


def _settings(path: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """The nets that the list beside a file of the zoo names, with their arguments, once each."""
    listed = path.with_suffix(".toml")
    if not listed.is_file():
        return []
    nets = tomllib.loads(listed.read_text("utf-8")).get("net", [])
    chosen = [(net["net"], net["set"]) for net in nets if net.get("set")]
    return [pair for at, pair in enumerate(chosen) if pair not in chosen[:at]]


def main(words: list[str]) -> None:
    """Measure and write; or show where some rules speak."""
    files = net_files(EXAMPLES)
    if words[:1] == ["--show"]:
        for _, left in each(partial(spoken, codes=tuple(words[1:])), files, 0):
            sys.stdout.write(render_concise(left))
        return
    WRITTEN.write_text(to_text(measure(files)), "utf-8")
    measured.cache_clear()
    _, by_rule = measured()
    for code, firing in by_rule.items():
        print(f"{code}  found {firing.found:>3}  allowed {firing.allowed:>3}  in {counted(len(firing.files), 'file')}")


if __name__ == "__main__":
    main(sys.argv[1:])
