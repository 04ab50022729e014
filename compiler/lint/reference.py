"""`python -m netc.compiler.lint.reference`: docs/lint.md, made of the rules' own documentation."""

from __future__ import annotations

import re
import sys

from netc.compiler.lint.base import Rule, all_rules

INTRODUCTION = """# Lint rules

<!-- written by `python -m netc.compiler.lint.reference > docs/lint.md` from compiler/lint/rules; change it there -->

`netc lint PATH…` checks files and runs these rules; a folder stands for the `.net` files in it. All findings are
warnings, and the exit code is 1 if there is any. `netc explain L001` prints a rule's page.

A finding that is meant so is allowed in the text, on its line or on the line above. The reason is for the reader:

```
net Cut {
  input image: 1x7x7
  conv(8, 5x5, stride=3, act=relu)   # netc: allow L001 because the lecture shows it so
}
```

Some rules ask about the data and about how a training went: `netc lint RUN` looks at the text in a run folder with what
that run knows, `--run RUN` takes it for a text elsewhere, and `--data CARD.json` a data card alone, as
`netc data RUN --format json` prints it. Their examples show the part of a card that they read.

A project sets rules and budgets in the `pyproject.toml` nearest above the file. A code's letters are its family: `L`
stands for all of them, `L00` for all that begin so. `--select` and `--ignore` on the command line replace these.

```toml
[tool.netc.lint]
select = ["L"]
ignore = ["L007"]

[tool.netc.budget]
"examples/**" = "params <= 150M"
```
"""


def reference() -> str:
    """The whole page."""
    rules = list(all_rules().values())
    rows = [f"| [{rule.code}](#{_anchor(rule)}) | {rule.name} | {rule.headline} |" for rule in rules]
    table = "\n".join(["| code | name | finds |", "|---|---|---|", *rows])
    sections = [
        f"## {rule.code} {rule.name}\n\n{re.sub('^## ', '### ', rule.documentation, flags=re.M)}" for rule in rules
    ]
    return "\n\n".join([INTRODUCTION + "\n" + table, *sections]) + "\n"


def _anchor(rule: Rule) -> str:
    return f"{rule.code.lower()}-{rule.name}"


if __name__ == "__main__":
    sys.stdout.write(reference())
