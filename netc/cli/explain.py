"""`netc explain`: the long version of a code, and what a word of the language means."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import click

from netc.cli.command import verb
from netc.cli.terminal import put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netc.compiler.declare.declared import Declared
    from netc.compiler.lint.base import Rule
    from netc.compiler.plan.settings import Setting


@verb(examples=("netc explain E301", "netc explain Conv2D", "netc explain scan", "netc explain layers", "netc explain"))
@click.argument("word", required=False, metavar="[CODE|WORD]")
def explain(word: str | None) -> None:
    """What a finding's code means, with an example that has it and one that hasn't, or what a layer, loss or optimizer
    does, by its name here or elsewhere: conv, Conv2d; or a word of the language itself, such as net, repeat or scan.

    `layers`, `losses`, `metrics`, `optimizers`, `schedules`, `initializers`, `augmentations` and `words` list them.
    Without a word, list all codes.
    """
    from netc.compiler.lint import all_rules

    rules = all_rules()
    text = _codes(rules) if word is None else _code(word.strip(), rules) or _listed(word.strip()) or _word(word.strip())
    if text is None:
        assert word is not None
        raise click.UsageError(
            f"no finding has the code `{word}`, and nothing is called so\n  = help: {_near(word.strip(), rules)}"
        )
    put(text.rstrip() + "\n")


def _codes(rules: Mapping[str, Rule]) -> str:
    from netc.compiler.elaborate.advice import REGISTRIES
    from netc.grammar.codes import all_codes, explanation

    longest, width = max(map(len, rules)), max(len(rule.name) for rule in rules.values())
    lines = [f"{known}  {_headline(explanation(known) or '')}" for known in all_codes()]
    lines += ["", *(f"{known:<{longest}}  {rule.name:<{width}}  {rule.headline}" for known, rule in rules.items())]
    lists = ", ".join([*(registry.plural for registry in REGISTRIES.values()), "words"])
    return "\n".join([*lines, "", f"What the language has: `netc explain WORD`, of {lists}."])


def _code(word: str, rules: Mapping[str, Rule]) -> str | None:
    from netc.grammar.codes import explanation

    by_name = {rule.name: rule for rule in rules.values()}
    found = rules.get(word.upper()) or by_name.get(word)
    if found is not None:
        return f"# {found.code} {found.name}\n\n{found.documentation}"
    text = explanation(word)
    if text is None:
        return None
    head, _, rest = text.partition("\n")
    return f"# {word.upper()} {_headline(head)}\n{rest}"


def _listed(word: str) -> str | None:
    """Every declaration of a kind with its first sentence: `layers`."""
    from netc.compiler.elaborate.advice import REGISTRIES
    from netc.grammar.words import files

    if word.lower() == "words":
        width = max(map(len, files()))
        heads = {name: _headline(path.read_text("utf-8")) for name, path in files().items()}
        return "\n".join(f"{name:<{width}}  {head}" for name, head in heads.items())
    for kind, registry in REGISTRIES.items():
        if word.lower() in (kind, registry.plural):
            known = registry.all()
            width = max(map(len, known))
            return "\n".join(f"{name:<{width}}  {_first_line(definition)}" for name, definition in known.items())
    return None


def _word(word: str) -> str | None:
    """What a word means, in whatever kind it is declared; a word of the field that is in none says so."""
    from netc.compiler.declare.absent import absent
    from netc.compiler.declare.also import plain
    from netc.compiler.elaborate.advice import REGISTRIES, advise
    from netc.compiler.plan.train_plan import SETTINGS
    from netc.grammar.words import meaning

    own = meaning(word)
    found = [(kind, registry.called(word)) for kind, registry in REGISTRIES.items()]
    parts = [own] if own is not None else []
    parts += [_described(kind, known[0], known[1].note) for kind, known in found if known is not None]
    parts += [_setting(item) for item in SETTINGS.values() if plain(word) in map(plain, (item.word, *item.also))]
    missing = [kind for kind in REGISTRIES if plain(word) in absent(kind)] if own is None else []
    parts += [f"{advise(kind, word).help[0].upper()}{advise(kind, word).help[1:]}." for kind in missing]
    return "\n\n".join(parts) or None


def _described(kind: str, definition: type[Declared], note: str) -> str:
    from netc.compiler.describe import call_of, default_of, names_elsewhere, takes

    lines = [f"# {definition.word} ({kind})", "", call_of(definition), "", inspect.getdoc(definition) or ""]
    if definition.arguments:
        lines.append("")
        width = max(map(len, definition.arguments))
        for name, spec in definition.arguments.items():
            default = "" if spec.required else f"; {default_of(spec)} unless given"
            lines.append(f"  {name:<{width}}  {takes(spec.type)}: {spec.doc}{default}")
    names = names_elsewhere(definition)
    lines += ["", f"Elsewhere: {', '.join(names)}."] if names else []
    lines += [f"Not quite the same: {note}."] if note else []
    return "\n".join(lines)


def _setting(setting: Setting) -> str:
    lines = [f"# {setting.word} (setting of a train section)", "", f"{setting.shown[0].upper()}{setting.shown[1:]}."]
    lines += [f"Unless given: {setting.default}."] if setting.default else []
    lines += ["", f"Elsewhere: {', '.join(setting.also)}."] if setting.also else []
    return "\n".join([*lines, "Its place in a train section: docs/language.md, Training."])


def _first_line(definition: type[Declared]) -> str:
    return (inspect.getdoc(definition) or "").splitlines()[0]


def _near(word: str, rules: Mapping[str, Rule]) -> str:
    """Which codes of the same family, or names of rules and words, may be meant."""
    from netc.compiler.elaborate.advice import REGISTRIES
    from netc.grammar.codes import all_codes, near
    from netc.grammar.diagnostics import did_you_mean
    from netc.grammar.words import files

    words = [name for registry in REGISTRIES.values() for name in registry.all()] + list(files())
    codes, named = [*all_codes(), *rules], [rule.name for rule in rules.values()]
    return near(word, codes) or did_you_mean(word.lower(), [*codes, *named, *words]) or "see `netc explain`"


def _headline(text: str) -> str:
    return text.split("\n", 1)[0].lstrip("# ").strip()
