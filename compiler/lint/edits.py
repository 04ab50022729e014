"""Fixes that rules offer: an argument more, another or one less, a layer less. Each keeps comments where they are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from netc.compiler.applications import LayerInstance
from netc.compiler.lint.base import Subject
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, Span
from netc.grammar.walk import walk


def text_of(span: Span, subject: Subject) -> str:
    """What is written at a place; nothing where that is no line of the file under lint."""
    lines = subject.tree.source.splitlines()
    if span.file != subject.tree.span.file or span.line != span.end_line or span.line > len(lines):
        return ""
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


def is_literal(layer: LayerInstance, argument: str, subject: Subject) -> bool:
    """Whether an argument of a call is written there as a number, a shape or a word, and not worked out elsewhere."""
    span = layer.argument_spans.get(argument)
    if span is None:
        return False
    text = text_of(span, subject).rpartition("=")[2].strip()
    return bool(text) and not any(letter.isalpha() and letter not in "xkMGe" for letter in text)


def everywhere(found: Iterable[LayerInstance], subject: Subject) -> bool:
    """Whether a finding is true wherever its line is used: `found` are the layers of one place that it is about."""
    layers = list(found)
    span = layers[0].span
    return len(layers) == sum(layer.span == span for net in subject.nets for layer in net.layers)


def with_argument(layer: LayerInstance, argument: str, subject: Subject) -> Fix | None:
    """Another argument, `bias=false`, in a call; None where it is given already or the call cannot be written so."""
    return with_argument_at(layer.span, argument, subject, layer.argument_spans)


def with_argument_at(
    span: Span, argument: str, subject: Subject, given: Iterable[str] = (), *, bare: bool = False
) -> Fix | None:
    """Another argument in the call at a place; `bare` says that a word without parentheses may be given them."""
    text = text_of(span, subject)
    if argument.partition("=")[0] in given or not text:
        return None
    title = f"write `{argument}`"
    if not text.endswith(")"):
        word = text.replace("_", "a").isalnum()
        return Fix(title, (Edit(_at_end(span), f"({argument})"),)) if bare and word else None
    before = text[:-1].rstrip()
    if before.endswith(","):
        return None
    at = Span(span.file, span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
    return Fix(title, (Edit(at, argument if before.endswith("(") else f", {argument}"),))


def _at_end(span: Span) -> Span:
    return Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)


def instead(span: Span, text: str, subject: Subject) -> Fix | None:
    """Other text at a place of the file under lint."""
    return Fix(f"write `{text}`", (Edit(span, text),)) if text_of(span, subject) else None


def other_value(layer: LayerInstance, argument: str, value: str, subject: Subject) -> Fix | None:
    """Another value of an argument that is written as a number in the call; keeps whether it has its name there."""
    if not is_literal(layer, argument, subject):
        return None
    span = layer.argument_spans[argument]
    name = f"{argument}=" if "=" in text_of(span, subject) else ""
    return instead(span, name + value, subject)


def without_layer(span: Span, subject: Subject) -> Fix | None:
    """A layer less: taken out of its chain, or with its line where it stands alone and has no name."""
    words = text_of(span, subject)
    if not words:
        return None
    title = f"drop `{words}`"
    for node in walk(subject.tree):
        if isinstance(node, ast.Flow):
            for at, element in enumerate(node.elements):
                if element.span == span and len(node.elements) > 1:
                    gap = _with_arrow(node, at)
                    return Fix(title, (Edit(gap, ""),)) if text_of(gap, subject) else None
        elif isinstance(node, ast.Body):
            for statement in node.statements:
                if isinstance(statement, ast.Flow) and statement.span == span:
                    return _without_line(title, span, subject)
    return None


def _with_arrow(flow: ast.Flow, at: int) -> Span:
    """An element of a chain with the arrow before it, or of the first the one behind it."""
    own = flow.elements[at].span
    if at == 0:
        following = flow.elements[1].span
        return Span(own.file, own.line, own.column, following.line, following.column)
    before = flow.elements[at - 1].span
    return Span(own.file, before.end_line, before.end_column, own.end_line, own.end_column)


def _without_line(title: str, span: Span, subject: Subject) -> Fix | None:
    line = subject.tree.source.splitlines()[span.line - 1]
    if line.strip() != text_of(span, subject):
        return None
    return Fix(title, (Edit(Span(span.file, span.line, 1, span.line + 1, 1), ""),))


def other_word(span: Span, word: str, subject: Subject) -> Fix | None:
    """Another word in a call, whose arguments stay."""
    text = text_of(span, subject)
    end = text.find("(")
    length = len(text) if end < 0 else end
    place = Span(span.file, span.line, span.column, span.line, span.column + length)
    return Fix(f"write `{word}`", (Edit(place, word),)) if text else None


def swapped(first: Span, second: Span, subject: Subject) -> Fix | None:
    """Two layers of one chain that follow each other, the other way round."""
    before, after = text_of(first, subject), text_of(second, subject)
    for node in walk(subject.tree) if before and after else ():
        if isinstance(node, ast.Flow):
            spans = [element.span for element in node.elements]
            if (first, second) in pairwise(spans):
                return Fix(f"write `{after} -> {before}`", (Edit(first, after), Edit(second, before)))
    return None


def without_argument(span: Span, name: str, subject: Subject) -> Fix | None:
    """An argument less in the call at a place, with the comma before it, or the parentheses where it was alone."""
    for node in walk(subject.tree) if text_of(span, subject) else ():
        if isinstance(node, ast.Call) and node.span == span:
            at = next((at for at, argument in enumerate(node.arguments) if argument.name == name), None)
            if at is None:
                return None
            own = node.arguments[at].span
            if at > 0:
                before = node.arguments[at - 1].span
                gap = Span(own.file, before.end_line, before.end_column, own.end_line, own.end_column)
            elif len(node.arguments) > 1:
                after = node.arguments[1].span
                gap = Span(own.file, own.line, own.column, after.line, after.column)
            else:
                end = node.function.span
                gap = Span(own.file, end.end_line, end.end_column, span.end_line, span.end_column)
            words = text_of(own, subject)
            return Fix(f"drop `{words}`", (Edit(gap, ""),)) if words and text_of(gap, subject) else None
    return None


def joined(first: Span, second: Span, word: str, subject: Subject) -> Fix | None:
    """One word for two layers of a chain that follow each other; the first one's arguments stay."""
    shorter, named = without_layer(second, subject), other_word(first, word, subject)
    for node in walk(subject.tree) if shorter and named else ():
        if isinstance(node, ast.Flow):
            spans = [element.span for element in node.elements]
            if (first, second) in pairwise(spans) and shorter and named:
                return Fix(f"write `{word}`", (*named.edits, *shorter.edits))
    return None
