"""Control written out in place: conditions, loops, `train only` and `frozen` braces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netc.compiler.applications import Kind
from netc.compiler.elaborate import expressions
from netc.compiler.elaborate.binds import check_free, enter
from netc.compiler.elaborate.extent import Extent
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import Bound
from netc.compiler.elaborate.scope import Env, Loop, Ref
from netc.compiler.elaborate.values import POISON, kind, listed, tensors
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.walk import children, walk


def run_if(frame: Frame, node: ast.If) -> None:
    """Run the braces that a condition picks. A wrong condition leaves names and flow that stand for nothing."""
    condition = expressions.evaluate_condition(frame, node.condition)
    if condition is POISON:
        _poison(frame, [node.then, node.otherwise])
        return
    taken = node.then if condition else node.otherwise
    if taken is not None:
        with frame.recording(Kind.IF, "if", node.span, taken.span) as record:
            frame.run_body(taken)
            record.outputs = tensors(frame.flow)


def run_for(frame: Frame, node: ast.For) -> None:
    """Run the braces once for each element of a list."""
    items = frame.evaluate(node.iterable)
    if items is POISON or not isinstance(items, tuple):
        if items is not POISON:
            counts = isinstance(items, int) and not isinstance(items, bool)
            help = f"write `0..{items}`" if counts else "give a list, such as `[32, 64]` or `0..4`"
            frame.error("E240", f"`for` goes through a list, found {kind(items)}", node.iterable.span, help=help)
        _poison(frame, [node.body])
        return
    for target in node.targets:
        check_free(frame, target)
    frame.report.extent.loop(len(items), _passes_at_least(frame, node.body), node.iterable.span)
    passes = [dict(_taken_apart(frame, node, item)) for item in items]
    with frame.recording(Kind.FOR, "for", node.span, node.body.span) as loop:
        _loop(frame, passes, node.body)
        loop.outputs = tensors(frame.flow)
        frame.run.looped.update(loop.outputs)


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


def run_repeat(frame: Frame, node: ast.Repeat) -> None:
    """Run the braces so many times."""
    count = frame.evaluate(node.count)
    if count is not POISON and (not isinstance(count, int) or isinstance(count, bool)):
        help = "divide with `//`, which gives a whole number" if isinstance(count, float) else "give how many times"
        frame.error("E240", f"`repeat` takes a whole number, found {kind(count)}", node.count.span, help=help)
        count = POISON
    if count is POISON:
        _poison(frame, [node.body])
        return
    frame.report.extent.loop(max(count, 0), _passes_at_least(frame, node.body), node.count.span)
    bound = Bound({"count": count}, (), {"count": node.count.span})
    with frame.recording(Kind.REPEAT, "repeat", node.span, node.body.span, bound=bound) as loop:
        _loop(frame, [{} for _ in range(max(count, 0))], node.body)
        loop.outputs = tensors(frame.flow)


def _loop(frame: Frame, passes: list[dict[str, Ref]], body: ast.Body) -> None:
    outer, loop = frame.env, Loop()
    frame.run.loops += 1
    for given in passes:
        errors = frame.report.errors
        env = Env(outer, loop=loop)
        env.names.update(given)
        frame.env = env
        values = Bound({name: ref.value for name, ref in given.items()})
        with frame.recording(Kind.PASS, "pass", body.span, bound=values) as one:
            frame.run_body(body)
            one.outputs = tensors(frame.flow)
        loop.passes.append({name: ref for name, ref in env.names.items() if name not in given})
        for name in env.bound_in_pass:
            loop.counts[name] = loop.counts.get(name, 0) + 1
        if frame.report.errors > errors + 20:
            break
    frame.env = outer
    frame.run.loops -= 1
    names = dict.fromkeys(_names_bound(body))
    for bound in loop.passes:
        names.update(dict.fromkeys(bound))
    for name in names:
        refs = [bound[name] for bound in loop.passes if name in bound]
        if outer.lookup(name) is None:
            span = refs[0].span if refs else body.span
            training = frame.training or any(ref.training for ref in refs)
            value = listed([ref.value for ref in refs])
            outer.bind(name, Ref(value, span, training))
            enter(frame, name, value)


def _passes_at_least(frame: Frame, body: ast.Body) -> int:
    """How many passes the loops in braces make whatever happens: those whose counts are known before the first."""
    total = 0
    for node in body.statements:
        if isinstance(node, (ast.Repeat, ast.For)):
            passes, inside = known_passes(frame, node), _passes_at_least(frame, node.body)
            frame.report.extent.at_least(passes, inside, _count(node).span)
            total += passes * (1 + inside)
        elif isinstance(node, (ast.Frozen, ast.TrainOnly)):
            total += _passes_at_least(frame, node.body)
    return total


def known_passes(frame: Frame, node: ast.Repeat | ast.For) -> int:
    """How many passes a loop makes, where its count is known before it runs; else 0."""
    return _known_count(frame, _count(node))


def check_alone(frame: Frame, node: ast.Repeat | ast.For) -> None:
    """Refuse a loop that nothing runs and that would be too long if it were the only one."""
    Extent().at_least(known_passes(frame, node), 0, _count(node).span)


def _count(node: ast.Repeat | ast.For) -> ast.Expression:
    return node.count if isinstance(node, ast.Repeat) else node.iterable


def _known_count(frame: Frame, count: ast.Expression) -> int:
    """A count that is a number, a name in sight, or a range of numbers; 0 where it has to be computed."""
    match count:
        case ast.Name(id=name):
            ref = frame.env.lookup(name)
            value = ref.value if ref is not None else 0
            return len(value) if isinstance(value, tuple) else max(value, 0) if type(value) is int else 0
        case ast.Number(value=int(value)):
            return max(value, 0)
        case ast.Range(start=ast.Number(value=int(start)), stop=ast.Number(value=int(stop))):
            return max(stop - start, 0)
    return 0


def run_train_only(frame: Frame, node: ast.TrainOnly) -> None:
    """Run braces whose values exist in training alone; the flow goes on as if they were not there."""
    flow, branches, training = frame.flow, frame.branches, frame.training
    frame.branches, frame.training = None, True
    with frame.recording(Kind.TRAIN_ONLY, "train only", node.span, node.body.span) as road:
        frame.run_body(node.body)
        road.outputs = tensors(frame.flow)
    frame.flow, frame.branches, frame.training = flow, branches, training


def run_frozen(frame: Frame, node: ast.Frozen) -> None:
    """The statements as they stand; weights that are made by them are constants, and buffers stay."""
    before, frame.run.frozen = frame.run.frozen, True
    try:
        frame.run_body(node.body)
    finally:
        frame.run.frozen = before


def _names_bound(body: ast.Body) -> Iterator[str]:
    """The names that statements let out: those of binds, control braces included."""
    for node in walk(body, inside=_controlled):
        if isinstance(node, ast.Bind):
            yield from (target.id for target in node.targets)


def _controlled(node: ast.Syntax) -> Iterable[ast.Syntax]:
    return children(node) if isinstance(node, (ast.Body, ast.Control)) else ()


def _poison(frame: Frame, bodies: Iterable[ast.Body | None]) -> None:
    """What braces would have made had their condition or count been right stands for nothing, silently: names, what
    flows on, and in a merge a branch."""
    frame.flow = POISON if frame.flow is not None else None
    if frame.branches is not None:
        frame.branches.append(POISON)
    for body in bodies:
        for name in _names_bound(body) if body is not None else ():
            if frame.env.lookup(name) is None:
                frame.env.bind(name, Ref(POISON, body.span if body else frame.applied[-1]))
