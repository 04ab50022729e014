"""Functions of tensors in PyTorch and Keras that stand for nothing here: names and a way, as in `not_covered.py`."""

from __future__ import annotations

from netc.compiler.declare.not_covered import Row

OPERATIONS: tuple[Row, ...] = (
    ("associative_scan map while_loop fori_loop", "`scan { … }` runs its braces for each element of a sequence"),
    ("cond switch", "`if` chooses while the net is compiled, `where` by values"),
    (
        "var std moments",
        "write `(x - (x -> mean(axis=-1, keep=true))) ** 2 -> mean(axis=-1)`, with `sqrt` behind it for "
        "std; PyTorch's divides by one less than their number",
    ),
    ("logsumexp log_add_exp", "write `x -> exp -> sum(axis=-1) -> log`, of x less its maximum where x is large"),
    ("prod", "write `x -> log -> sum(axis=-1) -> exp`, for numbers above 0"),
    ("tan", "write `(x -> sin) / (x -> cos)`"),
    ("square_plus", "write `(x + (x ** 2 + 4 -> sqrt)) / 2`"),
    ("lerp", "write `a + 0.5 * (b - a)`"),
    ("floor_divide mod remainder fmod", "write `x / 2 -> floor`, and `x - 2 * (x / 2 -> floor)` for what is left"),
    ("outer", "write `(x -> unsqueeze(-1)) * (x -> unsqueeze(-2))`"),
    ("addmm baddbmm addbmm", "write `(a -> matmul(b)) + x`"),
    ("cdist pdist", "write `(a -> unsqueeze(1)) - (b -> unsqueeze(0)) -> square -> sum(axis=-1) -> sqrt`"),
    (
        "flip fliplr flipud",
        "write `x -> gather(2 - arange(3))`, where 3 is the length of the axis; images are mirrored by "
        "`augmentation = [flip]`",
    ),
    ("select get_item", "write `x -> slice(0, 1) -> squeeze(0)`"),
    (
        "tril triu tri eye diag",
        "compare positions: `arange(8) -> unsqueeze(0) -> less_equal(arange(8) -> unsqueeze(1))` is true at "
        "and below the diagonal",
    ),
    ("meshgrid", "give each an axis: `arange(8) -> unsqueeze(1)`"),
    ("masked_fill", "write `x -> greater(than=0) -> where(a, b)`: a where the condition holds, else b"),
    (
        "masked_select nonzero argwhere unique bincount histogram",
        "how many there are only a run knows; weigh by a mask instead: `x * a`",
    ),
    (
        "scatter scatter_add index_add scatter_update slice_update segment_sum segment_mean segment_max "
        "segment_min segment_prod",
        "`one_hot` and `matmul` add elements up in their places",
    ),
    ("take_along_dim take_along_axis", "`one_hot` marks one element of each row: `x * a -> sum(axis=-1)`"),
    ("logical_xor", "truth values differ where `not_equal` says so"),
    ("hstack vstack dstack column_stack append", "`concat` joins along an axis, `stack` along a new one"),
    ("t swap_axes swap_dims move_axis move_dim rot90", "`permute` orders the axes"),
    ("clone copy contiguous", "a value never changes: use its name again"),
    (
        "cast astype dtype to is_tensor convert_to_tensor convert_to_numpy as_tensor array",
        "types follow from the layers",
    ),
    ("shape ndim", "`x.shape` and `x.features` are known while the net is compiled"),
    (
        "rand_like randn_like randint randperm bernoulli multinomial binomial beta gamma categorical "
        "shuffle seed_generator",
        "`normal([64])` and `uniform([64])` are what is drawn at random",
    ),
    (
        "backward zero_grad grad jvp vjp custom_gradient",
        "gradients are derived from the layers when a training step is compiled",
    ),
    ("autocast amp mixed_precision", "`netc train --precision mixed` does it"),
    ("data_loader tensor_dataset", "`--data` and `netc.Trainer.fit` take data: docs/data.md"),
    ("vmap vectorized_map", "layers work on each example of a batch by itself"),
    ("isnan isinf isfinite nan_to_num isposinf isneginf", "numbers that are none end a training with E701"),
    ("multi_head_attention_forward dot_product_attention", "`attention(heads)` projects and attends"),
    ("native_channel_shuffle", "write `x -> reshape([3, 1, 8, 8]) -> permute([1, 0, 2, 3]) -> reshape([3, 8, 8])`"),
    (
        " ".join(
            f"{kind}max_pool{axes}d_with_indices" for kind in ("", "adaptive_", "fractional_") for axes in (1, 2, 3)
        ),
        "`unpool` finds the places of the largest elements itself",
    ),
    ("thresholded_relu", "write `x -> threshold(1, 0)`"),
    (
        "pack_padded_sequence pad_packed_sequence pad_sequence",
        "pad in the data, and mask: `cross_entropy(…, ignore_index=0)`, `attention(8, mask=…)`",
    ),
    ("argsort argpartition search_sorted bucketize kth_value median quantile percentile in_top_k", ""),
    (
        "grid_sample affine_grid gumbel_softmax conv_tbc grouped_mm scaled_mm scaled_grouped_mm sparsemax "
        "sparse_plus sparse_sigmoid multi_hot extract_sequences ctc_decode rearrange",
        "",
    ),
    (
        "fft fft2 ifft ifft2 rfft irfft stft istft bartlett blackman hamming hanning kaiser polar angle "
        "conj conjugate imag real view_as_real view_as_complex",
        "",
    ),
    (
        "svd qr cholesky cholesky_inverse inv inverse pinv solve solve_triangular det logdet slogdet eig "
        "eigh lu_factor lstsq matrix_rank trace kron cross tensordot vdot correlate corrcoef vander",
        "",
    ),
    (
        "arccos arccosh arcsin arcsinh arctan arctan2 arctanh acos asin atan atan2 sinc erfc erfinv i0 cbrt "
        "hypot deg2rad rad2deg exp2 ldexp nextafter signbit heaviside trunc fabs gcd lcm",
        "",
    ),
    (
        "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_invert bitwise_left_shift "
        "bitwise_right_shift left_shift right_shift",
        "",
    ),
    (
        "all any allclose isclose isin isreal count_nonzero cumprod diff ptp trapezoid digitize logaddexp2 "
        "logspace geomspace unravel_index diagonal diagflat array_split hsplit vsplit dsplit divide_no_nan "
        "true_divide fmax fmin saturate_cast empty empty_like ones_like zeros_like std_mean var_mean size "
        "vectorize",
        "",
    ),
    (
        "nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod "
        "nanquantile nanstd nansum nanvar",
        "",
    ),
)

INITIALIZERS: tuple[Row, ...] = (
    ("initializer", "write `dense(8, init=he_normal)`; `netc explain initializers` lists them"),
    ("lecun_uniform", "`lecun_normal` has the same deviation"),
    (
        "variance_scaling",
        "`he_normal`, `he_uniform`, `glorot_normal`, `glorot_uniform` and `lecun_normal` are its cases",
    ),
    ("sparse_ stft stft_initializer", ""),
)
