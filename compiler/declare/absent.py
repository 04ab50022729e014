"""Words that the field uses and this version has nothing of the name for: what to write instead, where there is a way.

A word that gets a declaration leaves this table; a test holds the two apart. `names` are one thing under several
names, compared as in `also.py`. A `body` in the language does the same from what there is, and is tested against
PyTorch; otherwise `way` says in a sentence what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

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
    Absent(("gelu",), "0.5 * in * (1 + (0.7978845608028654 * (in + 0.044715 * in ** 3) -> tanh))"),
    Absent(("silu", "swish"), "in * (in -> sigmoid)"),
    Absent(("relu6",), UP_TO_SIX),
    Absent(("elu", "celu"), f"(in -> relu) + {BELOW_ZERO}"),
    Absent(("selu",), f"1.0507009873554805 * ((in -> relu) + 1.6732632423543772 * {BELOW_ZERO})"),
    Absent(("prelu",), "(in -> relu) - parameter([1], value=0.25) * (0 - in -> relu)"),
    Absent(("hardtanh",), "(in + 1 -> relu) - (in - 1 -> relu) - 1"),
    Absent(("hardsigmoid",), HARD_SIGMOID),
    Absent(("hardswish", "hardsilu"), f"in * {HARD_SIGMOID}"),
    Absent(("softsign",), "in / (1 + (in -> abs))"),
    Absent(("square",), "in * in"),
    Absent(("negative", "neg"), "-in"),
)
"""Layers that are a line in the language."""

LAYERS = BLOCKS + _table(
    ("softplus logsigmoid log_softmax mish softshrink hardshrink glu swiglu geglu threshold maxout", ""),
    ("sub subtract", "write `a - b`"),
    ("div divide", "write `a / b`"),
    ("pow power", "write `a ** b`"),
    ("maximum minimum", "the greater one is `(a - b -> relu) + b`, the lesser one `b - (b - a -> relu)`"),
    ("average", "write `(a + b) / 2`"),
    ("sum mean max min reduce_mean reduce_sum reduce_max reduce_min", "`global_avgpool` is the mean "
     "of each channel of a map"),
    ("global_maxpool global_max_pooling adaptive_max_pool adaptive_maxpool", "give `maxpool` the whole map as its "
     "kernel: `x -> maxpool([x.height, x.width])`"),
    ("lppool unpool max_unpool fractional_maxpool", ""),
    ("depthwise depthwise_conv", "a depthwise convolution has as many groups as channels: "
     "`x -> conv(x.channels, 3x3, pad=same, groups=x.channels)`"),
    ("separable separable_conv", "write it out: `x -> conv(x.channels, 3x3, pad=same, groups=x.channels) -> "
     "conv(64, 1x1)`"),
    ("conv_transpose transposed_conv deconv deconvolution upconv locally_connected bilinear", ""),
    ("upsample upsampling upscale interpolate resize pixel_shuffle space_to_depth depth_to_space", ""),
    ("zero_padding zeropad pad constant_pad reflection_pad replication_pad", "layers that slide take zeros around "
     "the map as `pad=1` or `pad=same`"),
    ("crop cropping narrow", "`slice(from, to, axis=1)` takes a part along an axis"),
    ("split chunk unbind unstack", "take the parts one by one: `x -> slice(0, n)` and `x -> slice(n)`"),
    ("squeeze unsqueeze expand_dims repeat_vector", "`reshape` adds and removes axes of size 1"),
    ("expand tile repeat_interleave broadcast_to", "arithmetic repeats axes of size 1 by itself"),
    ("stack", "`reshape` adds an axis of size 1, along which `concat` joins"),
    ("dot", "`matmul` multiplies matrices; `a * b` multiplies element by element"),
    ("sqrt rsqrt", "write `x ** 0.5`"),
    ("log sin cos erf cumsum std var clip clamp sign round_ where argmax one_hot gather topk_values sort", ""),
    ("layernorm layer_normalization ln groupnorm group_normalization instancenorm instance_normalization rmsnorm "
     "rms_normalization", "of normalisations there are `batchnorm` and `normalize`"),
    ("lrn local_response_norm l2_normalize unit_normalization weightnorm weight_normalization spectralnorm "
     "spectral_normalization", "of normalisations there are `batchnorm` and `normalize`"),
    ("stochastic_depth drop_path gaussian_noise gaussian_dropout alpha_dropout", "`dropout` drops single elements"),
    ("embedding positional positional_encoding rotary", ""),
    ("bidirectional", "`rnn`, `lstm` and `gru` take `bidirectional=true`"),
    ("time_distributed", "`scan { … }` applies what is in its braces to each step of a sequence"),
    ("rnn_cell lstm_cell gru_cell", "write one step in the braces of a `scan`, whose states they keep"),
    ("attention multihead_attention multi_head_attention self_attention scaled_dot_product_attention transformer "
     "transformer_encoder", "make it of `dense`, `transpose`, `matmul` and `softmax`"),
    ("stop_gradient detach", ""),
    ("ones full_like", "write `parameter([64], value=1)`, which is learned, or add 1 to `zeros([64])`"),
    ("arange linspace randn rand gaussian", ""),
    ("sequential module_list", "write the layers one below the other, or on one line with `->` between them"),
    ("input_layer inputs placeholder", "write `input image: 3x32x32` as the first statement of the net"),
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
    "layer": LAYERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "metric": METRICS,
    "schedule": SCHEDULES,
    "augmentation": AUGMENTATIONS,
}
"""By the kind of the declaration that is missing."""


@cache
def absent(kind: str) -> dict[str, Absent]:
    """The missing words of a kind, by their plain names."""
    return {plain(name): row for row in ABSENT.get(kind, ()) for name in row.names}
