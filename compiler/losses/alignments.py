"""The probability of labels in their order, whatever steps they belong to: the forward sum of `ctc`."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Graph, Value

NEVER = -1e30
"""The logarithm of what cannot be: finite, so that differences of two stay numbers, and exp is 0."""


def all_alignments(
    g: Builder, logs: Value, labels: Value, count: Value, blank: int, steps: Value | None = None
) -> Value:
    """log p of each example's labels, `[N]`; about NEVER where it has too few steps for them.

    logs    the logarithm of each class's probability `[N, T, C]`
    labels  `[N, L]`, the first `count` `[N]` of them; the others are the blank
    steps   `[N, T]`, 0 where a step is passed over

    An alignment goes through the states blank, label, blank, label, …, blank. A step stays in its state, goes to the
    next one, or over a blank between two labels that differ.
    """
    batch, length = labels.shape
    states = 2 * length + 1
    blanks = g.Expand(g.constant(blank, DType.INT64), shape=(batch, length, 1))
    pairs = g.Concat(blanks, g.Reshape(labels, shape=(batch, length, 1)), axis=2)
    last = g.Expand(g.constant(blank, DType.INT64), shape=(batch, 1))
    spoken = g.Concat(g.Reshape(pairs, shape=(batch, 2 * length)), last, axis=1)
    number = g.Iota(shape=(1, states))
    end = g.Reshape(g.Mul(count, 2), shape=(batch, 1))
    said = g.Transpose(g.GatherEach(g.Transpose(logs, axes=(0, 2, 1)), spoken), axes=(2, 0, 1))
    said = g.Where(g.LessOrEqual(number, end), said, NEVER)
    start = g.Expand(g.Where(g.Equal(number, 0), g.constant(0.0), NEVER), shape=(batch, states))
    nothing = g.Expand(g.constant(0.0), shape=(batch, 1))
    elements = [said] if steps is None else [said, _counting(g, steps)]
    last_state, level = _scan(g, (start, nothing), elements, _over(g, spoken))
    ends = g.Or(g.Equal(number, end), g.Equal(g.Add(number, 1), end))
    return g.Add(_log_sum(g, [g.Where(ends, last_state, NEVER)]), g.Reshape(level, shape=(batch,)))


def _over(g: Builder, spoken: Value) -> Value:
    """0 where a state is reached from the one before the last, NEVER elsewhere: from a label to another one."""
    states = spoken.shape[1]
    before = g.Slice(g.Pad(spoken, pads=(0, 2, 0, 0)), starts=(0,), stops=(states,), axes=(1,), steps=(1,))
    return g.Where(g.Equal(spoken, before), NEVER, g.constant(0.0))


def _counting(g: Builder, steps: Value) -> Value:
    """Whether each step counts, `[T, N, 1]`."""
    numbers = steps if steps.dtype is DType.FLOAT32 else g.Cast(steps, to=DType.FLOAT32)
    counting = g.Reshape(g.Greater(g.Abs(numbers), 0.0), shape=(*steps.shape, 1))
    return g.Transpose(counting, axes=(1, 0, 2))


def _scan(g: Builder, starts: tuple[Value, Value], elements: list[Value], over: Value) -> tuple[Value, ...]:
    """The states after all steps: logarithms below the largest of them, and that one's own."""
    body = Graph(f"{g.origin.scope}.step")
    b = Builder(body, g.origin)
    state, level = (Value(name, x.dtype, x.shape, g.origin) for name, x in zip(("state", "level"), starts, strict=True))
    inner = [Value(f"element.{at}", x.dtype, x.shape[1:], g.origin) for at, x in enumerate(elements)]
    held = Value("over", over.dtype, over.shape, g.origin)
    after, risen = _step(b, state, inner[0], held)
    risen = b.Add(level, risen)
    if len(inner) > 1:
        after, risen = b.Where(inner[1], after, state), b.Where(inner[1], risen, level)
    body.inputs = [state, level, *inner, held]
    body.outputs = {"state": after, "level": risen}
    return g.add("Scan", (*starts, *elements, over), {"body": body, "carried": 2, "sequences": len(elements)})


def _step(b: Builder, state: Value, said: Value, over: Value) -> tuple[Value, Value]:
    """The states after one step, less the largest of them, and that one."""
    states = state.shape[1]
    padded = b.Pad(state, pads=(0, 2, 0, 0), value=NEVER)
    one, two = (b.Slice(padded, starts=(start,), stops=(states + start,), axes=(1,), steps=(1,)) for start in (1, 0))
    reached = b.Max(b.Add(_log_sum(b, [state, one, b.Add(two, over)]), said), NEVER)
    largest = b.StopGradient(b.ReduceMax(reached, axes=(1,), keepdims=True))
    return b.Sub(reached, largest), largest


def _log_sum(g: Builder, logs: list[Value]) -> Value:
    """log of the sum of exp of several values, or of one along its last axis. No slope goes through the largest."""
    if len(logs) == 1:
        (x,) = logs
        top = g.StopGradient(g.ReduceMax(x, axes=(1,), keepdims=True))
        return g.Add(g.Reshape(top, shape=x.shape[:1]), g.Log(g.ReduceSum(g.Exp(g.Sub(x, top)), axes=(1,))))
    first, *rest = logs
    top, total = first, None
    for x in rest:
        top = g.Max(top, x)
    top = g.StopGradient(top)
    for x in logs:
        part = g.Exp(g.Sub(x, top))
        total = part if total is None else g.Add(total, part)
    assert total is not None, "a sum has parts"
    return g.Add(top, g.Log(total))
