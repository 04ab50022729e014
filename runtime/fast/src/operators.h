// The operators of the library. Maps are blocked, [N, C / B, H, W, B] under the shape [N, C, H, W], unless said.
//
// A node may come from anywhere. Each operator checks its attributes when it is made, and when it runs that its inputs
// are as said here, before it touches memory; what differs is refused (checks.h) and not computed.
#pragma once

#include "operator.h"

namespace netc {

// x, scale [C], bias [C] -> y, mean [C], variance [C] of the batch; perhaps a ReLU on y. With `plain` x and y are plain,
// and have whole blocks of places.
class BatchNormalization {
 public:
  static constexpr const char* NAME = "BatchNormalization";
  static constexpr size_t INPUTS = 3, OUTPUTS = 3;
  explicit BatchNormalization(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  bool relu_, plain_;
  float epsilon_;
};

// dy, x, scale, bias, mean, variance -> dx, dscale [C], dbias [C]; `relu` and `plain` as in the forward pass.
class BatchNormalizationGradient {
 public:
  static constexpr const char* NAME = "BatchNormalizationGradient";
  static constexpr size_t INPUTS = 6, OUTPUTS = 3;
  explicit BatchNormalizationGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  bool relu_, plain_;
  float epsilon_;
};

// dy, x -> dx of max-pooling: each window's slope goes to its first largest place. With `relu`, a ReLU follows the
// pooling, and windows whose largest is not above zero pass nothing on.
class MaxPoolGradient {
 public:
  static constexpr const char* NAME = "MaxPoolGradient";
  static constexpr size_t INPUTS = 2, OUTPUTS = 1;
  explicit MaxPoolGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  bool relu_;
  Sizes kernel_, strides_, pads_;
};

// dy, x -> dw [O, I, *kernel] (plain), dbias [O] of a convolution. x is blocked, or plain where `plain` says so.
class ConvWeightGradient {
 public:
  static constexpr const char* NAME = "ConvWeightGradient";
  static constexpr size_t INPUTS = 2, OUTPUTS = 2;
  explicit ConvWeightGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  bool plain_;
  Sizes kernel_, strides_, pads_, dilations_;
};

// dy, w [O, I, *kernel] (plain) -> dx of a convolution for an input of `size`.
class ConvInputGradient {
 public:
  static constexpr const char* NAME = "ConvInputGradient";
  static constexpr size_t INPUTS = 2, OUTPUTS = 1;
  explicit ConvInputGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  Sizes size_, strides_, pads_, dilations_;
};

// dy, x -> dw [C, 1, *kernel] (plain), dbias [C] of a convolution with one filter a channel.
class DepthwiseWeightGradient {
 public:
  static constexpr const char* NAME = "DepthwiseWeightGradient";
  static constexpr size_t INPUTS = 2, OUTPUTS = 2;
  explicit DepthwiseWeightGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  Sizes kernel_, strides_, pads_, dilations_;
};

// dy, w [C, 1, *kernel] (plain) -> dx of such a convolution for an input of `size`.
class DepthwiseInputGradient {
 public:
  static constexpr const char* NAME = "DepthwiseInputGradient";
  static constexpr size_t INPUTS = 2, OUTPUTS = 1;
  explicit DepthwiseInputGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
  Sizes size_, strides_, pads_, dilations_;
};

// w [O, I, *kernel] (plain) -> [O / B, I / B, *kernel, B of I, B of O], and where there is a second output, for the
// input's gradient, [I / B, O / B, *kernel turned round, B of O, B of I].
class BlockedWeights {
 public:
  static constexpr const char* NAME = "BlockedWeights";
  static constexpr size_t INPUTS = 1, OUTPUTS = 0;
  explicit BlockedWeights(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t block_;
};

// packed [N, T, 3 H D]: queries, keys and values of H heads -> y [N, T, H D], the sums of values of all heads, by the
// softmax of `scale` times the products of queries and keys; peaks and totals [N, H, T], the largest score of a
// query and what its exponentials about that add up to. With `causal` a query sees keys up to its own position.
class Attention {
 public:
  static constexpr const char* NAME = "Attention";
  static constexpr size_t INPUTS = 1, OUTPUTS = 3;
  explicit Attention(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t heads_;
  bool causal_;
  float scale_;
};

// dy, packed, peaks, totals -> dpacked.
class AttentionGradient {
 public:
  static constexpr const char* NAME = "AttentionGradient";
  static constexpr size_t INPUTS = 4, OUTPUTS = 1;
  explicit AttentionGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  int64_t heads_;
  bool causal_;
  float scale_;
};

// x [..., C], scale [C], bias [C] -> y; mean and inverse [..., 1] of each vector along the last axis, the second of them
// one over the root of variance + epsilon.
class LayerNormalization {
 public:
  static constexpr const char* NAME = "LayerNormalization";
  static constexpr size_t INPUTS = 3, OUTPUTS = 3;
  explicit LayerNormalization(const Attributes& given);
  void run(Call& call) const;

