"""A training that came to NaN or infinity."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from netc.compiler import Options, StepPlan, TrainPlan, compile_trace
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Session


def diverged(message: str, rate: float) -> DiagnosticError:
    """E701 with the learning rate of the step."""
    return DiagnosticError(
        Diagnostic(
            "E701",
            message,
            notes=(f"the learning rate was {rate:.3g}",),
            help="lower the learning rate, or set `clip_norm = 1.0` in the train section",
        )
    )


def located(
    error: DiagnosticError, model: Model, plan: TrainPlan, step: StepPlan, feeds: Mapping[str, Array], options: Options
) -> DiagnosticError:
    """A divergence with the layer at which numbers that aren't finite first appear.

    The step is run again, on the weights as they were before it. What cannot be run again is left as it is.
    """
    try:
        path, note, help = _first(model, plan, step, feeds, options)
    except Exception:  # whatever fails here, memory for one, must not hide what it would explain
        logging.getLogger(__name__).debug("the step cannot be run again", exc_info=True)
        return error
    (diagnostic,) = error.diagnostics
    layer = next((layer for layer in model.net.layers if layer.path == path), None)
    label = None if layer is None else Label(layer.span, "here first")
    return DiagnosticError(
        replace(diagnostic, primary=label, notes=(note, *diagnostic.notes), help=help or diagnostic.help)
    )


def _first(
    model: Model, plan: TrainPlan, step: StepPlan, feeds: Mapping[str, Array], options: Options
) -> tuple[str | None, str, str | None]:
    """The path of the layer, if it is one's, what to tell, and the way out where it isn't the usual one."""
    for item in model.net.parameters:
        if not np.isfinite(model.weights.get(item.name)).all():
            path = item.name.rpartition(".")[0]
            return path, f"`{item.name}` was not finite before this step: the update of the step before was not", None
    artifact, places = compile_trace(model.net, plan, step.name, target=model.target, options=options)
    session = Session(artifact, model.device, threads=model.threads)
    came = session.run(feeds, model.weights.current)
    for number, (path, is_gradient) in enumerate(places):
        if not is_gradient and not np.isfinite(came[f"trace.{number}"]).all():
            return path, f"the output of `{path}` is the first that is not finite, in the order of layers", None
    if not np.isfinite(came["loss"]).all():
        not_finite = [term.loss for at, term in enumerate(step.losses) if not np.isfinite(came[f"loss.{at}"]).all()]
        way = next((loss.infinite for loss in not_finite if loss.infinite is not None), None)
        return None, "the outputs of all layers are finite: it is the loss itself that is not", way
    for number, (path, is_gradient) in enumerate(places):
        if is_gradient and not np.isfinite(came[f"trace.{number}"]).all():
            layer = path if any(path == layer.path for layer in model.net.layers) else path.rpartition(".")[0]
            return layer, f"the gradient of `{path}` is the first that is not finite, from the loss back", None
    return None, "loss and gradients are finite: it is the optimizer's update that is not", None
