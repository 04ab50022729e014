"""Running the statements of braces: flows and binds, control written out in place, what belongs to nets alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netc.compiler.applications import Kind
from netc.compiler.elaborate import expects, expressions, flows
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.later import not_yet
from netc.compiler.elaborate.layer_values import Bound, Chain, LayerValue, Shared
from netc.compiler.elaborate.rename import renamed
from netc.compiler.elaborate.scope import Env, Loop, Ref, join
from netc.compiler.elaborate.static import LONGEST
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_flowing, kind, listed, tensors
from netc.compiler.ir import Value
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label, Span
from netc.grammar.walk import children, walk

MOST_PASSES = 200_000


def run_body(frame: Frame, body: ast.Body) -> None:
    """Run statements one after the other."""
    for statement in body.statements:
        run(frame, statement)


def run(frame: Frame, statement: ast.Statement) -> None:
    """Run one statement; in a merge, note control that gives no branch."""
    before, errors = len(frame.branches or ()), frame.report.errors
    _run(frame, statement)
    if frame.branches is not None and isinstance(statement, (ast.If, ast.For, ast.Repeat)):
        if frame.report.errors > errors and len(frame.branches) == before:
            frame.branches.append(POISON)  # what it would have given is not known
        given = len(frame.branches) > before
        frame.idle = [inner for inner in frame.idle if not statement.span.covers(inner.span)]
        frame.idle += [] if given else [_innermost(statement)]


def _innermost(control: ast.If | ast.For | ast.Repeat) -> ast.If | ast.For | ast.Repeat:
    """Of a chain of `else if` the last, where an `else` would stand."""
    while isinstance(control, ast.If) and control.otherwise is not None:
        match control.otherwise.statements:
            case (ast.If() as following,):
                control = following
            case _:
                break
    return control


def _run(frame: Frame, statement: ast.Statement) -> None:
    match statement:
        case ast.Flow() | ast.Bind() if frame.branches is not None:
            _branch(frame, statement)
        case ast.Flow() | ast.Bind():
            _flow(frame, statement)
        case ast.If():
            _if(frame, statement)
        case ast.For():
            _for(frame, statement)
        case ast.Repeat():
            _repeat(frame, statement)
        case ast.TrainOnly():
            _train_only(frame, statement)
        case ast.Frozen():
            not_yet(frame, "frozen", ast.Syntax(_keyword(statement.span, "frozen")))
            run_body(frame, statement.body)
        case ast.Expect():
            expects.run(frame, statement)
        case ast.Input():
            frame.error("E216", "`input` is a net's first statement", statement.span,
                        help="declare all inputs at the top of the net: `input a: 3x32x32, b: 10`")  # fmt: skip
        case ast.Output():
            _output(frame, statement)
        case ast.Step():
            frame.error("E216", "`step` stands in a `train` section", statement.span, help="move it there")


def _keyword(span: Span, word: str) -> Span:
    return Span(span.file, span.line, span.column, span.line, span.column + len(word))


# ---------------------------------------------------------------- flows and binds
def _branch(frame: Frame, node: ast.Flow | ast.Bind) -> None:
    """In a merge a flow starts from what entered the braces, and is a branch if a value comes out of it."""
    assert frame.branches is not None
    frame.flow, before = frame.input, len(frame.branches)
    with frame.recording(Kind.BRANCH, "branch", node.span) as branch:
        _flow(frame, node)
        branch.outputs = tensors(tuple(frame.branches[before:]))


def _flow(frame: Frame, node: ast.Flow | ast.Bind) -> None:
    if isinstance(node, ast.Bind):
        _bind(frame, node)
    else:
        _advance(frame, *flows.run_flow(frame, node, None))


def _advance(frame: Frame, value: Any, flows_on: bool) -> None:
    if flows_on:
        frame.flow = value
        if frame.branches is not None:
            frame.branches.append(value)


def _bind(frame: Frame, node: ast.Bind) -> None:
    free = all(frame.env.lookup(target.id) is None for target in node.targets)
    errors = frame.report.errors
    if len({target.id for target in node.targets}) < len(node.targets):
        frame.error("E205", "a bind gives one name twice", node.span, help="give each value its own name")
        free = False
    value = node.value
    if not isinstance(value, ast.Flow):
        body = ast.Body(value.span, (value,))
        value = ast.Flow(value.span, (ast.Braced(value.span, None, body),))
    if node.shared:
        _shared(frame, node, value, free and all(_check_free(frame, target) for target in node.targets))
        return
    single = node.targets[0] if len(node.targets) == 1 and free else None
    name, span = (single.id, single.span) if single else (None, None)
    result, flows_on = flows.run_flow(frame, value, name, span, bound=True)
    if free:
        _give_names(frame, node, result)
    elif frame.report.errors == errors:
        for target in node.targets:
            if not _check_free(frame, target, node):
                _doubt(frame, target)
    _advance(frame, result, flows_on)


def _check_free(frame: Frame, target: ast.Name, bind: ast.Bind | None = None) -> bool:
    known = frame.env.lookup(target.id)
    if known is None:
        return True
    frame.error("E205", f"`{target.id}` is bound already", target.span,
                secondary=[Label(known.span, "first bound here")],
                help="give the new value another name; a name is bound once",
                fix=renamed(frame, target, bind) if bind is not None else None)  # fmt: skip
    return False


def _doubt(frame: Frame, target: ast.Name) -> None:
    """Whoever reads a name below that is bound twice may mean either value: nothing more is said of it."""
    known = frame.env.lookup(target.id)
    if known is not None and is_flowing(known.value):
        known.value = POISON


def _give_names(frame: Frame, node: ast.Bind, value: Any) -> None:
    names = node.targets
    if not is_flowing(value):
        frame.run.statics += [(target, frame.module.file) for target in names]
    if len(names) == 1:
        bind_name(frame, names[0], value)
        return
    if value is not POISON and (not isinstance(value, tuple) or len(value) != len(names)):
        found = f"a list of {len(value)}" if isinstance(value, tuple) else kind(value)
        frame.error(
            "E208",
            f"{counted(len(names), 'name')} for {found}",
            node.span,
            help="give as many names as there are values",
        )
        value = POISON
    for number, target in enumerate(names):
        bind_name(frame, target, POISON if value is POISON else value[number])


def bind_name(frame: Frame, target: ast.Name, value: Any) -> None:
    """Bind a name, and enter the value under its path."""
    frame.env.bind(target.id, Ref(value, target.span, frame.training))
    _enter(frame, target.id, value)


def _enter(frame: Frame, name: str, value: Any) -> None:
    """Make a bound value known by its dotted path, for those who look into a finished net."""
    if isinstance(value, Tensor) and value.scope is not None and value.scope.path:
        frame.run.values.setdefault(value.scope.path, value.value)
    if frame.env.scope is not None and is_flowing(value):
        for path, item in named_values(join(frame.env.scope.path, name), value):
            if item is not None:
                frame.run.values.setdefault(path, item)


def _shared(frame: Frame, node: ast.Bind, flow: ast.Flow, free: bool) -> None:
    if len(node.targets) != 1:
        frame.error("E208", "`shared` names one layer", node.span, help="write a `shared` bind for each layer")
        return
    target = node.targets[0]
    head = flow.elements[0]
    layer: Any
    if len(flow.elements) == 1 and not isinstance(head, ast.Braced):
        layer = flows.head_layer(frame, head)
    elif flows.head_is_layer(frame, head):
        layer = Chain("chain", None, flow.elements, frame.env)
    else:
        frame.error("E207", "`shared` names a layer, this starts from a value", head.span,
                    help="leave the source out, and apply the layer later: `x -> f`")  # fmt: skip
        layer = POISON
    if layer is not POISON and not isinstance(layer, LayerValue):
        frame.error("E207", f"`shared` names a layer, found {kind(layer)}", head.span)
        layer = POISON
    if not free:
        return
    frame.run.statics.append((target, frame.module.file))
    value = POISON if layer is POISON else Shared(target.id, None, layer, frame.claim(target.id, target.span))
    frame.env.bind(target.id, Ref(value, target.span, frame.training))


# ---------------------------------------------------------------- control
def _if(frame: Frame, node: ast.If) -> None:
    condition = expressions.evaluate_condition(frame, node.condition)
    if condition is POISON:
        _poison_names(frame, [node.then, node.otherwise])
        frame.flow = POISON if frame.flow is not None else None
        return
    taken = node.then if condition else node.otherwise
    if taken is not None:
        with frame.recording(Kind.IF, "if", node.span, taken.span) as record:
            run_body(frame, taken)
            record.outputs = tensors(frame.flow)


def _for(frame: Frame, node: ast.For) -> None:
    items = frame.evaluate(node.iterable)
    if items is POISON or not isinstance(items, tuple):
        if items is not POISON:
            help = f"write `0..{items}`" if isinstance(items, int) else None
            frame.error("E240", f"`for` goes through a list, found {kind(items)}", node.iterable.span, help=help)
        _poison_names(frame, [node.body])
        frame.flow = POISON if frame.flow is not None else None
        return
    for target in node.targets:
        _check_free(frame, target)
    passes = [dict(_taken_apart(frame, node, item)) for item in items]
    with frame.recording(Kind.FOR, "for", node.span, node.body.span) as loop:
        _loop(frame, passes, node.body)
        loop.outputs = tensors(frame.flow)


def _taken_apart(frame: Frame, node: ast.For, item: Any) -> Iterator[tuple[str, Ref]]:
    if len(node.targets) == 1:
        yield node.targets[0].id, Ref(item, node.targets[0].span)
        return
    parts: Any = item
    if not isinstance(item, tuple) or len(item) != len(node.targets):
        frame.error("E208", f"{counted(len(node.targets), 'name')} for {kind(item)}", node.iterable.span,
                    help="give as many names as each element has")  # fmt: skip
        parts = [POISON] * len(node.targets)
    for target, part in zip(node.targets, parts, strict=True):
        yield target.id, Ref(part, target.span)


def _repeat(frame: Frame, node: ast.Repeat) -> None:
    count = frame.evaluate(node.count)
    if count is not POISON and (not isinstance(count, int) or isinstance(count, bool)):
        help = "divide with `//`, which gives a whole number" if isinstance(count, float) else None
        frame.error("E240", f"`repeat` takes a whole number, found {kind(count)}", node.count.span, help=help)
        count = POISON
    if count is not POISON and count > LONGEST:
        frame.error("E240", f"`repeat` of more than {LONGEST} passes", node.count.span)
        count = POISON
    if count is POISON:
        _poison_names(frame, [node.body])
        frame.flow = POISON if frame.flow is not None else None
        return
    bound = Bound({"count": count}, (), {"count": node.count.span})
    with frame.recording(Kind.REPEAT, "repeat", node.span, node.body.span, bound=bound) as loop:
        _loop(frame, [{} for _ in range(max(count, 0))], node.body)
        loop.outputs = tensors(frame.flow)


def _loop(frame: Frame, passes: list[dict[str, Ref]], body: ast.Body) -> None:
    outer, loop = frame.env, Loop()
    for given in passes:
        frame.run.passes += 1
        if frame.run.passes > MOST_PASSES:
            frame.error("E240", f"loops of more than {MOST_PASSES} passes in all", body.span)
            frame.flow = POISON
            break
        errors = frame.report.errors
        env = Env(outer, loop=loop)
        env.names.update(given)
        frame.env = env
        values = Bound({name: ref.value for name, ref in given.items()})
        with frame.recording(Kind.PASS, "pass", body.span, bound=values) as one:
            run_body(frame, body)
            one.outputs = tensors(frame.flow)
        loop.passes.append({name: ref for name, ref in env.names.items() if name not in given})
        for name in env.bound_in_pass:
            loop.counts[name] = loop.counts.get(name, 0) + 1
        if frame.report.errors > errors + 20:
            break
    frame.env = outer
    names = dict.fromkeys(names_bound(body))
    for bound in loop.passes:
        names.update(dict.fromkeys(bound))
    for name in names:
        refs = [bound[name] for bound in loop.passes if name in bound]
        if outer.lookup(name) is None:
            span = refs[0].span if refs else body.span
            training = frame.training or any(ref.training for ref in refs)
            value = listed([ref.value for ref in refs])
            outer.bind(name, Ref(value, span, training))
            _enter(frame, name, value)


def _train_only(frame: Frame, node: ast.TrainOnly) -> None:
    flow, branches, training = frame.flow, frame.branches, frame.training
    frame.branches, frame.training = None, True
    with frame.recording(Kind.TRAIN_ONLY, "train only", node.span, node.body.span) as road:
        run_body(frame, node.body)
        road.outputs = tensors(frame.flow)
    frame.flow, frame.branches, frame.training = flow, branches, training


def names_bound(body: ast.Body) -> Iterator[str]:
    """The names that statements let out: those of binds, control braces included."""
    for node in walk(body, inside=_controlled):
        if isinstance(node, ast.Bind):
            yield from (target.id for target in node.targets)


def _controlled(node: ast.Syntax) -> Iterable[ast.Syntax]:
    return children(node) if isinstance(node, (ast.Body, ast.Control)) else ()


def _poison_names(frame: Frame, bodies: Iterable[ast.Body | None]) -> None:
    """Names that would have been bound had a condition or count been right stand for nothing, silently."""
    for body in bodies:
        for name in names_bound(body) if body is not None else ():
            if frame.env.lookup(name) is None:
                frame.env.bind(name, Ref(POISON, body.span if body else frame.applied[-1]))


# ---------------------------------------------------------------- output
def _output(frame: Frame, node: ast.Output) -> None:
    if frame.outputs is None:
        frame.error("E218", "`output` stands in a net", node.span,
                    help="end a block with what it gives: `[x, y]`")  # fmt: skip
        return
    for expression in node.values:
        value = frame.evaluate(expression)
        if value is POISON:
            frame.started = False
            continue
        for name, item in named_values(output_name(expression), value):
            if item is None:
                frame.error("E218", f"`output` names tensors, found {kind(value)}", expression.span)
                break
            if any(name == given.name for given in frame.run.graph.inputs):
                frame.error(
                    "E218",
                    f"the output `{name}` has the name of an input",
                    expression.span,
                    help=f"give it another name: `{name}_out = {name} -> identity`",
                )
            if name in frame.outputs:
                frame.error("E205", f"the output `{name}` is named twice", expression.span)
            frame.outputs[name] = item


def output_name(expression: ast.Expression) -> str:
    """What an output is called: its path in the text."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, name=name):
            return f"{output_name(value)}.{name}"
        case ast.Index(value=value, index=ast.Number(value=number)):
            return f"{output_name(value)}.{number}"
    return "output"


def named_values(name: str, value: Any) -> Iterator[tuple[str, Value | None]]:
    """A value and its name; of a list each element with its number."""
    if isinstance(value, Tensor):
        yield name, value.value
    elif isinstance(value, Several):
        for number, item in enumerate(value):
            yield from named_values(f"{name}.{number}", item)
    else:
        yield name, None


__all__ = ["bind_name", "is_flowing", "named_values", "names_bound", "output_name", "run", "run_body"]
