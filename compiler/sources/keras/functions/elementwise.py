"""Operators in a line, most of them of single elements."""

from __future__ import annotations

TEXTS = {
    "Add": "{0} + {1}", "Sub": "{0} - {1}", "Mul": "{0} * {1}", "MatMul": "ops.matmul({0}, {1})",
    "Pow": "ops.power({0}, {1})", "Equal": "ops.equal({0}, {1})", "Greater": "ops.greater({0}, {1})",
    "GreaterOrEqual": "ops.greater_equal({0}, {1})", "Less": "ops.less({0}, {1})",
    "LessOrEqual": "ops.less_equal({0}, {1})", "And": "ops.logical_and({0}, {1})", "Or": "ops.logical_or({0}, {1})",
    "BitwiseXor": "ops.bitwise_xor({0}, {1})", "Not": "ops.logical_not({0})", "Where": "ops.where({0}, {1}, {2})",
    "Mod": "ops.mod({0}, {1})", "Max": "ops.maximum({0}, {1})", "Min": "ops.minimum({0}, {1})",
    "Abs": "ops.absolute({0})", "Neg": "-{0}", "Sign": "ops.sign({0})", "Exp": "ops.exp({0})", "Log": "ops.log({0})",
    "Sqrt": "ops.sqrt({0})", "Reciprocal": "1 / {0}", "Sin": "ops.sin({0})", "Cos": "ops.cos({0})",
    "Erf": "ops.erf({0})", "Floor": "ops.floor({0})", "Ceil": "ops.ceil({0})", "Round": "ops.round({0})",
    "Relu": "ops.relu({0})", "Sigmoid": "ops.sigmoid({0})", "Tanh": "ops.tanh({0})", "Softsign": "ops.softsign({0})",
    "LeakyRelu": "ops.leaky_relu({0}, negative_slope=<alpha>)", "Elu": "ops.elu({0}, <alpha>)",
    "Softplus": "ops.softplus({0})", "HardSigmoid": "ops.clip(<alpha> * {0} + <beta>, 0, 1)",
    "Softmax": "ops.softmax({0}, <axis>)", "LogSoftmax": "ops.log_softmax({0}, <axis>)",
    "BatchNormalization": "ops.batch_normalization({0}, {3}, {4}, 1, {2}, {1}, <epsilon>)",
    "StopGradient": "ops.stop_gradient({0})", "OneHot": "ops.one_hot({0}, <depth>)",
    "ArgMax": "ops.argmax({0}, <axis>)", "Cast": 'ops.cast({0}, "<to>")',
}  # fmt: skip
"""Operators in a line; `<axis>` is an attribute."""
