"""A net's training step in PyTorch: our graph node by node, PyTorch's own losses, gradients and optimizers.

What `netc bench` compares a step with where PyTorch is installed, and an opinion of its own on losses and gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Any

from netc.compiler import Graph, LossTerm, Net, Node, StepPlan, TrainPlan, Value, forward_graph, get_op, penalties
from netc.runtime.measure.torch_ops import Function, NoEquivalentError, dtype_of, function_of
from netc.runtime.sessions.resident import Array

Call = tuple[Function, tuple[Value, ...], tuple[Value, ...], tuple[Value, ...]]
"""A function, what it reads, what it makes, and what nobody reads any more after it."""


class TorchStep:
    """One training step on one batch, from given weights.

    weights        {name: array}, as `Model.state_dict` gives them
    rows           {input or target name: array}: the batch of every step
    lr             the learning rate
    channels_last  how maps [N, C, H, W] and the weights of convolutions lie in memory
    device         PyTorch's name of it
    precision      "float32"; "mixed" and "bfloat16" by PyTorch's autocast, the first with its scaler of gradients

    Batch norm uses the batch's statistics; dropout draws from PyTorch's generator, other masks than ours. Raises
    NoEquivalentError for an operator or optimizer that PyTorch lacks, or a loss that nobody has written down here.
    """

    def __init__(
        self,
        net: Net,
        plan: TrainPlan,
        weights: Mapping[str, Array],
        rows: Mapping[str, Array],
        *,
        lr: float,
        channels_last: bool = False,
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        self.torch = torch = import_module("torch")
        if len(plan.steps) > 1:
            raise NoEquivalentError("a plan of several steps")
        self.plan, self.step, self.device = plan, plan.only, device
        self.half = {"mixed": torch.float16, "bfloat16": torch.bfloat16}.get(precision)
        self.scaler = torch.amp.GradScaler(device) if precision == "mixed" else None
        graph = forward_graph(net, plan, {value.name: rows[value.name].shape for value in net.inputs})

        def tensor(array: Array) -> Any:
            made = torch.tensor(array, device=device)
            return made.contiguous(memory_format=torch.channels_last) if channels_last and made.dim() == 4 else made

        self.weights = {parameter.name: tensor(weights[parameter.name]) for parameter in net.parameters}
        self.rows = {name: tensor(array) for name, array in rows.items()}
        self.trained = [self.weights[item.name].requires_grad_() for item in net.parameters if item.trainable]
        trained = {item.value for item in net.parameters if item.trainable}
        found = penalties(net.parameters, self.step, trained)
        self.penalties = [(self.weights[item.name], item.l1, item.l2) for item in found]
        given = {value.name: self.rows[value.name] for value in graph.inputs} | self.weights
        self.known: dict[Value, Any] = {value: given[value.name] for value in graph.sources()}
        self.calls = _calls(graph, self.known, torch, device)
        self.pairs = [
            (graph.outputs[str(number)], graph.outputs.get(f"{number}.target")) for number in range(len(plan.losses))
        ]
        self.losses = [_loss(torch, term, self.rows) for term in plan.losses]
        self.optimizer = _optimizer(torch, self.step, self.trained, lr)

    def __call__(self) -> float:
        """A step; returns the loss of before it."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        (loss if self.scaler is None else self.scaler.scale(loss)).backward()
        if self.step.clip_norm is not None:
            if self.scaler is not None:
                self.scaler.unscale_(self.optimizer)
            self.torch.nn.utils.clip_grad_norm_(self.trained, self.step.clip_norm)
        if self.scaler is None:
            self.optimizer.step()
        else:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        return float(loss.item())

    def loss(self) -> Any:
        """The forward pass and the weighted sum of the losses, a tensor."""
        with self._precision():
            return self._loss()

    def _precision(self) -> AbstractContextManager[Any]:
        if self.half is None:
            return nullcontext()
        autocast: AbstractContextManager[Any] = self.torch.autocast(self.device, self.half)
        return autocast

    def _loss(self) -> Any:
        values = dict(self.known)
        for function, sources, made, finished in self.calls:
            result = function(*[values[value] for value in sources])
            if len(made) == 1:
                values[made[0]] = result
            else:
                values.update(zip(made, result, strict=True))
            for value in finished:
                del values[value]
        total: Any = None
        for term, (prediction, target), loss in zip(self.plan.losses, self.pairs, self.losses, strict=True):
            value = loss(values[prediction], None if target is None else values[target])
            value = value if term.weight == 1 else value * term.weight
            total = value if total is None else total + value
        for weight, l1, l2 in self.penalties:
            total += l1 * weight.abs().sum() if l1 else 0
            total += l2 * weight.square().sum() if l2 else 0
        return total

    def gradients(self) -> tuple[float, dict[str, Array]]:
        """The loss, and its gradient for every trainable parameter that it depends on."""
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        found = {name: value.grad.cpu().numpy() for name, value in self.weights.items() if value.grad is not None}
        return float(loss.item()), found


