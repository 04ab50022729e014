"""`netc explain`: the long version of a code."""

from __future__ import annotations

import click

from netc.cli.command import verb


@verb(examples=("netc explain E301", "netc explain softmax-before-cross-entropy", "netc explain"))
@click.argument("code", required=False, metavar="[CODE]")
def explain(code: str | None) -> None:
    """What a finding's code means, with an example that has it and one that hasn't. Without CODE, list them all."""
    from netc.compiler.lint import all_rules
    from netc.grammar.codes import all_codes, explanation

    rules = all_rules()
    if code is None:
        longest, width = max(map(len, rules)), max(len(rule.name) for rule in rules.values())
        for known in all_codes():
            click.echo(f"{known}  {_headline(explanation(known) or '')}")
        click.echo()
        for known, rule in rules.items():
            click.echo(f"{known:<{longest}}  {rule.name:<{width}}  {rule.headline}")
        return
    wanted = code.strip().upper()
    by_name = {rule.name: rule for rule in rules.values()}
    found = rules.get(wanted) or by_name.get(code)
    if found is not None:
        click.echo(f"# {found.code} {found.name}\n\n{found.documentation}")
        return
    text = explanation(wanted)
    if text is None:
        raise click.UsageError(
            f"no finding has the code `{code}`\n  = help: {_near(wanted, [*all_codes(), *rules, *by_name])}"
        )
    head, _, rest = text.partition("\n")
    click.echo(f"# {wanted} {_headline(head)}\n{rest}".rstrip())


def _near(code: str, known: list[str]) -> str:
    """Which codes of the same family, or names of rules, may be meant."""
    from netc.compiler.lint.base import family
    from netc.grammar.diagnostics import did_you_mean

    same = [other for other in known if family(other) == family(code)]
    return did_you_mean(code, same) or did_you_mean(code.lower(), known) or "see `netc explain` for the codes"


def _headline(text: str) -> str:
    return text.split("\n", 1)[0].lstrip("# ").strip()
