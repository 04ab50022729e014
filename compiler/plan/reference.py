"""The table of settings in `docs/language.md`, written from their declarations: `python -m netc.compiler.reference`."""

from __future__ import annotations

from netc.compiler.plan.settings import One, Setting, Some
from netc.compiler.plan.train_plan import SETTINGS
from netc.compiler.targets.reference import between

BEGIN = "<!-- settings: written by `python -m netc.compiler.reference` -->"
END = "<!-- end of settings -->"


def put_settings(page: str) -> str:
    """The page with the table of today between its two marks."""
    return between(page, BEGIN, END, f"\n\n{_table()}\n\n")


def _table() -> str:
    head = ["| setting | value | default | from outside |", "|---|---|---|---|"]
    return "\n".join([*head, *map(_row, SETTINGS.values())])


def _row(setting: Setting) -> str:
    form = setting.form
    words = ", ".join(f"`{word}`" for word in form.registry.all()) if isinstance(form, (One, Some)) else ""
    outside = ", ".join(
        f"`--{name}`" if item.help else f"`{name}=` in Python" for name, item in setting.outside.items()
    )
    return f"| `{setting.word}` | {setting.shown}{': ' if words else ''}{words} | {setting.default} | {outside} |"
