"""Applying a built-in layer: its inputs, its weights, the nodes that it builds, and the record of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.elaborate import explain
from netc.compiler.elaborate.arguments import bind
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.inputs import LARGEST_SIZE
from netc.compiler.elaborate.layer_values import Bound, BuiltIn, LayerValue
from netc.compiler.elaborate.resolve import nothing_flows
from netc.compiler.elaborate.scope import Scope, join
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind, spread
from netc.compiler.ir import DType, Origin, Shape, Undecided, Value, format_shape
from netc.compiler.layers import of_weights
from netc.compiler.layers.base import MANY, LayerBuilder, Rewrite
from netc.compiler.ops import ShapeError
from netc.grammar import ast
from netc.grammar.diagnostics import Span


class PoisonedError(Exception):
    """A layer given as an argument failed, which is reported."""


def apply_built_in(frame: Frame, layer: BuiltIn, flow: Any, named: Scope | None, span: Span, origin: str | None) -> Any:
    """What a built-in layer makes of the flow; POISON after a mistake, which is reported."""
    bound = layer.bound or bind(frame, layer, (), ast.Name(span, layer.word))
    if layer.definition.whole and isinstance(flow, Several):
        return flow
    values = _inputs(frame, layer, flow, bound, span)
    name, scope = name_of(frame, layer.word, named, span)
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
    most = LARGEST_SIZE
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


def name_of(frame: Frame, word: str, named: Scope | None, span: Span) -> tuple[str, Scope]:
    """The name that an application gets, empty where a bind gives it, and its scope."""
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
        result = inner.apply(layer, Tensor(x), scope, span, origin)
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
    frame.enter(made)
    for number, output in enumerate(outputs):
        run.values[scope.path if len(outputs) == 1 else f"{scope.path}.{number}"] = output
