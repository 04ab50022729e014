"""Where elaboration stands: the state of one net (Elaboration) and of one pair of flow braces (Frame)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.declare.parameter import Parameter
from netc.compiler.elaborate.extent import weight
from netc.compiler.elaborate.layer_values import Bound, BuiltIn, LayerValue
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.recorder import Recorder, Recording
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Env, Ref, Scope
from netc.compiler.elaborate.values import POISON, as_given
from netc.compiler.ir import Graph, Value
from netc.compiler.layers.base import Rewrite
from netc.grammar import ast
from netc.grammar.diagnostics import Label, Span
from netc.grammar.limits import LIST

NO_ARGUMENTS = Bound()


@dataclass(frozen=True, slots=True)
class Language:
    """What is done to each kind of text. Each of the four needs the others, so they meet here, by way of the frame.

    evaluate  an expression: its value, POISON after a mistake, which is reported
    chain     a flow inside an expression: its value, or a layer that isn't applied
    apply     a layer: what it makes of what flows in
    run       braces: their statements, one after the other
    """

    evaluate: Callable[[Frame, ast.Expression, tuple[str, ...]], Any]
    chain: Callable[[Frame, ast.Flow], Any]
    apply: Callable[[Frame, LayerValue | None, Any, Scope | None, Span, str | None], Any]
    run: Callable[[Frame, ast.Body], None]


@dataclass(slots=True)
class Elaboration:
    """One net while it grows.

    language    what is done to expressions, layers and statements
    recorder    the same layers as the text writes them, with the blocks and braces around them
    producers   value -> the application that made it
    absorbed    inside a layer that applies a layer given as an argument: the parameters made there
    stack       blocks and nets being applied, outermost first;  chains: the elements of chains being applied
    foreign     the layers of nets that are used as layers: left out without a word where nothing reaches them
    pending     expectations that wait for their net or block to be finished
    incomplete  whether the net's own text has a mistake, so that weights may be missing;  looped: what loops gave
    mistakes    how many the report had when the net was begun: where more came, nothing is counted
    results     what blocks gave: the path and place of the outermost application
    loops       how many are open around this place
    frozen      inside `frozen` braces
    inside      values that exist in a scan alone, one step at a time
    poisoned    whether a name was read that stands for nothing because of a mistake elsewhere
    statics     names of values that don't flow, to warn about those that nothing reads
    expects     where expectations of the net itself stand that were come by;  asked: how many there were in all
    repeated    what came of blocks, by all that they depend on but names (repeated.py)
    called      expressions that were called, with their environments, which stay as they are, and what they stand for
    """

    report: Report
    graph: Graph
    language: Language
    layers: list[LayerInstance] = field(default_factory=list)
    recorder: Recorder = field(default_factory=Recorder)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    producers: dict[Value, LayerInstance] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    absorbed: list[Parameter] | None = None
    stack: list[object] = field(default_factory=list)
    chains: list[object] = field(default_factory=list)
    foreign: set[int] = field(default_factory=set)
    pending: list[Any] = field(default_factory=list)
    statics: list[tuple[ast.Name, Module]] = field(default_factory=list)
    expects: set[Span] = field(default_factory=set)
    asked: int = 0
    repeated: dict[Any, Any] = field(default_factory=dict)
    called: dict[tuple[int, int], tuple[ast.Expression, Env, Any]] = field(default_factory=dict)
    mistakes: int = 0
    results: dict[Value, tuple[str, Span]] = field(default_factory=dict)
    loops: int = 0
    frozen: bool = False
    inside: set[Value] = field(default_factory=set)
    poisoned: bool = False
    incomplete: bool = False
    looped: set[Value] = field(default_factory=set)


@dataclass(slots=True)
class Frame:
    """One pair of flow braces while its statements run.

    env, scope  the names in sight; the scope that layers are called in
    input       what `in` is, None where nothing flowed in
    flow        what flows into the next statement
    branches    in a merge: what each branch gave;  idle: control in it that gave none
    training    inside `train only`
    nested      inside a net that is used as a layer
    applied     where the blocks around this place were applied, innermost last
    outputs     in a net: what `output` said
    lone        the name of a bind, for the one operation on tensors that it holds
    rewrite     where a layer is applied by one that makes its weight: how
    states      in a scan: what each of its states, and of the scans around it, was one step before
    """

    run: Elaboration
    module: Module
    env: Env
    scope: Scope
    input: Any = None
    flow: Any = None
    branches: list[Any] | None = None
    idle: list[ast.Control] = field(default_factory=list)
    training: bool = False
    nested: bool = False
    applied: tuple[Span, ...] = ()
    outputs: dict[str, Value] | None = None
    started: bool = False
    lone: Scope | None = None
    rewrite: Rewrite | None = None
    states: Mapping[str, Ref] = field(default_factory=dict)

    @property
    def report(self) -> Report:
        """Where findings go."""
        return self.run.report

    def evaluate(self, node: ast.Expression, words: tuple[str, ...] = ()) -> Any:
        """The value of an expression here, POISON after a mistake; `words` may stand for themselves."""
        return self.run.language.evaluate(self, node, words)

    def operand(self, node: ast.Expression, words: tuple[str, ...] = ()) -> Any:
        """The value of an expression where a tensor may stand: among operands, items of a list, arguments."""
        return self.as_operand(self.evaluate(node, words), node.span)

    def as_operand(self, value: Any, span: Span) -> Any:
        """A layer without input starts a flow, so it is applied; everything else is what it is."""
        if isinstance(value, BuiltIn) and value.is_source:
            return self.apply(value, None, None, span)
        return value

    def chain(self, node: ast.Flow) -> Any:
        """A flow inside an expression: its value, or a layer that isn't applied."""
        return self.run.language.chain(self, node)

    def apply(
        self, layer: LayerValue | None, flow: Any, named: Scope | None, span: Span, origin: str | None = None
    ) -> Any:
        """What a layer makes of the flow, POISON after a mistake.

        named   the scope of the bind that names this application; None for the default name
        origin  the path that nodes get instead of the layer's own
        """
        return self.run.language.apply(self, layer, flow, named, span, origin)

    def run_body(self, body: ast.Body) -> None:
        """Run the statements of braces here."""
        self.run.language.run(self, body)

    def recording(
        self, kind: Kind, word: str, span: Span, definition: Span | None = None, bound: Bound | None = None
    ) -> Recording:
        """What is applied for a while is inside this application; who opens it says what flows out, `outputs`."""
        scope, bound = self.scope, bound or NO_ARGUMENTS
        return Recording(
            self.run.recorder,
            Application(
                kind, word, scope.path, scope.weights, span, definition or span, as_given(bound.values), bound.spans
            ),
        )

    def inside(self, env: Env, scope: Scope, flow: Any) -> Frame:
        """The frame of flow braces inside this one."""
        return replace(
            self, env=env, scope=scope, input=flow, flow=flow, branches=None, idle=[], outputs=None, started=True
        )

    def enter(self, made: LayerInstance) -> None:
        """Take up what was applied here among the applications; whatever first made a value is its producer."""
        run = self.run
        run.layers.append(made)
        run.recorder.add(made)
        if self.nested:
            run.foreign.add(id(made))
        for output in made.outputs:
            run.producers.setdefault(output, made)

    @contextmanager
    def naming(self, scope: Scope) -> Iterator[None]:
        """For a while, layers are called in another scope."""
        before, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = before

    def error(self, code: str, message: str, span: Span, label: str = "", **more: Any) -> None:
        """Report an error here, with the place where the innermost block was applied."""
        others = list(more.pop("secondary", ()))
        if self.applied:
            others.append(Label(self.applied[-1], "applied here"))
        self.report.error(code, message, span, label, secondary=others, **more)

    def sized(self, value: Any, span: Span) -> Any:
        """A list that was computed here, counted; POISON where it is longer than any may be, which is reported."""
        if isinstance(value, tuple):
            most = LIST.value
            count = weight(value, most)
            self.report.extent.items(min(count, most), span)
            if count > most:
                self.report.add(LIST.finding("this list is too long", Label(span), help="compute a shorter one"))
                return POISON
        return value

    def claim(self, name: str, span: Span) -> Scope:
        """The scope of a new layer or bind called `name`; two of one name are an error."""
        numbered = self.env.numbered(name)
        taken = self.scope.claimed.get(numbered)
        if taken is not None:
            self.error("E206", f"two layers are called `{numbered}`", span,
                       secondary=[Label(taken, "the first one")],
                       help="give one of them another name")  # fmt: skip
            numbered += ".again"
        self.scope.claimed[numbered] = span
        return self.scope.child(numbered)

    def claim_default(self, word: str, span: Span) -> tuple[str, Scope]:
        """The name and scope of an unbound layer: its kind and a counter."""
        if self.lone is not None:
            scope, self.lone = self.lone, None
            return "", scope
        name = self.scope.count(word)
        taken = self.scope.claimed.get(name)
        if taken is not None:
            self.error("E206", f"two layers are called `{name}`", span,
                       secondary=[Label(taken, "this one by its bind")],
                       help=f"bind another name than `{name}`, which unbound layers get")  # fmt: skip
            name += ".again"
        self.scope.claimed[name] = span
        return name, self.scope.child(name)
