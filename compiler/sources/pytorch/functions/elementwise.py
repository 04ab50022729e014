"""Operators in a line, most of them of single elements."""

from __future__ import annotations

TEXTS = {
    "Add": "{0} + {1}", "Sub": "{0} - {1}", "Mul": "{0} * {1}", "MatMul": "{0} @ {1}", "Pow": "{0} ** {1}",
    "Equal": "{0} == {1}", "Greater": "{0} > {1}", "GreaterOrEqual": "{0} >= {1}", "Less": "{0} < {1}",
    "LessOrEqual": "{0} <= {1}", "And": "{0} & {1}", "Or": "{0} | {1}", "BitwiseXor": "{0} ^ {1}",
    "Not": "torch.logical_not({0})", "Where": "torch.where({0}, {1}, {2})", "Mod": "torch.remainder({0}, {1})",
    "Max": "torch.maximum({0}, {1})", "Min": "torch.minimum({0}, {1})",
    "Abs": "{0}.abs()", "Neg": "-{0}", "Sign": "{0}.sign()", "Exp": "{0}.exp()", "Log": "{0}.log()",
    "Sqrt": "{0}.sqrt()", "Reciprocal": "1 / {0}", "Sin": "{0}.sin()", "Cos": "{0}.cos()", "Erf": "{0}.erf()",
    "Floor": "{0}.floor()", "Ceil": "{0}.ceil()", "Round": "{0}.round()",
    "Relu": "F.relu({0})", "Sigmoid": "{0}.sigmoid()", "Tanh": "{0}.tanh()", "Softsign": "F.softsign({0})",
    "LeakyRelu": "F.leaky_relu({0}, <alpha>)", "Elu": "F.elu({0}, <alpha>)",
    "Softplus": "torch.logaddexp({0}, torch.zeros_like({0}))",
    "HardSigmoid": "(<alpha> * {0} + <beta>).clamp(0, 1)",
    "Softmax": "{0}.softmax(<axis>)", "LogSoftmax": "{0}.log_softmax(<axis>)",
    "BatchNormalization": "F.batch_norm({0}, {3}, {4}, {1}, {2}, eps=<epsilon>)",
    "StopGradient": "{0}.detach()",
    "OneHot": "F.one_hot({0}, <depth>).float()", "ArgMax": "{0}.argmax(<axis>)", "TopK": "{0}.topk(<k>, <axis>)",
    "Cast": "{0}.to(torch.<to>)",
}  # fmt: skip
"""Operators in a line; `<axis>` is an attribute."""
