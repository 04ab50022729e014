// Products of matrices that lie in the caches, by vectors of the processor's width.
#pragma once

#include <algorithm>

#include "blocks.h"

namespace netc {

#if defined(__AVX512F__)
constexpr int LANES = 16, ROWS = 6, COLUMNS = 4;  // of a tile of results: so many vectors fit into the registers
#else
constexpr int LANES = 8, ROWS = 6, COLUMNS = 2;
#endif

using Lanes = Block<LANES>;

inline int64_t whole_vectors(int64_t count) { return ceil_div(count, LANES) * LANES; }

// A matrix whose neighbours along an axis are so many numbers apart.
struct Strided {
  const float* data;
  int64_t down, across;
};

template <int R, int C>
void product_tile(Strided a, const float* b, int64_t b_row, float* c, int64_t c_row, int64_t depth, bool add) {
  typename Lanes::Vector sums[R][C];
  for (int i = 0; i < R; ++i)
    for (int j = 0; j < C; ++j)
      sums[i][j] = add ? Lanes::load(c + i * c_row + j * LANES) : typename Lanes::Vector{};
  for (int64_t k = 0; k < depth; ++k) {
    typename Lanes::Vector row[C];
#pragma GCC unroll 8
    for (int j = 0; j < C; ++j) row[j] = Lanes::load(b + k * b_row + j * LANES);
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i) {
      float factor = a.data[i * a.down + k * a.across];
#pragma GCC unroll 8
      for (int j = 0; j < C; ++j) sums[i][j] += factor * row[j];
    }
  }
  for (int i = 0; i < R; ++i)
    for (int j = 0; j < C; ++j) Lanes::store(c + i * c_row + j * LANES, sums[i][j]);
}

template <int C, int R = ROWS>
void product_rows(int64_t rows, Strided a, const float* b, int64_t b_row, float* c, int64_t c_row, int64_t depth,
                  bool add) {
  if (rows == R) return product_tile<R, C>(a, b, b_row, c, c_row, depth, add);
  if constexpr (R > 1) product_rows<C, R - 1>(rows, a, b, b_row, c, c_row, depth, add);
}

template <int C = COLUMNS>
void product_columns(int64_t vectors, int64_t rows, Strided a, const float* b, int64_t b_row, float* c, int64_t c_row,
                     int64_t depth, bool add) {
  if (vectors == C) {
    for (int64_t i = 0; i < rows; i += ROWS)
      product_rows<C>(std::min<int64_t>(ROWS, rows - i), {a.data + i * a.down, a.down, a.across}, b, b_row,
                      c + i * c_row, c_row, depth, add);
    return;
  }
  if constexpr (C > 1) product_columns<C - 1>(vectors, rows, a, b, b_row, c, c_row, depth, add);
}

// c = a b, or c + a b: a [rows, depth], b [depth, columns], c [rows, columns]. Columns are whole vectors, and lie side
// by side.
inline void product_of(int64_t rows, int64_t columns, int64_t depth, Strided a, const float* b, int64_t b_row, float* c,
                       int64_t c_row, bool add) {
  for (int64_t j = 0; j < columns; j += COLUMNS * LANES)
    product_columns(std::min<int64_t>(COLUMNS, (columns - j) / LANES), rows, a, b + j, b_row, c + j, c_row, depth, add);
}

// Rows of a matrix next to each other, times a factor, filled up to whole vectors by zeros.
inline void gather_rows(const float* from, int64_t row, int64_t count, int64_t size, float factor, float* to) {
  int64_t padded = whole_vectors(size);
  for (int64_t i = 0; i < count; ++i, to += padded) {
    for (int64_t d = 0; d < size; ++d) to[d] = from[i * row + d] * factor;
    std::fill(to + size, to + padded, 0.0f);
  }
}

// The same transposed, [size, count in whole vectors]: the rows of a vector are read together, while they are cached.
inline void gather_columns(const float* from, int64_t row, int64_t count, int64_t size, float* to) {
  const int64_t width = whole_vectors(count), whole = count / LANES * LANES;
  for (int64_t i = 0; i < whole; i += LANES)
    for (int64_t d = 0; d < size; ++d)
      for (int64_t k = 0; k < LANES; ++k) to[d * width + i + k] = from[(i + k) * row + d];
  for (int64_t d = 0; d < size; ++d)
    for (int64_t i = whole; i < width; ++i) to[d * width + i] = i < count ? from[i * row + d] : 0.0f;
}

}  // namespace netc
