"""Words that the field uses and this version has nothing of the name for: what to write instead, where there is a way.

A word that gets a declaration leaves this table; a test holds the two apart. `names` are one thing under several
names, compared as in `also.py`. A `body` in the language does the same from what there is, and is tested against
PyTorch; otherwise `way` says in a sentence what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from netc.compiler.declare import not_covered
from netc.compiler.declare.also import plain

UP_TO_SIX = "(in -> relu) - (in - 6 -> relu)"
HARD_SIGMOID = "((in + 3 -> relu) - (in - 3 -> relu)) / 6"
BELOW_ZERO = "((0 - (0 - in -> relu) -> exp) - 1)"


@dataclass(frozen=True)
class Absent:
    """A word without a declaration, and its other names.

    body  what a block of this name holds, or ""
    way   what to write instead, or "" where this version has no way
    """

    names: tuple[str, ...]
    body: str = ""
    way: str = ""


def _table(*rows: tuple[str, str]) -> tuple[Absent, ...]:
    """Rows of names and a way."""
    return tuple(Absent(tuple(names.split()), way=way) for names, way in rows)


BLOCKS = (
    Absent(("tanhshrink",), "in - (in -> tanh)"),
    Absent(("hardshrink",), "in -> abs -> greater(than=0.5) -> where(in, in * 0)"),
    Absent(
        (
            "negative",
            "neg",
        ),
        "-in",
    ),
)
"""Layers that are a line in the language."""

LAYERS = BLOCKS + _table(
    ("geglu reglu", "write `x -> split(2)` as `a, b = …`, then `(a -> gelu) * b`"),
    ("maxout fractional_maxpool gaussian_dropout alpha_dropout topk_values sort std var linspace", ""),
    ("repeat_vector", "`unsqueeze` adds the axis, `expand` or arithmetic repeats it"),
    ("repeat_interleave", "`unsqueeze`, `expand` and `reshape` repeat elements one by one"),
    ("rnn simple_rnn lstm gru bidirectional time_distributed lstm_cell gru_cell", "recurrent layers come with `scan`"),
    ("full_like", "write `parameter([64], value=1)`, which is learned, or `ones([64])`"),
    ("sequential module_list", "write the layers one below the other, or on one line with `->` between them"),
    ("input input_layer inputs placeholder", "write `input image: 3x32x32` as the first statement of the net"),
)  # fmt: skip

LOSSES = _table(
    ("binary_cross_entropy binary_crossentropy bce bce_loss bce_with_logits bce_with_logits_loss",
     "with two classes `logits = dense(2)` and `cross_entropy(logits, label)` do the same"),
    ("mae mean_absolute_error l1 l1_loss huber huber_loss smooth_l1 smooth_l1_loss log_cosh", ""),
    ("kl kl_div kl_divergence kl_normal focal focal_loss dice dice_loss hinge hinge_loss ctc ctc_loss triplet "
     "triplet_margin_loss contrastive cosine_embedding cosine_similarity poisson_nll gaussian_nll style "
     "total_variation", ""),
)  # fmt: skip

OPTIMIZERS = _table(
    ("rmsprop adagrad adadelta nadam radam adamax lamb lars lion adafactor lbfgs ftrl muon rprop asgd", ""),
)

METRICS = _table(
    ("precision recall f1 f1_score auc roc_auc confusion iou mean_iou dice mae mse rmse r2 r2_score perplexity "
     "mean_average_precision binary_accuracy", "`netc predict` writes answers to measure elsewhere"),
    ("loss val_loss", "leave it out: the loss is always measured"),
)  # fmt: skip

SCHEDULES = _table(
    ("multistep multistep_lr exponential exponential_lr exponential_decay polynomial polynomial_decay linear linear_lr "
     "one_cycle one_cycle_lr plateau reduce_lr_on_plateau cyclic cosine_restarts cosine_annealing_warm_restarts "
     "inverse_sqrt", ""),
    ("warmup", "every schedule takes it: `schedule = constant(warmup=1)`"),
)  # fmt: skip

AUGMENTATIONS = _table(
    ("random_resized_crop rotate random_rotation color_jitter cutout random_erasing mixup cutmix resize noise "
     "vertical_flip random_vertical_flip center_crop random_affine", ""),
    ("normalize normalization to_tensor rescaling rescale", "write the layer `normalize(mean, std)` at the net's "
     "start; bytes are scaled on their own"),
)  # fmt: skip

ABSENT: dict[str, tuple[Absent, ...]] = {
    "layer": LAYERS + _table(*not_covered.LAYERS),
    "loss": LOSSES + _table(*not_covered.LOSSES),
    "optimizer": OPTIMIZERS + _table(*not_covered.OPTIMIZERS),
    "metric": METRICS + _table(*not_covered.METRICS),
    "schedule": SCHEDULES + _table(*not_covered.SCHEDULES),
    "augmentation": AUGMENTATIONS + _table(*not_covered.AUGMENTATIONS),
}
"""By the kind of the declaration that is missing."""


@cache
def absent(kind: str) -> dict[str, Absent]:
    """The missing words of a kind, by their plain names."""
    return {plain(name): row for row in ABSENT.get(kind, ()) for name in row.names}
