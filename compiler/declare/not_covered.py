"""Names in PyTorch and Keras that stand for nothing here: what to write instead, or that there is no way.

Rows of several names and a way, for `absent.py`, which says what that is.
"""

from __future__ import annotations

Row = tuple[str, str]

TEXT = "turn text into whole numbers before: `netc` reads numbers, `embedding` takes them"
WRITTEN = "a net is text: write a `block`, and use it as a layer"

LAYERS: tuple[Row, ...] = (
    ("module layer container wrapper parameter_list parameter_dict module_dict lambda", WRITTEN),
    ("constraint non_neg unit_norm min_max_norm", "weights have no constraints; `weightnorm` and `spectralnorm` "
     "hold lengths"),
    ("regularizer orthogonal_regularizer", "`dense(64, l2=1e-4)` penalizes size; another penalty is a loss of "
     "your own: `mean` of a value"),
    ("data_parallel distributed_data_parallel", "a training runs on one device"),
    ("input_spec", "write `input image: 3x32x32` as the first statement of the net"),
    ("activation", "an activation is a layer: `-> relu`, or an argument: `dense(64, act=relu)`"),
    ("activity_regularization", "`l1` and `l2` penalize weights: `dense(64, l2=1e-4)`; of values a loss does it"),
    ("masking", "compare and give the result as a mask: `x -> not_equal(than=0)`"),
    ("einsum_dense einsum", "write it as `reshape`, `permute`, `matmul` and `dense`"),
    ("reversible_embedding", "give the head the table: `dense(vocab, bias=false, weight=words.weight)`"),
    ("cosine_similarity", "write `a -> dot(b, normalize=true)`"),
    ("pairwise_distance", "write `(a - b) ** 2 -> sum(axis=-1) -> sqrt`"),
    ("channel_shuffle", "write `x -> reshape([3, 1, 8, 8]) -> permute([1, 0, 2, 3]) -> reshape([3, 8, 8])`, "
     "with as many groups"),
    ("circular_pad", "join what lies on the other side: `x -> concat(x -> slice(0, 1, axis=1), axis=1)`"),
    ("transformer transformer_encoder transformer_encoder_layer transformer_decoder transformer_decoder_layer",
     "write `use std.transformer (encoder, decoder)`: they are blocks of the library"),
    ("rnn_base rnn_cell_base simple_rnn_cell stacked_rnn_cells conv_lstm", "recurrent layers go through whole "
     "sequences; a step of your own stands in the braces of `scan`"),
    ("feature_alpha_dropout fold unfold", ""),
    ("text_vectorization string_lookup integer_lookup hashing hashed_crossing", TEXT),
    ("category_encoding", "`one_hot(classes)` marks one class"),
    ("discretization", "compare with the bounds: `x -> greater(than=0.5)`"),
    ("buffer register_buffer uninitialized_buffer", "write `frozen { mask = parameter([64], value=1) }`, which is "
     "never trained; batch norm keeps its statistics by itself"),
    ("uninitialized_parameter", "write `parameter([64])`; layers take their sizes from what flows in"),
    ("parametrize parametrizations register_parametrization", "`weightnorm(dense(10))` and `spectralnorm(dense(10))` "
     "make the weight of a layer; else give it one: `dense(10, weight=w)`"),
    ("remove_weight_norm remove_spectral_norm remove_parametrizations", "leave it on: the model that "
     "`netc compile` writes computes the same"),
    ("fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights fuse_conv_bn fuse_modules",
     "leave it out: ONNX Runtime does it when it loads a model"),
    ("parameters_to_vector vector_to_parameters", "in Python a `.safetensors` file holds the parameters by their "
     "names, one array each"),
    ("mel_spectrogram stft_spectrogram tfsm_layer jax_layer flax_layer torch_module_wrapper", ""),
)  # fmt: skip

LOSSES: tuple[Row, ...] = (
    ("loss", "write `loss = mse(y, label)`; `netc explain losses` lists them"),
    ("adaptive_log_softmax_with_loss linear_cross_entropy linear_cross_entropy_loss circle", ""),
    ("hinge_embedding hinge_embedding_loss multi_label_margin categorical_hinge squared_hinge "
     "triplet_margin_with_distance_loss", ""),
    ("soft_margin soft_margin_loss multi_label_soft_margin multi_label_soft_margin_loss",
     "it is binary cross entropy of logits with targets 0 and 1"),
    ("categorical_generalized_cross_entropy", ""),
    ("reduction", "a loss is the mean over the examples of a batch; weights stand in `mask`, factors before it: "
     "`2 * mse(y, label)`"),
)  # fmt: skip

OPTIMIZERS: tuple[Row, ...] = (
    ("optimizer", "write `optimizer = adam(lr=1e-3)`; `netc explain optimizers` lists them"),
    ("loss_scale_optimizer grad_scaler", "losses are scaled by themselves: `netc train --precision mixed`"),
    ("sparse_adam schedule_free_adamw", ""),
    (
        "multi_optimizer optimizer_map",
        'one optimizer moves everything, with a rate for each part: `rates = ["encoder": 0.1]`',
    ),
)

SCHEDULES: tuple[Row, ...] = (
    ("lr_scheduler learning_rate_schedule learning_rate_scheduler",
     "write `schedule = cosine`; `netc explain schedules` lists them"),
    ("sequential_lr chained_scheduler", "every schedule takes `warmup`; of others there is one in a training"),
    ("constant_lr", "a schedule's `warmup` starts lower"),
    ("lambda_lr multiplicative_lr", ""),
)  # fmt: skip

METRICS: tuple[Row, ...] = (
    ("metric mean sum mean_metric_wrapper", "write `metrics = [accuracy]`; losses are averaged by themselves"),
    ("binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy kl_divergence poisson hinge "
     "squared_hinge categorical_hinge log_cosh_error", "the loss is always measured; a second one stands in the table "
     "`loss = [main: …, other: …]`"),
    ("mean_absolute_percentage_error mape mean_squared_logarithmic_error msle cosine_similarity "
     "concordance_correlation pearson_correlation", ""),
    ("true_positives true_negatives false_positives false_negatives", ""),
    ("precision_at_recall recall_at_precision sensitivity_at_specificity specificity_at_sensitivity", ""),
    ("one_hot_iou one_hot_mean_iou", ""),
)  # fmt: skip

AUGMENTATIONS: tuple[Row, ...] = (
    ("random_posterization equalization solarization random_elastic_transform random_color_degeneration", ""),
    ("pipeline", "list them: `augmentation = [flip, crop(4)]`"),
    ("max_num_bounding_boxes contrast_limited_adaptive_histogram_equalization clahe", ""),
    ("random_height random_width", "`random_resized_crop(32)` stretches images by chance and keeps their size"),
)
