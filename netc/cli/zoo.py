"""`netc zoo`: the networks of the literature that netc comes with."""

from __future__ import annotations

import click

from netc.cli.command import verb
from netc.cli.options import format_option
from netc.cli.paths import ZOO_NAME
from netc.cli.terminal import put_json, say, show
from netc.grammar.counted import counted

HEADS = ("name", "params", "published", "lines", "variant", "source")


@verb(examples=("netc zoo", "netc zoo resnet", "netc zoo --format json", "netc new mine --from resnet50"))
@click.argument("word", required=False, metavar="[WORD]", type=ZOO_NAME)
@format_option("table", "json")
def zoo(word: str | None, style: str) -> None:
    """Networks of the literature as text: parameters counted and as published, whose variant each is, lines of code.

    WORD leaves those in whose name, variant or source it stands. Everything is counted anew, so that the first rows
    come at once and the last ones after a few seconds.
    """
    from netc.compiler.zoo.catalogue import catalogue
    from netc.compiler.zoo.listing import as_json, listed, matching

    entries = matching(catalogue(), word)
    if not entries:
        from netc.cli.new import nearest

        raise click.UsageError(
            f"no net of the zoo has `{word}` in its name, variant or source\n  = help: {nearest(word or '')}"
        )
    found = map(listed, entries)
    if style == "json":
        put_json([as_json(item) for item in found])
        return
    names = max(len(entry.name) for entry in entries)
    variants = max(len(entry.variant) for entry in entries)

    def row(name: str, params: str, published: str, lines: str, variant: str, source: str) -> None:
        show(f"{name:<{names}}  {params:>13}  {published:>13}  {lines:>5}  {variant:<{variants}}  {source}")

    row(*HEADS)
    for item in found:
        entry, published = item.entry, item.published
        row(entry.name, f"{item.params:,}", "" if published is None else f"{published:,}", str(entry.lines),
            entry.variant, entry.source)  # fmt: skip
    say(f"{counted(len(entries), 'network')}; `netc new DIR --from NAME` begins with one")
