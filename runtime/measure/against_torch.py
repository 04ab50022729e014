"""Our step against PyTorch's, for `netc bench`: the same net, weights, batch, losses and optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from netc.compiler import Net, TrainPlan
from netc.runtime.measure.rounds import Spread, ratio
from netc.runtime.measure.torch_ops import NoEquivalentError
from netc.runtime.measure.torch_step import TorchStep
from netc.runtime.sessions.resident import Array

FORMS = ("eager", "channels_last")
AGREE, AGREE_HALF = 1e-3, 2e-2
"""How far the first losses may be apart, in parts of the larger one, also in 16 bits: deep nets round differently."""


class AbsentError(Exception):
    """Why PyTorch takes no part, in words."""


def installed() -> bool:
    """Whether PyTorch can be imported."""
    return find_spec("torch") is not None


def rivals(
    net: Net,
    plan: TrainPlan,
    weights: Mapping[str, Array],
    rows: Mapping[str, Array],
    *,
    threads: int,
    device: str,
    precision: str = "float32",
    tf32: bool = False,
) -> tuple[dict[str, TorchStep], dict[str, float]]:
    """PyTorch's step in each form, with a learning rate of 0, and the losses of their first steps.

    precision, tf32  as ours has them

    Raises AbsentError where PyTorch or a part of it is missing, or fails.
    """
    if not installed():
        raise AbsentError("PyTorch is not installed")
    torch = import_module("torch")
    if threads:
        torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise AbsentError(f"PyTorch {torch.__version__} has no CUDA here")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    steps: dict[str, TorchStep] = {}
    try:
        for form in FORMS:
            last = form == "channels_last"
            steps[form] = TorchStep(
                net, plan, weights, rows, lr=0.0, channels_last=last, device=device, precision=precision
            )
        return steps, {form: step() for form, step in steps.items()}
    except NoEquivalentError as missing:
        raise AbsentError(f"PyTorch's step is not known for {missing}") from None
    except RuntimeError as error:  # out of memory, most of all
        raise AbsentError(f"PyTorch failed: {str(error).splitlines()[0]}") from error


def comparison(
    net: Net, losses: Mapping[str, float], rounds: Mapping[str, list[float]], *, precision: str = "float32"
) -> dict[str, Any]:
    """The figures as JSON, from seconds a step of each contender round by round; `netc` is ours.

    `agree` is None where dropout makes losses random.
    """
    over = ratio(rounds["netc"], [rounds[form] for form in FORMS])
    apart = (max(losses.values()) - min(losses.values())) / max(1e-30, *(abs(loss) for loss in losses.values()))
    random = any(node.op == "Dropout" for node in net.graph.all_nodes())
    return {
        "version": import_module("torch").__version__,
        **{f"{form}_ms": milliseconds(rounds[form]) for form in FORMS},
        "ratio": {"median": round(over.median, 4), "low": round(over.low, 4), "high": round(over.high, 4)},
        "first_loss": {name: round(loss, 6) for name, loss in losses.items()},
        "agree": None if random else apart <= (AGREE if precision == "float32" else AGREE_HALF),
    }


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Median, lowest and highest of seconds a round, in milliseconds."""
    spread = Spread.of([1000 * second for second in seconds])
    return {"median": round(spread.median, 4), "low": round(spread.low, 4), "high": round(spread.high, 4)}


def comparison_text(found: Mapping[str, Any]) -> list[str]:
    """The lines of `netc bench` about PyTorch."""
    if "absent" in found:
        return [f"PyTorch    no ratio: {found['absent']}"]
    times = ", ".join(f"{form} {found[f'{form}_ms']['median']:,.2f} ms" for form in FORMS)
    over = found["ratio"]
    lines = [
        f"PyTorch    {times}",
        f"ratio      {over['median']:.2f} ({over['low']:.2f} to {over['high']:.2f}) of the better one's time",
    ]
    if found["agree"] is False:
        said = ", ".join(f"{name} {loss:.5g}" for name, loss in found["first_loss"].items())
        lines.append(f"           the first losses disagree, so this compares different work: {said}")
    return lines
