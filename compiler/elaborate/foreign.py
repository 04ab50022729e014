"""Words that other frameworks use for what the language calls otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from netc.grammar.diagnostics import did_you_mean

WORDS = {
    "activation": "act",
    "activation_fn": "act",
    "adaptive_avgpool": "global_avgpool",
    "alpha": "slope",
    "avg_pool": "avgpool",
    "avgpool2d": "avgpool",
    "axis": "from",
    "batch_norm": "batchnorm",
    "batchnorm2d": "batchnorm",
    "batch_size": "batch",
    "bn": "batchnorm",
    "cat": "concat",
    "concatenate": "concat",
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "eps": "epsilon",
    "fc": "dense",
    "features": "filters",
    "filters": "features",
    "gap": "global_avgpool",
    "global_average_pooling2d": "global_avgpool",
    "k": "kernel",
    "kernel_size": "kernel",
    "learning_rate": "lr",
    "leakyrelu": "leaky_relu",
    "linear": "dense",
    "max_pool": "maxpool",
    "maxpool2d": "maxpool",
    "maxpooling2d": "maxpool",
    "multiply": "mul",
    "negative_slope": "slope",
    "num_classes": "classes",
    "out_channels": "filters",
    "out_features": "features",
    "p": "rate",
    "padding": "pad",
    "permute": "transpose",
    "plus": "add",
    "pool_size": "kernel",
    "softmax2d": "softmax",
    "strides": "stride",
    "units": "features",
    "use_bias": "bias",
    "view": "reshape",
}


def did_you_mean_here(wrong: str, known: Iterable[str]) -> str | None:
    """The help for an unknown word: a near one, or what the language calls another framework's word."""
    names = list(known)
    meant = WORDS.get(wrong.lower())
    return f"use `{meant}`" if meant in names else did_you_mean(wrong, names)
