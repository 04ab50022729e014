"""The smallest changes of a text with which a net would meet its budget: each is elaborated, none is guessed.

Tried are fewer units in the layers that cost most, global pooling instead of flattening in front of the largest one,
smaller numbers where the net has them as arguments, and fewer passes of a `repeat`. What changes the shape of an input
or output, or what doesn't elaborate, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from netc.compiler.applications import LayerInstance
from netc.compiler.check import check
from netc.compiler.ir import Size, language_shape
from netc.compiler.lint.allowance import expects
from netc.compiler.lint.budget import BudgetError, Comparison, bound, figures, miss, of_expect, shares
from netc.compiler.lint.fixing import edited
from netc.compiler.lint.wiring import Wiring, data_inputs
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Severity, Span
from netc.grammar.source import Source
from netc.grammar.walk import walk

LAYERS, OTHERS, SHOWN = 3, 2, 3
WHOLE = re.compile(r"[0-9][0-9_]*")


@dataclass(frozen=True, slots=True)
class Variant:
    """One change, as it would be written, and the figure that comes of it."""

    line: int
    before: str
    after: str
    figure: Size
    loss: float

    def __str__(self) -> str:
        return f"line {self.line}: `{self.after}` for `{self.before}`: {self.figure:,}"


def smallest(net: Net, tree: ast.File, comparison: Comparison) -> list[Variant]:
    """At most three changes that meet an upper bound, the one that takes least first; empty where there is none."""
    limit = bound(comparison)
    if limit is None or limit[0] not in ("<", "<=") or comparison.timed:
        return []
    return _Search(net, tree, comparison).all()


def without_budgets(tree: ast.File) -> str:
    """A text whose conditions about costs are true whatever they are, with every other place where it was."""
    source = Source(tree.span.file, tree.source)
    edits = []
    for item in tree.items:
        for statement in expects(tree, item.name) if isinstance(item, ast.Net) else ():
            if of_expect(statement.condition, tree.source):
                blank = re.sub(r"[^\r\n]", " ", source.between(statement.condition.span)[1:-1])
                edits.append(Edit(statement.condition.span, f"({blank.replace('    ', 'true', 1)})"))
    return edited(source, edits)


class _Search:
    def __init__(self, net: Net, tree: ast.File, comparison: Comparison) -> None:
        self.net, self.tree, self.comparison = net, tree, comparison
        self.source = Source(tree.span.file, without_budgets(tree))
        self.shapes = _shapes(net)
        self.first = figures(comparison, net)[0]

    def all(self) -> list[Variant]:
        """Every change that is enough, sorted by how much it takes away."""
        found = [*self._pooled(), *self._numbers()]
        return sorted(found, key=lambda variant: (variant.loss, variant.line))[:SHOWN]

    def _pooled(self) -> Iterator[Variant]:
        """Global pooling in the place of the `flatten` in front of the largest layer."""
        largest = shares(self.first)[:1]
        for layer, _ in largest:
            flatten = _flattens(layer, Wiring(self.net))
            if flatten is not None and flatten.span.file == self.source.file:
                net = self._made(flatten.span, "global_avgpool")
                if net is not None and self._meets(net):
                    yield self._variant(flatten.span, "global_avgpool", net)

    def _numbers(self) -> Iterator[Variant]:
        for span in dict.fromkeys(self._places()):
            text = self.source.between(span)
            most = int(text.replace("_", ""))
            best = self._largest(span, most)
            if best is not None:
                number, net = best
                yield self._variant(span, str(number), net)

    def _places(self) -> Iterator[Span]:
        """Whole numbers of the text that make the net smaller when they are smaller."""
        for layer, _ in shares(self.first)[:LAYERS]:
            for name in layer.layer.arguments if layer.layer is not None else ():
                span = layer.argument_spans.get(name)
                if span is not None and self._whole(span):
                    yield span
                    break
        definition = next(item for item in self.tree.items if isinstance(item, ast.Net) and item.name == self.net.name)
        defaults = [one.default.span for one in definition.parameters if isinstance(one.default, ast.Number)]
        yield from [span for span in defaults if self._whole(span)][:OTHERS]
        repeats = [node.count.span for node in walk(self.tree) if isinstance(node, ast.Repeat)]
        yield from [span for span in repeats if self._whole(span)][:OTHERS]

    def _whole(self, span: Span) -> bool:
        text = self.source.between(span) if span.file == self.source.file else ""
        found = WHOLE.search(text)
        return found is not None and found[0] == text and int(text.replace("_", "")) > 1

    def _largest(self, span: Span, most: int) -> tuple[int, Net] | None:
        """The largest smaller number with which the condition holds."""
        low, high, best = 1, most - 1, None
        while low <= high:
            middle = (low + high) // 2 if best is not None or high < most - 1 else self._guess(most)
            net = self._made(span, str(middle))
            if net is not None and self._meets(net):
                best, low = (middle, net), middle + 1
            else:
                high = middle - 1
        return best

    def _guess(self, most: int) -> int:
        """A first number: in proportion to what the condition allows."""
        limit = bound(self.comparison)
        value = self.first.value
        assert limit is not None
        share = float(limit[1].value) / value if isinstance(value, int) and value else 0.5
        return min(most - 1, max(1, int(most * share)))

    def _made(self, span: Span, text: str) -> Net | None:
        """The net of the changed text, if it is right and takes and gives what it did."""
        changed = edited(self.source, [Edit(span, text)])
        result = check(self.source.file, changed)
        if any(finding.severity is Severity.ERROR for finding in result.diagnostics):
            return None
        made = next((one for one in result.nets if one.name == self.net.name), None)
        return made if made is not None and _shapes(made) == self.shapes else None

    def _meets(self, net: Net) -> bool:
        try:
            return miss(self.comparison, net) is None
        except BudgetError:
            return False

    def _variant(self, span: Span, text: str, net: Net) -> Variant:
        """A change as its line shows it: the call around a number, where it is on one line."""
        value = figures(self.comparison, net)[0].value
        line = self.source.line(span.line)
        around = next((layer.span for layer in self.net.layers if layer.span.covers(span)), span)
        if around.line != around.end_line:
            around = span
        before = line[around.column - 1 : around.end_column - 1]
        after = before[: span.column - around.column] + text + before[span.end_column - around.column :]
        now = self.first.value
        loss = (now - value) / now if isinstance(now, int) and isinstance(value, int) and now else 1.0
        return Variant(span.line, before, after, value, loss)


def _shapes(net: Net) -> tuple[object, ...]:
    given = [(value.name, language_shape(value)) for value in net.inputs]
    return given, [(name, language_shape(value)) for name, value in net.outputs.items()]


def _flattens(layer: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The layer that flattens a map for this one."""
    makers = [wiring.maker(value) for value in data_inputs(layer)]
    while makers and makers[0] is not None and makers[0].word == "dropout":
        makers = [wiring.maker(value) for value in data_inputs(makers[0])]
    first = makers[0] if makers else None
    return first if first is not None and first.word == "flatten" and first.span.line == first.span.end_line else None
