"""Words that the field uses and this version has nothing of the name for: what to write instead, where there is a way.

A word that gets a declaration leaves this table; a test holds the two apart. `names` are one thing under several
names, compared as in `also.py`. A `body` in the language does the same from what there is, and is tested against
PyTorch; otherwise `way` says in a sentence what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from netc.compiler.declare import not_covered, not_covered_ops
from netc.compiler.declare.also import plain


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
    Absent(("geglu",), "a, b = split(2); (a -> gelu) * b"),
    Absent(("reglu",), "a, b = split(2); (a -> relu) * b"),
    Absent(("hardshrink", "hard_shrink"), "(in -> abs -> greater(than=0.5)) -> where(in, in * 0)"),
    Absent(("negative", "neg"), "-in"),
    Absent(("tanhshrink", "tanh_shrink"), "in - (in -> tanh)"),
    Absent(("softmin",), "-in -> softmax"),
    Absent(("log1p",), "in + 1 -> log"),
    Absent(("log2",), "(in -> log) / 0.6931471805599453"),
    Absent(("log10",), "(in -> log) / 2.302585092994046"),
    Absent(("expm1",), "(in -> exp) - 1"),
    Absent(("rsqrt",), "in -> sqrt -> reciprocal"),
    Absent(("sinh",), "((in -> exp) - (-in -> exp)) / 2"),
    Absent(("cosh",), "((in -> exp) + (-in -> exp)) / 2"),
)
"""Layers that are a line in the language."""

LAYERS = BLOCKS + _table(
    ("rrelu", "`leaky_relu(0.229)` has its slope after training"),
    ("maxout fractional_maxpool gaussian_dropout alpha_dropout topk_values sort linspace", ""),
    ("gather_nd scatter_nd", "`gather` takes whole slices along one axis: number the places (`row * width + column`), "
     "`flatten` those axes, and gather"),
    ("repeat_vector", "`unsqueeze` adds the axis, `expand` or arithmetic repeats it"),
    ("repeat_interleave repeat", "`unsqueeze`, `expand` and `reshape` repeat elements one by one, `tile` all of them"),
    ("bidirectional", "`rnn`, `lstm` and `gru` take `bidirectional=true`"),
    ("time_distributed", "`scan { … }` applies what is in its braces to each step of a sequence"),
    ("rnn_cell lstm_cell gru_cell", "write one step in the braces of a `scan`, whose states they keep"),
    ("full_like", "write `parameter([64], value=1)`, which is learned, or `ones([64])`"),
    ("sequential module_list", "write the layers one below the other, or on one line with `->` between them"),
    ("input input_layer inputs placeholder", "write `input image: 3x32x32` as the first statement of the net"),
)  # fmt: skip

LOSSES = _table(
    ("multi_margin multi_margin_loss multilabel_margin_loss", "`hinge` is near it"),
    ("margin_ranking margin_ranking_loss", "make it in the net, of an input y: `1 - y * (a - b) -> relu`, and take its "
     "`mean` for the loss"),
    ("log_cosh", "`huber` and `smooth_l1` are as smooth, and as straight far out"),
    ("mape mean_absolute_percentage_error", "make it in the net, of an input y: `(a - y) / y -> abs`, and take its "
     "`mean` for the loss"),
    ("msle mean_squared_logarithmic_error", "make it in the net, of an input y: "
     "`(a + 1 -> log) - (y + 1 -> log) -> square`, and take its `mean` for the loss"),
    ("info_nce ntxent nt_xent clip_loss", "`cross_entropy` over a matrix of products of all pairs is it"),
    ("tversky tversky_loss lovasz lovasz_loss", "`dice` is near it"),
)  # fmt: skip

OPTIMIZERS = _table(
    ("lars adafactor lbfgs ftrl muon rprop asgd sophia", ""),
)

METRICS = _table(
    ("bleu rouge wer cer word_error_rate", "`netc predict` writes answers to measure elsewhere"),
    ("specificity mcc matthews_corr_coef cohen_kappa balanced_accuracy", "`confusion` has the counts that it is made "
     "of, `recall(average=macro)` is the balanced accuracy"),
    ("map_50 map_75 coco_map voc_map box_map detection_map", "`mean_average_precision` ranks examples; `netc predict` "
     "writes boxes, to be matched elsewhere"),
    ("psnr ssim fid", "`mse` is what psnr is made of"),
    ("loss val_loss", "leave it out: the loss is always measured"),
)  # fmt: skip

SCHEDULES = _table(
    ("cyclic CyclicLR inverse_sqrt InverseTimeDecay noam", ""),
    ("warmup", "every schedule takes it: `schedule = constant(warmup=1)`"),
)  # fmt: skip

STOPS = _table(
    (
        "callback callback_list lambda_callback model_checkpoint backup_and_restore csv_logger history tensor_board "
        "progbar_logger remote_monitor orbax_checkpoint",
        "a run folder keeps the best weights, a checkpoint and results.csv by itself; in "
        "Python a `netc.Listener` is told of each step and epoch",
    ),
    ("swap_ema_weights", "`average = 0.999` keeps the mean of the weights, measures it and exports it"),
    ("terminate_on_nan", "a training ends with E701 where its loss is NaN or infinite"),
)

AUGMENTATIONS = _table(
    ("to_tensor convert_image_dtype to_dtype pil_to_tensor", "leave it out: bytes are divided by 255 on their own"),
    ("compose sequential", "list the augmentations: `augmentation = [flip, crop(4)]`"),
    ("center_crop", "`resize(size)` keeps the whole image; cut data before training"),
    ("pad", "`crop(padding)` pads, and cuts the old size out again"),
    ("random_translation random_translate", "`crop(padding)` moves images by up to `padding` pixels"),
    ("grayscale random_grayscale", "`color_jitter(saturation=1)` goes as far as grey"),
    ("gaussian_blur random_gaussian_blur random_sharpness random_adjust_sharpness auto_contrast random_autocontrast "
     "equalize random_equalize posterize random_posterize solarize random_solarize random_invert", ""),
    ("random_affine random_perspective random_shear elastic_transform grid_distortion", "`rotate` and "
     "`random_resized_crop` turn and scale"),
    ("auto_augment rand_augment trivial_augment trivial_augment_wide aug_mix", "list augmentations one by one"),
    ("random_apply random_choice random_order five_crop ten_crop mosaic", ""),
)  # fmt: skip

ABSENT: dict[str, tuple[Absent, ...]] = {
    "layer": LAYERS + _table(*not_covered.LAYERS, *not_covered_ops.OPERATIONS),
    "loss": LOSSES + _table(*not_covered.LOSSES),
    "optimizer": OPTIMIZERS + _table(*not_covered.OPTIMIZERS),
    "metric": METRICS + _table(*not_covered.METRICS),
    "schedule": SCHEDULES + _table(*not_covered.SCHEDULES),
    "stop": STOPS,
    "initializer": _table(*not_covered_ops.INITIALIZERS),
    "augmentation": AUGMENTATIONS + _table(*not_covered.AUGMENTATIONS),
}
"""By the kind of the declaration that is missing."""


@cache
def absent(kind: str) -> dict[str, Absent]:
    """The missing words of a kind, by their plain names."""
    return {plain(name): row for row in ABSENT.get(kind, ()) for name in row.names}
