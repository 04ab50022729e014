" Colours of netc's texts. Written by `python -m netc.compiler.language_service.grammars`.
if exists('b:current_syntax')
  finish
endif

syntax case match
syntax keyword netcDeclaration net block train use as input output expect
syntax keyword netcDeclaration shared frozen only
syntax keyword netcControl if else for in repeat prev
syntax keyword netcOperatorWord and or not
syntax keyword netcConstant true false none
syntax match netcLayer /\v<%(abs|adaptive_avgpool|adaptive_maxpool|add|arange|argmax|argmin|attention|average|avgpool|batchnorm|bilinear|ceil|celu|clip|concat|conv|conv_transpose|cos|crop|cumsum|dense|depthwise|div|dot|dropout|elu|embedding|equal|erf|exp|expand|flatten|floor|gather|gaussian_noise|gelu|global_avgpool|global_maxpool|glu|greater|greater_equal|groupnorm|gru|hardsigmoid|hardswish|hardtanh|identity|instancenorm|l2_normalize|layernorm|leaky_relu|less|less_equal|locally_connected|log|log_sigmoid|log_softmax|logical_and|logical_not|logical_or|lppool|lrn|lstm|matmul|max|maximum|maxpool|mean|min|minimum|mish|mul|normal|normalize|not_equal|one_hot|ones|onnx|pad|parameter|permute|pixel_shuffle|positional|pow|prelu|reciprocal|reduce_max|reduce_mean|reduce_min|reduce_sum|relu|relu6|reshape|rmsnorm|rnn|roll|round|selu|separable|sigmoid|sign|silu|sin|slice|softmax|softplus|softshrink|softsign|space_to_depth|spatial_dropout|spectralnorm|split|sqrt|square|squeeze|stack|stochastic_depth|stop_gradient|sub|sum|swiglu|tanh|threshold|tile|transpose|uniform|unpool|unsqueeze|upsample|weightnorm|where|zeros)>%(\s*\=[^=])@!/
syntax match netcCalled /\v<%(accuracy|adadelta|adagrad|adam|adamax|adamw|auc|binary_cross_entropy|color_jitter|confusion|constant|contrastive|copy|cosine|cosine_embedding|cross_entropy|ctc|cutmix|cutout|dice|early_stop|exponential|f1|flip|focal|gaussian_nll|glorot_normal|glorot_uniform|he_normal|he_uniform|hinge|huber|iou|kl|kl_normal|lamb|lecun_normal|linear|lion|lora|mae|mean_average_precision|mean_iou|mixup|mse|multistep|nadam|noise|one_cycle|orthogonal|perplexity|plateau|poisson_nll|polynomial|precision|r2|radam|random_resized_crop|reached|recall|resize|rmse|rmsprop|rotate|sgd|smooth_l1|step|style|topk|total_variation|triplet|truncated_normal|activations|flops|latency|layers|len|memory|params|receptive_field|reversed|trainable|zip)>\ze\s*\(/
syntax match netcControl /\v<%(scan|step)>\ze\s*[A-Za-z({]/
syntax match netcArgument /\v[(,]\s*\zs<[A-Za-z_][A-Za-z0-9_]*>\ze\s*\=[^=]/
syntax match netcSetting /\v^\s+\zs<%(loss|optimizer|schedule|metrics|batch|epochs|clip_norm|clip_value|l1|l2|decays|rates|accumulate|trains|every|freeze|unfreeze|adapt|follow|average|init|initializers|augmentation|stop|data)>\ze\s*\=[^=]/
syntax match netcType /\v:\s*\zs<%(float|int|bytes|bool)>/
syntax match netcNumber /\v<[0-9][0-9_]*%(\.[0-9][0-9_]*)?%([eE][+-]?[0-9]+)?%([kKMGT]i?B?|[mu]?s)?>/
syntax match netcShape /\v<[0-9]+%(x[0-9]+)+>/
syntax match netcFlow /->/
syntax match netcName /\v%(<%(net|block|train)\s+)@<=%(only>)@![A-Za-z_][A-Za-z0-9_]*/
syntax region netcString start=/"/ skip=/\\./ end=/"/ oneline
syntax keyword netcTodo TODO FIXME contained
syntax match netcComment /#.*$/ contains=netcTodo,@Spell

highlight default link netcDeclaration Keyword
highlight default link netcControl Conditional
highlight default link netcOperatorWord Operator
highlight default link netcConstant Constant
highlight default link netcLayer Function
highlight default link netcCalled Function
highlight default link netcSetting Identifier
highlight default link netcArgument Identifier
highlight default link netcType Type
highlight default link netcNumber Number
highlight default link netcShape Number
highlight default link netcFlow Operator
highlight default link netcName Type
highlight default link netcString String
highlight default link netcTodo Todo
highlight default link netcComment Comment

let b:current_syntax = 'netc'