 private:
  float epsilon_;
};

// dy, x, scale, mean, inverse -> dx, dscale [C], dbias [C].
class LayerNormalizationGradient {
 public:
  static constexpr const char* NAME = "LayerNormalizationGradient";
  static constexpr size_t INPUTS = 5, OUTPUTS = 3;
  explicit LayerNormalizationGradient(const Attributes& given);
  void run(Call& call) const;
};

// Recurrent networks, [T, N, …] from the first step on, or with `reverse` from the last. `product` [T, N, G H] is what
// the inputs give to the G gates, weights [G H, H] and bias [G H] make what the state gives to them; the gates' order is
// PyTorch's. y [T, N, H] has the states behind the steps, `before` those before them, [N, H] the first or last ones.
// States before the first step, and slopes from behind, may be one number that stands for all.

// product, weights, bias, h, c [N, H] -> y, h, c behind the last step, before, gates [T, N, 4 H] and cells [T, N, H].
class LSTM {
 public:
  static constexpr const char* NAME = "LSTM";
  static constexpr size_t INPUTS = 5, OUTPUTS = 6;
  explicit LSTM(const Attributes& given);
  void run(Call& call) const;

 private:
  bool reverse_;
};

// dy, dh, dc, weights, gates, cells, c -> dproduct, dbias, dh, dc before the first step.
class LSTMGradient {
 public:
  static constexpr const char* NAME = "LSTMGradient";
  static constexpr size_t INPUTS = 7, OUTPUTS = 4;
  explicit LSTMGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  bool reverse_;
};

// product, weights, input_bias [3 H] of the product, bias, h [N, H] -> y, h behind the last step, before,
// parts [T, N, 4 H]: the gates, and what the state gives to the last of them.
class GRU {
 public:
  static constexpr const char* NAME = "GRU";
  static constexpr size_t INPUTS = 5, OUTPUTS = 4;
  explicit GRU(const Attributes& given);
  void run(Call& call) const;

 private:
  bool reverse_;
};

// dy, dh, weights, parts, before -> dproduct and the same of what the state gives [T, N, 3 H], the sums of both over
// steps and examples [3 H], dh before the first step.
class GRUGradient {
 public:
  static constexpr const char* NAME = "GRUGradient";
  static constexpr size_t INPUTS = 5, OUTPUTS = 5;
  explicit GRUGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  bool reverse_;
};

// product, weights, bias, h [N, H] -> y, h behind the last step, before: tanh of the sums, or with `relu` a ReLU.
class RNN {
 public:
  static constexpr const char* NAME = "RNN";
  static constexpr size_t INPUTS = 4, OUTPUTS = 3;
  explicit RNN(const Attributes& given);
  void run(Call& call) const;

 private:
  bool reverse_, relu_;
};

// dy, dh, weights, y -> dproduct, dbias, dh before the first step.
class RNNGradient {
 public:
  static constexpr const char* NAME = "RNNGradient";
  static constexpr size_t INPUTS = 4, OUTPUTS = 3;
  explicit RNNGradient(const Attributes& given);
  void run(Call& call) const;

 private:
  bool reverse_, relu_;
};

// A chain of elementwise operations in one pass: inputs of one shape, or of one element. `steps` holds three numbers
// an operation: what to do, and the registers it reads. Registers are the inputs, then `constants`, then results.
class Elementwise {
 public:
  static constexpr const char* NAME = "Elementwise";
  static constexpr size_t INPUTS = 0, OUTPUTS = 0;
  explicit Elementwise(const Attributes& given);
  void run(Call& call) const;

 private:
  void check_registers(int64_t numbers) const;

  Sizes steps_, results_;
  std::vector<float> constants_;
};

}  // namespace netc
