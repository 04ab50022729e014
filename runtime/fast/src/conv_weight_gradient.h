// What the two forms of the weight gradient share: for blocked input, and for plain input of few channels.
#pragma once

#include <algorithm>

#include "blocks.h"
#include "operators.h"

namespace netc {

constexpr int64_t TASKS = 32;  // of a run at least, where there are enough examples

struct Shape {
  int64_t examples, channels, height, width, filters, rows, columns;
  int64_t kernel[2], strides[2], pads[2], dilations[2];

  int64_t taps() const { return kernel[0] * kernel[1]; }
  int64_t weights() const { return product({filters, channels, kernel[0], kernel[1]}); }
};

// sums[o] += dy[o] over places.
template <int B>
void add_slopes(float* sums, const float* dy, int64_t places) {
  typename Block<B>::Vector a[4] = {};
  int64_t p = 0;
  for (; p + 4 <= places; p += 4)
    for (int k = 0; k < 4; ++k) a[k] += Block<B>::load(dy + (p + k) * B);
  for (; p < places; ++p) a[0] += Block<B>::load(dy + p * B);
  Block<B>::store(sums, Block<B>::load(sums) + ((a[0] + a[1]) + (a[2] + a[3])));
}

inline int64_t groups_of(int64_t tasks, int64_t examples) {
  return std::max<int64_t>(1, std::min(examples, ceil_div(TASKS, tasks)));
}

// For plain input; defined in conv_weight_gradient_plain.cpp.
template <int B>
void weight_gradient_of_plain(Call& call, const Shape& s, const float* dy, const float* x, float* dw, float* dbias);

}  // namespace netc
