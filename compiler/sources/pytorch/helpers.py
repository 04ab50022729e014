"""Functions and classes that a text of PyTorch calls, where it does."""

from __future__ import annotations

HELPERS = {
    "scan": '''\
def scan(step, states, sequences, captured, *, reverse):
    """A step for each element along the first axis; the last states, then all results."""
    elements, results = list(zip(*sequences, strict=True)), []
    for element in reversed(elements) if reverse else elements:
        made = step(*states, *element, *captured)
        states = made[: len(states)]
        results.append(made[len(states) :])
    if reverse:
        results.reverse()
    return *states, *map(torch.stack, zip(*results, strict=True))''',
    "Tensors": '''\
class Tensors(nn.Module):
    """Tensors by their names in the weight file."""

    def __init__(self, shapes):
        super().__init__()
        for name, shape in shapes.items():
            module, *parts = self, *name.split(".")
            for part in parts[:-1]:
                if part not in module._modules:
                    module.add_module(part, nn.Module())
                module = module.get_submodule(part)
            module.register_parameter(parts[-1], nn.Parameter(torch.zeros(shape)))

    def __getitem__(self, name):
        return self.get_parameter(name)''',
    "drop": '''\
def drop(x, rate, leading, training):
    """In training, all that lies behind the leading axes becomes zero at this rate."""
    return x * F.dropout(x.new_ones(*x.shape[:leading], *[1] * (x.dim() - leading)), rate, training)''',
    "recurrent": '''\
def recurrent(function, x, states, weights, *more, reverse):
    """A recurrent layer over the first axis: all outputs, then the last states."""
    y, *last = function(x.flip(0) if reverse else x, states, weights, *more)
    return y.flip(0) if reverse else y, *(state[0] for state in last)''',
}
