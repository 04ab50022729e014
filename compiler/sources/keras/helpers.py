"""Functions and classes that a text of Keras calls, where it does."""

from __future__ import annotations

HELPERS = {
    "pad": '''\
def pad(x, width, value=0.0):
    """Padding around the axes behind batch and channels: one width for all, or (before, after) for each."""
    widths = [(width, width)] * (len(x.shape) - 2) if isinstance(width, int) else width
    return ops.pad(x, [(0, 0), (0, 0), *widths], constant_values=value)''',
    "chain": '''\
def chain(members, x):
    """Each on what the one before gave."""
    for member in members:
        x = member(x)
    return x''',
    "drop": '''\
def drop(x, rate, leading, training):
    """In training, elements become zero at this rate; those behind the leading axes together."""
    if not training:
        return x
    shape = None if leading is None else [*x.shape[:leading], *[1] * (len(x.shape) - leading)]
    return keras.random.dropout(x, rate, noise_shape=shape)''',
    "lstm": '''\
def lstm(x, h, states):
    """A step of an LSTM."""
    i, f, g, o = ops.split(x + h, 4, axis=-1)
    cell = ops.sigmoid(f) * states[1] + ops.sigmoid(i) * ops.tanh(g)
    return ops.sigmoid(o) * ops.tanh(cell), cell''',
    "gru": '''\
def gru(x, h, states):
    """A step of a GRU."""
    (x_r, x_z, x_n), (h_r, h_z, h_n) = ops.split(x, 3, axis=-1), ops.split(h, 3, axis=-1)
    z = ops.sigmoid(x_z + h_z)
    return ((1 - z) * ops.tanh(x_n + ops.sigmoid(x_r + h_r) * h_n) + z * states[0],)''',
    "recurrent": '''\
def recurrent(step, x, states, weight, recurrent_weight, bias, recurrent_bias, *, reverse):
    """A recurrent layer over the first axis: all outputs, then the last states."""
    x = ops.matmul(x, ops.transpose(weight)) + bias
    outputs = []
    for at in reversed(range(x.shape[0])) if reverse else range(x.shape[0]):
        h = ops.matmul(states[0], ops.transpose(recurrent_weight)) + recurrent_bias
        states = step(x[at], h, states)
        outputs.append(states[0])
    if reverse:
        outputs.reverse()
    return ops.stack(outputs), *states''',
    "scan": '''\
def scan(step, states, sequences, captured, *, reverse):
    """A step for each element along the first axis; the last states, then all results."""
    places, results = range(sequences[0].shape[0]), []
    for at in reversed(places) if reverse else places:
        made = step(*states, *[sequence[at] for sequence in sequences], *captured)
        states = made[: len(states)]
        results.append(made[len(states) :])
    if reverse:
        results.reverse()
    return *states, *map(ops.stack, zip(*results, strict=True))''',
    "Tensors": '''\
class Tensors(keras.Layer):
    """Tensors by their names in the weight file."""

    def __init__(self, shapes):
        super().__init__()
        self.tensors = {
            name: self.add_weight(shape=shape, initializer="zeros", name=name.replace(".", "_"))
            for name, shape in shapes.items()
        }
        self.built = True

    def __getitem__(self, name):
        return self.tensors[name]''',
}
