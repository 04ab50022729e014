"""`python -m netc.compiler.lint.reference`: docs/lint.md, made of the rules' own documentation."""

from __future__ import annotations

import re
import sys

from netc.compiler.lint.base import Rule, all_rules, hundred
from netc.compiler.lint.measure import ZOO, Firing, measured
from netc.grammar.counted import counted

INTRODUCTION = """# Lint rules

<!-- written by `python -m netc.compiler.lint.reference > docs/lint.md` from compiler/lint/rules; change it there -->

`netc lint [PATH…]` checks files and runs these rules; a folder stands for the `.net` files in it, no path for this
folder. All findings are warnings, and the exit code is 1 if there is any. `netc rules` lists the rules, and
`netc explain L001` prints the page of one.

## Allowing what is meant

A finding that is meant so is allowed in the text, on its line or on the line above. The reason is for the reader and
may be left out; rules go by their codes:

```
net Cut {
  input image: 1x7x7
  conv(8, 5x5, stride=3, act=relu)   # netc: allow L001 because the lecture shows it so
}
```

`# netc: allow-file L001 because …`, anywhere in a file, is for all of it. A comment that allows what isn't there is a
finding itself ([L009](#l009-unused-allow)).

## Data and runs

Some rules ask about the data and about how a training went: `netc lint RUN` looks at the text in a run folder with what
that run knows, `--run RUN` takes it for a text elsewhere, and `--data CARD.json` a data card alone, as
`netc data RUN --format json` prints it. Their examples show the part of a card that they read.

## Settings

They stand in the nearest `netc.toml` upward from a file, or the nearest `pyproject.toml` with a `[tool.netc…]`; those
further up are not looked at. In `netc.toml` the sections have no prefix: `[lint]`, `[budget]`.
```toml
[tool.netc.lint]
select = ["L"]                 # all there are, unless said
ignore = ["L007"]
extend-select = ["L9"]         # besides what is selected

[tool.netc.lint.per-file-ignores]
"nets/old/**" = ["L002"]       # `*` stays within a folder, `**` crosses folders

[tool.netc.lint.L004]          # what a rule can be told; its section below says what
share = 0.6

[tool.netc.budget]
"nets/**" = "params <= 150M"
```

A code's letters and its first figure are its family: `L` stands for all rules, `L2` for those about shapes. The longer
beginning wins: `select = ["L2"]` with `ignore = ["L204"]` is all about shapes but one, and at equal length what is
ignored is left out. On the command line, `--select` replaces what the settings select; `--ignore`, `--extend-select`
and `--per-file-ignores` add to theirs. A word that no code begins with, and a setting that doesn't exist, are refused.

## Fixes

`--fix` repairs what has a safe fix and writes the files; `--diff` prints what it would do, and writes nothing. A safe
fix leaves the network what it was, and its weight files fit it still. `--unsafe-fixes` is for the others, which change
the network, or guess at what was meant, as the checker's own do.

Each fix says what it may change of a network: its outputs, parameters, structure, training, names, or the comments of
the text. What fixes make of a text is parsed, elaborated and linted before it is written; where there is a new error,
where a rule finds more than before, where a comment is gone or anything else has changed, the fix is refused, and the
finding says why. Fixes are applied until none is left, and a file is replaced in one step or not at all.

## How long it takes

As many files are looked at at a time as there are processors, and a block that a net applies again is worked out once.
`python -m bench.lint` measures it: on two cores of an AMD EPYC a thousand files of the zoo's size took 9.4 s, and one
file 0.21 s, its process included.

## The rules
"""


def reference() -> str:
    """The whole page."""
    parts = [INTRODUCTION + "\n" + _measured(), tables()]
    for name, rules in _families().items():
        parts += [f"## {name}", *map(_section, rules)]
    return "\n\n".join(parts) + "\n"


def tables() -> str:
    """A table for each family, in which a rule is a row."""
    _, spoken = measured()
    parts = []
    for name, rules in _families().items():
        rows = [_row(rule, spoken.get(rule.code)) for rule in rules]
        head = ["| code | name | finds | fix | found | allowed |", "|---|---|---|---|---:|---:|"]
        parts.append("\n".join([f"**{name}**", "", *head, *rows]))
    return "\n\n".join(parts)


def _families() -> dict[str, list[Rule]]:
    families: dict[str, list[Rule]] = {}
    for rule in all_rules().values():
        families.setdefault(hundred(rule.code), []).append(rule)
    return families


def _row(rule: Rule, firing: Firing | None) -> str:
    link = f"[{rule.code}](#{_anchor(rule)})"
    counts = f"{firing.found} | {firing.allowed}" if firing else "| "
    return f"| {link} | {rule.name} | {rule.headline} | {rule.fix} | {counts} |"


def _section(rule: Rule) -> str:
    text = re.sub("^## ", "#### ", rule.documentation, flags=re.MULTILINE)
    parts = [f"### {rule.code} {rule.name}", text]
    if rule.fix:
        option = "`--fix`" if rule.fix == "safe" else "`--fix --unsafe-fixes`"
        parts.append(f"#### Fix\n{option} repairs it where the text leaves no doubt.")
    if rule.settings:
        set_ = "\n".join(f"{name} = {_toml(value)}" for name, value in rule.settings.items())
        parts.append(f"#### Settings\n```toml\n[tool.netc.lint.{rule.code}]\n{set_}\n```")
    return "\n\n".join(parts)


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def _measured() -> str:
    """How the rules were measured, and what is found that nobody allowed."""
    files, spoken = measured()
    zoo = sum(file.startswith(f"{ZOO}/") for file in files)
    found = sum(firing.found for firing in spoken.values())
    allowed = sum(firing.allowed for firing in spoken.values())
    lines = [
        f"Every rule is measured on the {counted(len(files), 'file')} of `examples/`; {zoo} of them hold networks as",
        "they were published, with each of the settings that the zoo lists: `found` is how often it speaks there,",
        "`allowed` how often it is told there with a reason that it is meant so, by a comment or by `per-file-ignores`",
        f"in pyproject.toml. All rules together: {found} found, {allowed} allowed.",
        "`python -m netc.compiler.lint.measure` counts again.",
    ]
    speak = [(code, firing) for code, firing in spoken.items() if firing.found]
    for code, firing in speak:
        lines.append(f"- {code} is found in {', '.join(firing.files)}")
    return "\n".join(lines)


def _anchor(rule: Rule) -> str:
    return f"{rule.code.lower()}-{rule.name}"


if __name__ == "__main__":
    sys.stdout.write(reference())
