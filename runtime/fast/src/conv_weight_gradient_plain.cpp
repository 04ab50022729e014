// The weight gradient of a convolution whose input is plain: the taps of a few rows of the kernel stay in registers, for
// one block of filters, while the places of a strip of rows go by.
#include "conv_weight_gradient.h"

namespace netc {
namespace {

constexpr int MOST_TAPS = 12;         // of a kernel's row taken together where the input is plain
constexpr int REGISTERS = 28;         // sums held at once
constexpr int64_t STRIP = 32 * 1024;  // bytes of dy's rows, which stay in the first cache

// sums[row][tap][o] += x[row][tap] dy[o], for ROWS rows of the kernel and TAPS taps of each.
template <int B, int ROWS, int TAPS>
void add_taps(float* const* sums, const float* const* x, const float* dy, int64_t rows, int64_t columns,
              int64_t x_row, int64_t x_step, int64_t tap_step) {
  using Vector = typename Block<B>::Vector;
  Vector a[ROWS][TAPS];
  for (int k = 0; k < ROWS; ++k)
    for (int t = 0; t < TAPS; ++t) a[k][t] = Block<B>::load(sums[k] + t * B);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      Vector slope = Block<B>::load(dy + (r * columns + c) * B);
      for (int k = 0; k < ROWS; ++k) {
        const float* from = x[k] + r * x_row + c * x_step;
#pragma GCC unroll 16
        for (int t = 0; t < TAPS; ++t) a[k][t] += slope * from[t * tap_step];
      }
    }
  for (int k = 0; k < ROWS; ++k)
    for (int t = 0; t < TAPS; ++t) Block<B>::store(sums[k] + t * B, a[k][t]);
}

// Rows go in groups as large as the registers hold, and as even as possible.
template <int B, int TAPS, int ROWS = std::min(9, REGISTERS / TAPS)>
void add_rows_of_taps(int64_t rows_at_once, float* const* sums, const float* const* x, const float* dy, int64_t rows,
                      int64_t columns, int64_t x_row, int64_t x_step, int64_t tap_step) {
  if constexpr (ROWS > 0) {
    if (rows_at_once == ROWS)
      return add_taps<B, ROWS, TAPS>(sums, x, dy, rows, columns, x_row, x_step, tap_step);
    add_rows_of_taps<B, TAPS, ROWS - 1>(rows_at_once, sums, x, dy, rows, columns, x_row, x_step, tap_step);
  }
}

template <int B, int TAPS = 1>
void with_taps(int64_t taps, const std::vector<float*>& sums, const std::vector<const float*>& x, const float* dy,
               int64_t rows, int64_t columns, int64_t x_row, int64_t x_step, int64_t tap_step) {
  if constexpr (TAPS <= MOST_TAPS) {
    if (taps != TAPS) return with_taps<B, TAPS + 1>(taps, sums, x, dy, rows, columns, x_row, x_step, tap_step);
    int64_t all = static_cast<int64_t>(x.size()), groups = ceil_div(all, std::min(9, REGISTERS / TAPS));
    for (int64_t g = 0; g < groups; ++g) {
      int64_t first = g * all / groups, end = (g + 1) * all / groups;
      add_rows_of_taps<B, TAPS>(end - first, &sums[first], &x[first], dy, rows, columns, x_row, x_step, tap_step);
    }
  }
}

}  // namespace

// Each task pads the input of its examples with zeros, so that every tap reads inside.
template <int B>
void weight_gradient_of_plain(Call& call, const Shape& s, const float* dy, const float* x, float* dw, float* dbias) {
  int64_t outer = s.filters / B, numbers = s.channels * s.taps(), all = s.weights();
  int64_t groups = groups_of(1, s.examples);
  int64_t height = std::max((s.rows - 1) * s.strides[0] + (s.kernel[0] - 1) * s.dilations[0] + 1, s.pads[0] + s.height);
  int64_t width =
      std::max((s.columns - 1) * s.strides[1] + (s.kernel[1] - 1) * s.dilations[1] + 1, s.pads[1] + s.width);
  int64_t padded = product({s.channels, height, width});
  float* sums = scratch<Whole>(product({groups, sum(all, s.filters)}));
  float* slopes = sums + groups * all;
  int64_t strip = std::max<int64_t>(1, std::min(s.rows, STRIP / (s.columns * B * 4)));
  call.parallel(groups, [&](int64_t group) {
    std::fill_n(sums + group * all, all, 0.0f);
    std::fill_n(slopes + group * s.filters, s.filters, 0.0f);
    float* copy = scratch<Part>(padded);
    std::fill_n(copy, padded, 0.0f);
    for (int64_t n = group * s.examples / groups; n < (group + 1) * s.examples / groups; ++n) {
      for (int64_t row = 0; row < s.channels * s.height; ++row)
        std::copy_n(x + (n * s.channels * s.height + row) * s.width, s.width,
                    copy + ((row / s.height) * height + s.pads[0] + row % s.height) * width + s.pads[1]);
      for (int64_t o = 0; o < outer; ++o) {
        const float* d = dy + (n * outer + o) * s.rows * s.columns * B;
        add_slopes<B>(slopes + group * s.filters + o * B, d, s.rows * s.columns);
        for (int64_t top = 0; top < s.rows; top += strip) {
          int64_t rows = std::min(strip, s.rows - top);
          for (int64_t tap = 0; tap < s.kernel[1]; tap += MOST_TAPS) {
            std::vector<float*> to;
            std::vector<const float*> from;
            for (int64_t i = 0; i < s.channels; ++i)
              for (int64_t kh = 0; kh < s.kernel[0]; ++kh) {
                to.push_back(sums + group * all +
                             (o * numbers + (i * s.kernel[0] + kh) * s.kernel[1] + tap) * B);
                from.push_back(copy + (i * height + top * s.strides[0] + kh * s.dilations[0]) * width +
                               tap * s.dilations[1]);
              }
            with_taps<B>(std::min<int64_t>(MOST_TAPS, s.kernel[1] - tap), to, from, d + top * s.columns * B, rows,
                         s.columns, s.strides[0] * width, s.strides[1], s.dilations[1]);
          }
        }
      }
    }
  });
  for (int64_t o = 0; o < s.filters; ++o) {
    for (int64_t k = 0; k < numbers; ++k) {
      float total = 0;
      for (int64_t g = 0; g < groups; ++g) total += sums[g * all + (o / B * numbers + k) * B + o % B];
      dw[o * numbers + k] = total;
    }
    float total = 0;
    for (int64_t g = 0; g < groups; ++g) total += slopes[g * s.filters + o];
    dbias[o] = total;
  }
}

template void weight_gradient_of_plain<8>(Call&, const Shape&, const float*, const float*, float*, float*);
template void weight_gradient_of_plain<16>(Call&, const Shape&, const float*, const float*, float*, float*);

}  // namespace netc
