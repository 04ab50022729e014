"""`netc explain`: the long version of a code."""

from __future__ import annotations

import click


@click.command()
@click.argument("code", required=False, metavar="[CODE]")
def explain(code: str | None) -> None:
    """What a finding's code means, with an example that has it and one that hasn't. Without CODE, list them all."""
    from netc.compiler.lint import all_rules
    from netc.grammar.codes import all_codes, explanation

    rules = all_rules()
    if code is None:
        width = max(len(rule.name) for rule in rules.values())
        for known in all_codes():
            click.echo(f"{known}  {_headline(explanation(known) or '')}")
        click.echo()
        for known, rule in rules.items():
            click.echo(f"{known}  {rule.name:<{width}}  {rule.headline}")
        return
    wanted = code.strip().upper()
    by_name = {rule.name: rule for rule in rules.values()}
    rule = rules.get(wanted) or by_name.get(code)
    if rule is not None:
        click.echo(f"# {rule.code} {rule.name}\n\n{rule.documentation}")
        return
    text = explanation(wanted) if wanted in all_codes() else None
    if text is None:
        from netc.grammar.diagnostics import did_you_mean

        near = did_you_mean(
            wanted, [known for known in (*all_codes(), *rules) if known[0] == wanted[:1]]
        ) or did_you_mean(code, by_name)
        raise click.UsageError(
            f"no finding has the code `{code}`\n  = help: {near or 'see `netc explain` for the codes'}"
        )
    click.echo(f"# {wanted} {_headline(text)}\n{text.split(chr(10), 1)[1] if chr(10) in text else ''}".rstrip())


def _headline(text: str) -> str:
    return text.split("\n", 1)[0].lstrip("# ").strip()
