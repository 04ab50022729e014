"""Applying a layer to what flows: built-in layers, blocks and nets, chains, shared layers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from netc.compiler.applications import Kind, LayerInstance
from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.elaborate import expects, explain, flows, inputs
from netc.compiler.elaborate.arguments import bind, handed, report_missing
from netc.compiler.elaborate.frame import NO_ARGUMENTS, Frame
from netc.compiler.elaborate.layer_values import Bound, BuiltIn, Chain, LayerValue, Shared
from netc.compiler.elaborate.module import Written
from netc.compiler.elaborate.repeated import run_or_copy
from netc.compiler.elaborate.resolve import nothing_flows
from netc.compiler.elaborate.scope import Env, Ref, Scope, join
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind, scoped, spread, tensors
from netc.compiler.ir import DType, Origin, Shape, Undecided, Value
from netc.compiler.layers import of_weights
from netc.compiler.layers.base import MANY, LayerBuilder, Rewrite
from netc.compiler.ops import ShapeError
from netc.grammar import ast
from netc.grammar.diagnostics import Label, Span

DEEPEST = 64


class PoisonedError(Exception):
    """A layer given as an argument failed, which is reported."""


def apply(
    frame: Frame, layer: LayerValue | None, flow: Any, named: Scope | None, span: Span, origin: str | None = None
) -> Any:
    """What a layer makes of the flow; POISON after a mistake, which is reported.

    named   the scope of the bind that names this application; None for the default name
    origin  the path that nodes get instead of the layer's own
    """
    match layer:
        case None:
            return flow
        case Chain():
            return _chain(frame, layer, flow, named, span)
        case Shared():
            return _shared(frame, layer, flow, named, span)
        case Written():
            return _written(frame, layer, flow, named, span)
        case BuiltIn():
            return _built_in(frame, layer, flow, named, span, origin)
    raise AssertionError(f"no such layer: {layer}")


# ---------------------------------------------------------------- built-in layers
def _built_in(frame: Frame, layer: BuiltIn, flow: Any, named: Scope | None, span: Span, origin: str | None) -> Any:
    bound = layer.bound or bind(frame, layer, (), ast.Name(span, layer.word))
    if layer.definition.whole and isinstance(flow, Several):
        return flow
    values = _inputs(frame, layer, flow, bound, span)
    name, scope = _named(frame, layer.word, named, span)
    if bound is None or values is None:
        return POISON
    instance = layer.definition(**bound.values)
    run = frame.run
    first, parameters = len(run.graph.nodes), []
    leaves: list[str] = []

    def new_parameter(leaf: str, shape: Shape, initial: Initial, dtype: DType, buffer: bool) -> Parameter:
        start = initial if buffer else of_weights.start_of(instance, leaf, initial)
        made = _parameter(frame, scope, leaf, shape, start, dtype, buffer, span)
        parameters.append(made)
        if not buffer:
            of_weights.penalize(instance, leaf, made)
            leaves.append(leaf)
        return made

    def apply_argument(given: object, x: Value, leaf: str, rewrite: Rewrite | None = None) -> Value:
        assert given is None or isinstance(given, LayerValue)
        return _argument(frame, given, x, scope.child(leaf) if leaf else scope, span, parameters, rewrite)

    place = Origin(origin or scope.path, span)
    builder = LayerBuilder(run.graph, place, new_parameter, apply_argument, frame.rewrite)
    try:
        built = instance.build(builder, *values)
        _refuse_large(built if isinstance(built, tuple) else (built,), parameters)
        of_weights.refuse_without_effect(instance, leaves, bound.spans)
    except ShapeError as error:
        explain.shape_error(frame, error, layer.word, values, span, bound.spans)
        return POISON
    except Undecided as error:
        frame.error(
            "E305",
            f"{error} is not known while compiling",
            span,
            help="give the input fixed sizes, or state the assumption with `expect` below the input",
        )
        return POISON
    except PoisonedError:
        return POISON
    except OverflowError:
        frame.error("E135", f"`{layer.word}` makes sizes that are too large", span, help="give it smaller ones")
        return POISON
    outputs = built if isinstance(built, tuple) else (built,)
    run.report.extent.layer(len(run.graph.nodes) - first, run.loops > 0 or len(run.stack) > 1, span)
    _record(frame, layer, instance, scope, tuple(values), outputs, parameters, first, span, bound)
    result: Any = Tensor(outputs[0], scope)
    if isinstance(built, tuple):
        result = Several.of([Tensor(output) for output in outputs], scope)
    if named is None:
        frame.scope.members[name] = result
    return result


def _refuse_large(outputs: tuple[Value, ...], parameters: list[Parameter]) -> None:
    """Raise ShapeError for a size that no runtime counts to, before anything is made of it."""
    most = inputs.LARGEST_SIZE
    for value in (*outputs, *[made.value for made in parameters]):
        for size in value.shape:
            if type(size) is int and size >= most:
                raise ShapeError(f"a size of {size:,}" if size < 10**20 else "a size past 10^20",
                                 help="sizes are below 2_147_483_648 (2^31)", code="E135")  # fmt: skip


def _inputs(frame: Frame, layer: BuiltIn, flow: Any, bound: Bound | None, span: Span) -> list[Value] | None:
    """The values that go in, checked for their number; None after a mistake."""
    fewest, most = layer.definition.inputs
    if type(flow) is Tensor and fewest <= 1 <= most and not (bound is not None and bound.tensors):
        return [flow.value]
    given = [] if layer.is_source else list(spread(flow)) if flow is not None else []
    if flow is None and not layer.is_source and len(bound.tensors if bound else ()) < max(fewest, 1):
        nothing_flows(frame, layer.word, span)
        return None
    given += list(spread(bound.tensors)) if bound else []
    if any(item is POISON for item in given):
        return None
    values = [item.value for item in given if isinstance(item, Tensor)]
    if len(values) != len(given):
        wrong = next(item for item in given if not isinstance(item, Tensor))
        frame.error(
            "E224",
            f"`{layer.word}` takes tensors, found {kind(wrong)}",
            span,
            help="give it values of the net: inputs, or what layers make",
        )
        return None
    if fewest <= len(values) <= most:
        return values
    if most == 1:
        frame.error("E230", f"`{layer.word}` takes one value, found {len(values)}", span,
                    help="merge them first, as with `concat` or `add`")  # fmt: skip
    elif len(values) < fewest and fewest == 2:
        help = f"give the other one: `{layer.word}(skip)`, or braces with a branch on each line"
        if any(value in frame.run.looped for value in values):
            help = f"a loop gives the value of its last pass; `{layer.word} {{ for … {{ … }} }}` merges those of all"
        frame.error("E231", f"`{layer.word}` merges at least two values, found {len(values)}", span, help=help)
    else:
        wanted = f"{fewest}" if fewest == most else f"at least {fewest}" if most >= MANY else f"{fewest} to {most}"
        frame.error(
            "E230",
            f"`{layer.word}` takes {wanted} values, found {len(values)}",
            span,
            help=f"write them in parentheses: `{layer.word}(a, b)`, or what flows is the first: `a -> {layer.word}(b)`",
        )
    return None


def _named(frame: Frame, word: str, named: Scope | None, span: Span) -> tuple[str, Scope]:
    if named is not None:
        return "", named
    return frame.claim_default(word, span)


def _parameter(
    frame: Frame, scope: Scope, leaf: str, shape: Shape, initial: Initial, dtype: DType, buffer: bool, span: Span
) -> Parameter:
    name = join(scope.weights, leaf)
    known = frame.run.parameters.get(name)
    if known is not None:
        if known.value.shape != shape:
            from netc.compiler.ir import format_shape

            raise ShapeError(f"the shared weight `{name}` is {format_shape(known.value.shape)}, "
                             f"here it would be {format_shape(shape)}",
                             help="apply a shared layer to values of one shape", code="E306")  # fmt: skip
        made = known
    else:
        value = Value(name, dtype, shape, Origin(scope.path, span))
        frozen = frame.run.frozen
        made = Parameter(name, value, initial, not (buffer or frozen), buffer, span, frozen=frozen)
        frame.run.parameters[name] = made
        frame.run.graph.parameters.append(value)
    scope.members[leaf] = Tensor(made.value)
    if scope.mirror is not None:
        scope.mirror.members[leaf] = Tensor(made.value)
    return made


def _argument(
    frame: Frame, layer: LayerValue | None, x: Value, scope: Scope, span: Span, parameters: list[Parameter],
    rewrite: Rewrite | None,
) -> Value:  # fmt: skip
    """Apply a layer given as an argument; its nodes and parameters belong to the layer around it."""
    run = frame.run
    before, run.absorbed = run.absorbed, []
    inner = replace(frame, scope=scope, input=Tensor(x), flow=Tensor(x), branches=None, rewrite=rewrite)
    origin = scope.path.rpartition(".")[0] if isinstance(layer, BuiltIn) and rewrite is None else None
    with run.recorder.unrecorded():
        result = apply(inner, layer, Tensor(x), scope, span, origin)
    parameters += run.absorbed
    if before is not None:
        before += run.absorbed
    run.absorbed = before
    if result is POISON:
        raise PoisonedError
    if not isinstance(result, Tensor):
        frame.error(
            "E230",
            f"a layer given as an argument makes one value, found {kind(result)}",
            span,
            help="end it with one value, as with `concat` or `add`",
        )
        raise PoisonedError
    return result.value


def _record(
    frame: Frame, layer: BuiltIn, instance: Any, scope: Scope, values: tuple[Value, ...], outputs: tuple[Value, ...],
    parameters: list[Parameter], first: int, span: Span, bound: Bound,
) -> None:  # fmt: skip
    run = frame.run
    if run.absorbed is not None:
        run.absorbed += parameters
        return
    made = LayerInstance(
        scope.path, layer.word, instance, values, outputs, tuple(run.graph.nodes[first:]),
        tuple(dict.fromkeys(parameters)), span, bound.spans, frame.training,
    )  # fmt: skip
    run.layers.append(made)
    run.recorder.add(made)
    if frame.nested:
        run.foreign.add(id(made))
    for output in outputs:
        run.producers.setdefault(output, made)
    for number, output in enumerate(outputs):
        run.values[scope.path if len(outputs) == 1 else f"{scope.path}.{number}"] = output


# ---------------------------------------------------------------- layers of layers
def _chain(frame: Frame, layer: Chain, flow: Any, named: Scope | None, span: Span) -> Any:
    assert layer.env is not None
    run = frame.run
    written = layer.elements[0].span.to(layer.elements[-1].span)
    if any(elements is layer.elements for elements in run.chains):
        frame.error("E215", "a chain of layers uses itself", span, secondary=[Label(written, "written here")],
                    help="write repeats with `repeat` or `for`")  # fmt: skip
        return POISON
    inner = replace(frame, env=Env(layer.env), scope=named or frame.scope, input=flow, flow=flow, branches=None)
    run.chains.append(layer.elements)
    with inner.recording(Kind.CHAIN, "chain", span, written) as chain:
        result = flows.through(inner, layer.elements, flow, None)
        chain.outputs = tensors(result)
    run.chains.pop()
    return result


def _shared(frame: Frame, layer: Shared, flow: Any, named: Scope | None, span: Span) -> Any:
    assert layer.weights is not None
    name, outer = _named(frame, layer.word, named, span)
    scope = Scope(outer.path, layer.weights.weights, shared=True)
    scope.mirror = layer.weights
    result = apply(replace(frame, applied=(*frame.applied, span)), layer.inner, flow, scope, span)
    if named is not None:
        named.members.update(scope.members)
    else:
        frame.scope.members[name] = result
    return result


def _written(frame: Frame, layer: Written, flow: Any, named: Scope | None, span: Span) -> Any:
    definition, module = layer.definition, layer.module
    assert definition is not None
    assert module is not None
    run = frame.run
    if definition in run.stack:
        uses_itself(frame, definition, span)
        return POISON
    if len(run.stack) >= DEEPEST:
        frame.error("E217", f"blocks are nested more than {DEEPEST} deep", span, help="flatten the nesting")
        return POISON
    run.report.extent.block(span)
    if flow is POISON and isinstance(definition, ast.Net):
        return POISON
    name, scope = _named(frame, layer.word, named, span)
    env = Env(None, scope=scope)
    inner = Frame(run, module, env, scope, flow, flow, training=frame.training, nested=frame.nested,
                  applied=(*frame.applied, span))  # fmt: skip
    run.stack.append(definition)
    module.applied.add(definition.name)
    kind = Kind.NET if isinstance(definition, ast.Net) else Kind.BLOCK
    with inner.recording(kind, layer.word, span, definition.span, bound=layer.bound) as applied:
        bound = layer.bound or NO_ARGUMENTS
        if isinstance(definition, ast.Net):
            given = bind_parameters(inner, definition, bound, span)
            result = inputs.run_net_as_layer(inner, definition, flow) if given else POISON
        else:
            work = partial(_run_block, inner, definition, bound, span)
            result = run_or_copy(inner, definition, bound.values, applied.children, work)
        applied.outputs = tensors(result)
    run.stack.pop()
    several = len(applied.outputs) > 1
    for at, output in enumerate(applied.outputs):
        run.results[output] = (f"{scope.path}[{at}]" if several else scope.path, span)
    result = scoped(result, scope)
    if named is None:
        frame.scope.members[name] = result
    return result


def uses_itself(frame: Frame, definition: ast.Block | ast.Net, span: Span) -> None:
    """Report a block or net that is applied inside of itself."""
    what = "block" if isinstance(definition, ast.Block) else "net"
    frame.error("E215", f"the {what} `{definition.name}` uses itself", span,
                secondary=[Label(definition.name_span, "defined here")],
                help="write repeats with `repeat` or `for`")  # fmt: skip


def _run_block(frame: Frame, definition: ast.Block, bound: Bound, span: Span) -> Any:
    if not bind_parameters(frame, definition, bound, span):
        return POISON
    first = len(frame.run.layers)
    frame.run_body(definition.body)
    expects.check_block(frame, first)
    if frame.flow is None:
        frame.error("E233", f"nothing flows out of `{definition.name}`", definition.name_span,
                    help="end the block with a flow")  # fmt: skip
        return POISON
    return frame.flow


def bind_parameters(frame: Frame, definition: ast.Block | ast.Net, bound: Bound, span: Span) -> bool:
    """Give the parameters of a block or net their values, defaults included."""
    missing = [p.name for p in definition.parameters if p.default is None and p.name not in bound.values]
    if missing:
        frame.applied, before = (), frame.applied
        report_missing(frame, f"`{definition.name}`", missing, span)
        frame.applied = before
        return False
    for parameter in definition.parameters:
        if parameter.name in bound.values:
            value = bound.values[parameter.name]
        else:
            assert parameter.default is not None
            value = handed(frame, frame.module, definition, parameter.name, parameter.default)
        if parameter.name in frame.env.names:
            frame.error(
                "E205",
                f"two parameters are called `{parameter.name}`",
                parameter.span,
                help="give one of them another name",
            )
        frame.env.names[parameter.name] = Ref(value, parameter.span)
    return True
