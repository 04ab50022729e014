; Written by `python -m netc.compiler.language_service.grammars`.

(comment) @comment
(string) @string
(number) @number
(shape) @number
(constant) @constant.builtin
(type) @type.builtin

["net" "block" "train" "use" "as" "input" "output" "expect" "shared" "frozen" "only" "step"] @keyword
["if" "else" "for" "in" "repeat" "prev"] @keyword.control
["and" "or" "not"] @keyword.operator
["->" "==" "!=" "<" "<=" ">" ">=" "=" ".." "+" "-" "*" "/" "//" "%" "**"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter

((name) @function.builtin
  (#any-of? @function.builtin "abs" "adaptive_avgpool" "adaptive_maxpool" "add" "arange" "argmax" "argmin" "attention" "average" "avgpool" "batchnorm" "bilinear" "ceil" "celu" "clip" "concat" "conv" "conv_transpose" "cos" "crop" "cumsum" "dense" "depthwise" "div" "dot" "dropout" "elu" "embedding" "equal" "erf" "exp" "expand" "flatten" "floor" "gather" "gaussian_noise" "gelu" "global_avgpool" "global_maxpool" "glu" "greater" "greater_equal" "groupnorm" "gru" "hardsigmoid" "hardswish" "hardtanh" "identity" "instancenorm" "l2_normalize" "layernorm" "leaky_relu" "less" "less_equal" "locally_connected" "log" "log_sigmoid" "log_softmax" "logical_and" "logical_not" "logical_or" "lppool" "lrn" "lstm" "matmul" "max" "maximum" "maxpool" "mean" "min" "minimum" "mish" "mul" "normal" "normalize" "not_equal" "one_hot" "ones" "onnx" "pad" "parameter" "permute" "pixel_shuffle" "positional" "pow" "prelu" "reciprocal" "reduce_max" "reduce_mean" "reduce_min" "reduce_sum" "relu" "relu6" "reshape" "rmsnorm" "rnn" "roll" "round" "selu" "separable" "sigmoid" "sign" "silu" "sin" "slice" "softmax" "softplus" "softshrink" "softsign" "space_to_depth" "spatial_dropout" "spectralnorm" "split" "sqrt" "square" "squeeze" "stack" "stochastic_depth" "stop_gradient" "sub" "sum" "swiglu" "tanh" "threshold" "tile" "transpose" "uniform" "unpool" "unsqueeze" "upsample" "weightnorm" "where" "zeros"))

(call (name) @function)
(net . (name) @type)
(block . (name) @function)
(train . (name) @type)
(step . (name) @function)
(parameter . (name) @variable.parameter)
(argument . (name) @variable.parameter "=")
(declaration . (name) @variable.parameter)
