"""Train sections as rules see them: the plan beside the text that says it, and edits of settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netc.compiler.lint.base import Subject
from netc.compiler.lint.evidence import DataCard, Record
from netc.compiler.lint.text import behind, source
from netc.compiler.net import Net
from netc.compiler.optimizers.base import optimizer
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Span
from netc.grammar.walk import walk


@dataclass(frozen=True, slots=True)
class Section:
    """A train section of the file: its net, its plan, its text, and what is known of the data and of a training."""

    net: Net
    plan: TrainPlan
    tree: ast.Train
    card: DataCard | None
    history: tuple[Record, ...]

    @property
    def rows(self) -> int | None:
        """The rows to train on, where they are known."""
        return None if self.card is None else self.card.rows

    @property
    def updates(self) -> int | None:
        """How many updates the training makes, where the rows are known."""
        return None if self.rows is None else -(-self.rows // self.plan.rows) * self.plan.epochs

    def setting(self, word: str, step: StepPlan | None = None) -> ast.Bind | None:
        """Where a setting is written, in a step or in the section around it."""
        inner = [item for item in self.tree.body.statements if isinstance(item, ast.Step)]
        own = [item.body for item in inner if step is not None and item.name == step.name]
        for body in (*own, self.tree.body):
            for statement in body.statements:
                if isinstance(statement, ast.Bind) and any(target.id == word for target in statement.targets):
                    return statement
        return None

    def place(self, word: str, step: StepPlan | None = None) -> Span:
        """Where a setting is written, else the section's headline."""
        found = self.setting(word, step)
        return self.tree.net_span if found is None else found.span

    def argument(self, word: str, name: str, step: StepPlan | None = None) -> Span:
        """Where a named argument in a setting is written, else the setting: `lr` of `optimizer = sgd(lr=0.1)`."""
        bind = self.setting(word, step)
        if bind is None:
            return self.tree.net_span
        found = (node for node in walk(bind.value) if isinstance(node, ast.Argument) and node.name == name)
        return next((node.span for node in found), bind.span)


def sections(subject: Subject) -> tuple[Section, ...]:
    """The train sections of the file whose nets elaborate."""
    return subject.shared(_sections)


def _sections(subject: Subject) -> tuple[Section, ...]:
    written = {item.span: item for item in subject.tree.items if isinstance(item, ast.Train)}
    return tuple(
        Section(net, plan, written[plan.span], subject.card(net), subject.history(net))
        for net in subject.nets
        for plan in net.plans
        if plan.span in written
    )


def steps(subject: Subject) -> Iterator[tuple[Section, StepPlan]]:
    """Every update of every train section."""
    for section in sections(subject):
        for step in section.plan.steps:
            yield section, step


def usual_rate(word: str) -> str:
    """A rate to begin with, of an optimizer: its default where it has one."""
    spec = optimizer.all()[word].arguments["lr"]
    return "0.01" if spec.required else f"{spec.default:g}"


def with_setting(subject: Subject, section: Section, word: str, value: str) -> Fix:
    """Adds a setting at the end of a section, in line with the others."""
    text = source(subject)
    last = section.tree.body.statements[-1]
    line = text.line(last.span.line)
    indent = line[: len(line) - len(line.lstrip())]
    alone = text.line(section.tree.span.end_line).strip() == "}" and last.span.line > section.tree.span.line
    if not alone:
        return Fix(f"write `{word} = {value}`", (Edit(behind(last.span), f"; {word} = {value}"),))
    width = max((_width(text.line(item.span.line)) for item in section.tree.body.statements), default=0)
    end = text.line(last.span.end_line)
    place = Span(last.span.file, last.span.end_line, len(end) + 1, last.span.end_line, len(end) + 1)
    return Fix(f"write `{word} = {value}`", (Edit(place, f"\n{indent}{word.ljust(width)} = {value}"),))


def _width(line: str) -> int:
    """How wide the words of settings are, with what fills them up to the sign."""
    name, sign, _ = line.strip().partition(" = ")
    return len(name) if sign and name.replace("_", "").strip().isalpha() else 0