# ------------------------------------------------------------ forward
def _calls(graph: Graph, known: dict[Value, Any], torch: Any, device: str) -> list[Call]:
    """The nodes as functions in order. Literals go to `known`; a product and the bias added to it are one call."""
    readers = graph.consumers()
    outputs = set(graph.outputs.values())
    steps: list[tuple[Function, tuple[Value, ...], tuple[Value, ...]]] = []
    products: dict[Value, tuple[Value, ...]] = {}
    for node in graph.nodes:
        if node.op == "Constant":
            literal = node.attributes["value"]
            made = torch.tensor(literal.values, dtype=dtype_of(torch, literal.dtype), device=device)
            known[node.output] = made.reshape(literal.shape)
        elif (bias := _bias(node, readers, outputs)) is not None:
            products[node.output] = (*node.inputs, bias)
        elif node.op == "Add" and (given := products.keys() & set(node.inputs)):
            steps.append((_linear(torch), products[given.pop()], node.outputs))
        elif node.op == "Relu" and _may_overwrite(node.inputs[0], readers, outputs):
            steps.append((torch.relu_, node.inputs, node.outputs))
        else:
            steps.append((function_of(node), node.inputs, node.outputs))
    last = {value: number for number, (_, sources, _) in enumerate(steps) for value in sources}
    kept = {*known, *outputs}
    calls = []
    for number, (function, sources, made) in enumerate(steps):
        finished = tuple(value for value in dict.fromkeys(sources) if last[value] == number and value not in kept)
        calls.append((function, sources, made, finished))
    return calls


def _bias(node: Node, readers: Mapping[Value, list[Node]], outputs: set[Value]) -> Value | None:
    """The vector that is added to a product by a matrix, and to nothing else: our `dense`."""
    if node.op != "MatMul" or node.inputs[1].rank != 2 or node.output in outputs:
        return None
    after = readers.get(node.output, [])
    if len(after) != 1 or after[0].op != "Add":
        return None
    others = [value for value in after[0].inputs if value is not node.output]
    return others[0] if others and others[0].shape == node.output.shape[-1:] else None


def _linear(torch: Any) -> Function:
    linear = torch.nn.functional.linear
    return lambda x, matrix, bias: linear(x, matrix.mT, bias)


def _may_overwrite(value: Value, readers: Mapping[Value, list[Node]], outputs: set[Value]) -> bool:
    """Whether a ReLU may, as in torchvision's networks: nothing needs the value to go back, nothing else reads it."""
    if value.node is None or get_op(value.node.op).torch_keeps:
        return False
    return len(readers[value]) == 1 and value not in outputs


# ------------------------------------------------------------ losses, optimizers
def _loss(torch: Any, term: LossTerm, rows: Mapping[str, Any]) -> Function:
    """A loss as a function of its prediction and, where that is its target, of another value of the net.

    It is the loss's formula, which is written in PyTorch's functions.
    """
    field, labels = term.target, term.wanted.classes is not None
    if isinstance(field, float):
        if labels:
            raise NoEquivalentError(f"the loss {term.loss.word} with the same label for every example")
        return lambda prediction, _: term.loss.formula(torch, prediction, torch.full_like(prediction, field))
    if isinstance(field, str):
        known = rows[field].long() if labels else rows[field]
        return lambda prediction, _: term.loss.formula(torch, prediction, known)
    return lambda prediction, target: term.loss.formula(torch, prediction, target.long() if labels else target)


def _optimizer(torch: Any, plan: StepPlan, trained: list[Any], lr: float) -> Any:
    """PyTorch's optimizer, as ours says which one it is."""
    if plan.optimizer.torch_lacks is not None:
        raise NoEquivalentError(f"the optimizer {plan.optimizer.word}: {plan.optimizer.torch_lacks}")
    made = plan.optimizer.torch(torch, trained)
    for group in made.param_groups:
        group["lr"] = lr
    return made
