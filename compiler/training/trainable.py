"""Trainings from which nothing can come, refused before they begin."""

from __future__ import annotations

from netc.compiler.net import Net
from netc.compiler.plan.moving import frozen, moving
from netc.compiler.plan.train_plan import TrainPlan
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label


def check_moving(net: Net, plan: TrainPlan) -> None:
    """Raise DiagnosticError E612 where nothing moves in a step: the net has no parameters."""
    last = plan.in_epoch(plan.epochs)
    if not all(moving(net.parameters, net.inputs, last, step) for step in plan.steps):
        message = f"net `{net.name}` has no parameters that this training could move"
        help = "add a layer with weights, such as `dense` or `conv`; `netc eval` measures a net as it is"
        raise DiagnosticError(Diagnostic("E612", message, Label(net.span, ""), help=help))


def check_batch_norm(net: Net, plan: TrainPlan, rows: int) -> None:
    """Raise DiagnosticError E613 where batch normalization has one value a channel, whose variance is zero.

    rows  of a batch, at most
    """
    if rows != 1:
        return
    fixed = frozen(net.parameters, plan.in_epoch(plan.epochs))
    for node in net.graph.nodes:
        alone = node.op == "BatchNormalization" and all(size == 1 for size in node.inputs[0].shape[2:])
        if alone and fixed.isdisjoint(node.inputs[3:]):
            layer = next((layer for layer in net.layers if node in layer.nodes), None)
            message = "batch normalization has one value a channel: what it passes on is its shift, whatever comes in"
            label = Label(net.span if layer is None else layer.span, "of a batch of one row")
            help = "train in batches of two rows or more, or use `layernorm`"
            raise DiagnosticError(Diagnostic("E613", message, label, help=help))
