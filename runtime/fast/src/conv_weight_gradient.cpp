// The weight gradient of a convolution: for each tap of the kernel a product of dy and the places of x it saw.
//
// Blocked input: a tile of B input channels by B filters stays in registers while the places of a strip of rows go by.
// Plain input, few channels: conv_weight_gradient_plain.cpp.
// Sums are taken over groups of examples, whose number depends on sizes alone, then over groups: the same bits for any
// number of threads.
#include "conv_weight_gradient.h"
#include "windows.h"

namespace netc {
namespace {

constexpr int64_t TILE = 4;            // blocks of either side that a task takes together,
constexpr int64_t POINTWISE_TILE = 8;  // and for 1x1 kernels, which do less with what they read
constexpr int64_t STRIP = 512 * 1024;  // bytes of a tile's rows, which stay in the second cache
constexpr int64_t AHEAD = 16;          // places that are asked for before they are needed
constexpr int64_t FEWEST_PLACES = 48;  // of a strip: fewer do not pay for loading and storing the sums

struct Range {
  int64_t first, end;
};

// The places along an axis at which a tap reads inside the map.
Range inside(const Shape& s, int axis, int64_t tap, int64_t places, int64_t size) {
  int64_t shift = tap * s.dilations[axis] - s.pads[axis], stride = s.strides[axis];
  int64_t first = shift >= 0 ? 0 : ceil_div(-shift, stride);
  int64_t end = size - shift <= 0 ? 0 : std::min(places, (size - 1 - shift) / stride + 1);
  return {first, std::max(first, end)};
}

// sums[i][o] += x[i] dy[o] over rows and columns.
template <int B>
void add_products(float* sums, const float* dy, const float* x, int64_t rows, int64_t columns, int64_t dy_row,
                  int64_t x_row, int64_t x_step) {
  using Vector = typename Block<B>::Vector;
  Vector a[B];
  for (int i = 0; i < B; ++i) a[i] = Block<B>::load(sums + i * B);
  if (dy_row == columns * B && x_row == columns * x_step) {  // rows that follow each other are one
    columns *= rows;
    rows = 1;
  }
  for (int64_t r = 0; r < rows; ++r) {
    const float* d = dy + r * dy_row;
    const float* from = x + r * x_row;
    for (int64_t c = 0; c < columns; ++c) {
      Vector slope = Block<B>::load(d + c * B);
      const float* place = from + c * x_step;
      __builtin_prefetch(place + AHEAD * x_step);
      __builtin_prefetch(d + (c + AHEAD) * B);
#pragma GCC unroll 16
      for (int i = 0; i < B; ++i) a[i] += slope * place[i];
    }
  }
  for (int i = 0; i < B; ++i) Block<B>::store(sums + i * B, a[i]);
}

// dw and dbias from the sums of each group: [groups, O / B, I / B, taps, B of I, B of O] and [groups, O / B, B].
template <int B>
void put_together(Call& call, const Shape& s, float* sums, const float* slopes, int64_t groups, float* dw,
                  float* dbias) {
  int64_t inner = s.channels / B, taps = s.taps(), tile = taps * B * B, all = s.filters / B * inner * tile;
  call.parallel(s.filters / B * inner, [&](int64_t pair) {
    float* sum = sums + pair * tile;
    for (int64_t g = 1; g < groups; ++g)
      for (int64_t k = 0; k < tile; ++k) sum[k] += sum[g * all + k];
    int64_t filter = pair / inner * B, channel = pair % inner * B;
    for (int64_t o = 0; o < B; ++o) {
      float* to = dw + ((filter + o) * s.channels + channel) * taps;
      for (int64_t i = 0; i < B; ++i)
        for (int64_t t = 0; t < taps; ++t) to[i * taps + t] = sum[(t * B + i) * B + o];
    }
  });
  for (int64_t o = 0; o < s.filters; ++o) {
    float total = 0;
    for (int64_t g = 0; g < groups; ++g) total += slopes[g * s.filters + o];
    dbias[o] = total;
  }
}

template <int B>
void from_blocked(Call& call, const Shape& s, const float* dy, const float* x, float* dw, float* dbias) {
  int64_t outer = s.filters / B, inner = s.channels / B, tile = s.taps() * B * B, all = s.weights();
  int64_t side = s.taps() == 1 ? POINTWISE_TILE : TILE;
  int64_t outer_tiles = ceil_div(outer, side), inner_tiles = ceil_div(inner, side);
  int64_t groups = groups_of(outer_tiles * inner_tiles, s.examples);
  float* sums = scratch<Whole>(product({groups, sum(all, s.filters)}));
  float* slopes = sums + groups * all;
  int64_t row_bytes = 4 * B * (s.columns * std::min(side, outer) + s.width * s.strides[0] * std::min(side, inner));
  int64_t strip = std::min(s.rows, std::max(ceil_div(FEWEST_PLACES, s.columns), STRIP / row_bytes));
  call.parallel(groups * outer_tiles * inner_tiles, [&](int64_t task) {
    int64_t group = task / (outer_tiles * inner_tiles), at = task % (outer_tiles * inner_tiles);
    Range filters{at / inner_tiles * side, std::min(outer, (at / inner_tiles + 1) * side)};
    Range channels{at % inner_tiles * side, std::min(inner, (at % inner_tiles + 1) * side)};
    for (int64_t o = filters.first; o < filters.end; ++o) {
      float* first = sums + group * all + (o * inner + channels.first) * tile;
      std::fill(first, first + (channels.end - channels.first) * tile, 0.0f);
      if (channels.first == 0) std::fill_n(slopes + group * s.filters + o * B, B, 0.0f);
    }
    for (int64_t n = group * s.examples / groups; n < (group + 1) * s.examples / groups; ++n)
      for (int64_t top = 0; top < s.rows; top += strip) {
        int64_t bottom = std::min(s.rows, top + strip);
        for (int64_t o = filters.first; o < filters.end; ++o) {
          const float* d = dy + (n * outer + o) * s.rows * s.columns * B;
          if (channels.first == 0)
            add_slopes<B>(slopes + group * s.filters + o * B, d + top * s.columns * B, (bottom - top) * s.columns);
          for (int64_t i = channels.first; i < channels.end; ++i) {
            const float* map = x + (n * inner + i) * s.height * s.width * B;
            float* sum = sums + group * all + (o * inner + i) * tile;
            for (int64_t kh = 0; kh < s.kernel[0]; ++kh) {
              Range r = inside(s, 0, kh, s.rows, s.height);
              r = {std::max(r.first, top), std::min(r.end, bottom)};
              if (r.first >= r.end) continue;
              int64_t h = r.first * s.strides[0] + kh * s.dilations[0] - s.pads[0];
              for (int64_t kw = 0; kw < s.kernel[1]; ++kw) {
                Range c = inside(s, 1, kw, s.columns, s.width);
                if (c.first >= c.end) continue;
                int64_t w = c.first * s.strides[1] + kw * s.dilations[1] - s.pads[1];
                add_products<B>(sum + (kh * s.kernel[1] + kw) * B * B, d + (r.first * s.columns + c.first) * B,
                                map + (h * s.width + w) * B, r.end - r.first, c.end - c.first, s.columns * B,
                                s.strides[0] * s.width * B, s.strides[1] * B);
              }
            }
          }
        }
      }
  });
  put_together<B>(call, s, sums, slopes, groups, dw, dbias);
}

}  // namespace

ConvWeightGradient::ConvWeightGradient(const Attributes& given)
    : block_(given.block()),
      plain_(given.flag("plain")),
      kernel_(given.setting("kernel", 2, 1)),
      strides_(given.setting("strides", 2, 1)),
      pads_(given.setting("pads", 4, 0)),
      dilations_(given.setting("dilations", 2, 1)) {}

void ConvWeightGradient::run(Call& call) const {
  Input dy = call.map(0, "dy"), x = call.map(1, "x");
  check_windows(dy, &x.sizes[2], kernel_.data(), strides_, pads_, dilations_.data());
  dy.expect({x.sizes[0], dy.sizes[1], dy.sizes[2], dy.sizes[3]});
  dy.expect_blocks(block_);
  if (!plain_) x.expect_blocks(block_);
  Shape s{x.sizes[0],
          x.sizes[1],
          x.sizes[2],
          x.sizes[3],
          dy.sizes[1],
          dy.sizes[2],
          dy.sizes[3],
          {kernel_[0], kernel_[1]},
          {strides_[0], strides_[1]},
          {pads_[0], pads_[1]},
          {dilations_[0], dilations_[1]}};
  float* dw = call.out(0, {s.filters, s.channels, s.kernel[0], s.kernel[1]});
  float* dbias = call.out(1, {s.filters});
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    if (plain_) {
      weight_gradient_of_plain<B>(call, s, dy.data, x.data, dw, dbias);
    } else {
      from_blocked<B>(call, s, dy.data, x.data, dw, dbias);
    }
  });
}

}  // namespace netc
