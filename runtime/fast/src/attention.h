// What attention and its gradient share: how heads lie in what a layer projects, and the weights of a few queries.
#pragma once

#include <cmath>

#include "functions.h"
#include "operators.h"
#include "products.h"

namespace netc {

constexpr int64_t QUERIES = 8 * ROWS;  // whose weights are there at a time

// Queries, keys and values of all heads side by side, [N, T, 3 H D]: three times H vectors of D numbers a position.
struct HeadsLying {
  int64_t examples, length, heads, size, padded;  // padded: a head's size in whole vectors
  int64_t row;                                    // from one position to the next

  HeadsLying(const Input& packed, int64_t heads) : heads(heads) {
    const Sizes& sizes = packed.sizes;
    if (sizes.size() != 3 || sizes[0] < 0 || sizes[1] < 0 || sizes[2] < 1 || sizes[1] > LARGEST_SIDE ||
        sizes[2] > LARGEST_SIDE)
      refuse("input `", packed.name, "` has sizes ", sizes, ", expected three, the last above zero");
    if (sizes[2] % product({3, heads}) != 0)
      refuse("input `", packed.name, "` has sizes ", sizes, ", expected a multiple of 3 x ", heads, " along axis 2");
    examples = sizes[0], length = sizes[1], row = sizes[2];
    size = row / 3 / heads;
    padded = whole_vectors(size);
  }
  // Where a head's queries (0), keys (1) or values (2) begin.
  int64_t at(int64_t example, int64_t head, int64_t part) const {
    return example * length * row + (part * heads + head) * size;
  }
  Sizes statistics() const { return {examples, heads, length}; }
  Sizes joined() const { return {examples, length, heads * size}; }
};

// As gather_rows has them, back where they lay.
inline void scatter_rows(const float* from, int64_t count, int64_t size, float* to, int64_t row) {
  int64_t padded = whole_vectors(size);
  for (int64_t i = 0; i < count; ++i) std::copy(from + i * padded, from + i * padded + size, to + i * row);
}

// exp(score - peak) of the first `seen` scores, zeros behind them up to `width`, whole vectors.
inline void exponentials(float* scores, int64_t seen, int64_t width, float peak) {
  for (int64_t s = 0; s < width; ++s) scores[s] = exponential(scores[s] - peak);
  std::fill(scores + seen, scores + width, 0.0f);
}

// The largest of `width` scores, whole vectors.
inline float largest(const float* scores, int64_t width) {
  typename Lanes::Vector all = Lanes::load(scores);
  for (int64_t s = LANES; s < width; s += LANES) {
    typename Lanes::Vector next = Lanes::load(scores + s);
    all = next > all ? next : all;
  }
  float peak = all[0];
  for (int k = 1; k < LANES; ++k) peak = all[k] > peak ? all[k] : peak;
  return peak;
}

inline float total(typename Lanes::Vector vector) {
  float sum = 0;
  for (int k = 0; k < LANES; ++k) sum += vector[k];
  return sum;
}

}  // namespace netc
