// The gradients of a convolution that keeps channels apart: one filter a channel, on blocked maps.
//
// For the weights, the taps of a few rows of the kernel stay in registers while the places of a map go by, and sums are
// taken over groups of examples, whose number depends on sizes alone, then over groups: the same bits for any number
// of threads. For the input, each place of dy adds to the places that it saw.
#include <algorithm>

#include "blocks.h"
#include "operators.h"
#include "windows.h"

namespace netc {
namespace {

constexpr int MOST_TAPS = 8;    // of a kernel's row taken together
constexpr int REGISTERS = 12;   // sums held at once
constexpr int64_t TASKS = 32;   // of a run at least, where there are enough examples

// One block of channels of one example: dy, and the map with zeros around it, so that every tap reads inside.
struct Plane {
  int64_t rows, columns;             // of dy
  int64_t kernel[2], strides[2], dilations[2];
  int64_t top, left, height, width;  // the pads before the map, and sizes with all of its pads

  Plane(const Sizes& dy, const int64_t* size, const int64_t* taps, const Sizes& steps, const Sizes& pads,
        const Sizes& gaps)
      : rows(dy[2]), columns(dy[3]), kernel{taps[0], taps[1]}, strides{steps[0], steps[1]},
        dilations{gaps[0], gaps[1]}, top(pads[0]), left(pads[1]), height(reach(0, pads[0] + size[0])),
        width(reach(1, pads[1] + size[1])) {}

  int64_t taps() const { return kernel[0] * kernel[1]; }

 private:
  int64_t reach(int axis, int64_t least) const {
    int64_t places = axis == 0 ? rows : columns;
    return std::max(least, (places - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1);
  }
};

// sums[row][tap] += x[row][tap] dy over all places, for ROWS rows of the kernel and TAPS taps of each.
template <int B, int ROWS, int TAPS>
void add_taps(const Plane& s, float* sums, const float* x, const float* dy) {
  using Vector = typename Block<B>::Vector;
  int64_t x_row = s.width * B, x_step = s.strides[1] * B, tap_step = s.dilations[1] * B;
  Vector a[ROWS][TAPS];
  for (int k = 0; k < ROWS; ++k)
    for (int t = 0; t < TAPS; ++t) a[k][t] = Block<B>::load(sums + (k * s.kernel[1] + t) * B);
  for (int64_t r = 0; r < s.rows; ++r) {
    const float* from = x + r * s.strides[0] * x_row;
    for (int64_t c = 0; c < s.columns; ++c, from += x_step) {
      Vector slope = Block<B>::load(dy + (r * s.columns + c) * B);
#pragma GCC unroll 16
      for (int k = 0; k < ROWS; ++k)
#pragma GCC unroll 16
        for (int t = 0; t < TAPS; ++t)
          a[k][t] += slope * Block<B>::load(from + k * s.dilations[0] * x_row + t * tap_step);
    }
  }
  for (int k = 0; k < ROWS; ++k)
    for (int t = 0; t < TAPS; ++t) Block<B>::store(sums + (k * s.kernel[1] + t) * B, a[k][t]);
}

template <int B, int TAPS, int ROWS = REGISTERS / TAPS>
void add_rows_of_taps(const Plane& s, int64_t at_once, float* sums, const float* x, const float* dy) {
  if constexpr (ROWS > 0) {
    if (at_once == ROWS) return add_taps<B, ROWS, TAPS>(s, sums, x, dy);
    add_rows_of_taps<B, TAPS, ROWS - 1>(s, at_once, sums, x, dy);
  }
}

// Rows go in groups as large as the registers hold, and as even as possible.
template <int B, int TAPS = 1>
void with_taps(const Plane& s, int64_t taps, float* sums, const float* x, const float* dy) {
  if constexpr (TAPS <= MOST_TAPS) {
    if (taps != TAPS) return with_taps<B, TAPS + 1>(s, taps, sums, x, dy);
    int64_t groups = ceil_div(s.kernel[0], REGISTERS / TAPS);
    for (int64_t g = 0; g < groups; ++g) {
      int64_t first = g * s.kernel[0] / groups, end = (g + 1) * s.kernel[0] / groups;
      add_rows_of_taps<B, TAPS>(s, end - first, sums + first * s.kernel[1] * B,
                                x + first * s.dilations[0] * s.width * B, dy);
    }
  }
}

template <int B>
void weight_gradient(Call& call, const Plane& s, const Sizes& map, const float* dy, const float* x, float* dw,
                     float* dbias) {
  int64_t examples = map[0], outer = map[1] / B, taps = s.taps(), numbers = product({map[1], taps});
  int64_t groups = std::max<int64_t>(1, std::min(examples, ceil_div(TASKS, outer)));
  bool padded = s.height != map[2] || s.width != map[3];
  int64_t copied = padded ? product({s.height, s.width, B}) : 0;
  float* sums = scratch<Whole>(product({groups, sum(numbers, map[1])}));
  float* slopes = sums + groups * numbers;
  call.parallel(groups * outer, [&](int64_t task) {
    int64_t group = task / outer, block = task % outer;
    float* to = sums + group * numbers + block * taps * B;
    float* slope = slopes + group * map[1] + block * B;
    std::fill_n(to, taps * B, 0.0f);
    float* copy = padded ? scratch<Part>(copied) : nullptr;
    if (padded) std::fill_n(copy, copied, 0.0f);
    typename Block<B>::Vector all{};
    for (int64_t n = group * examples / groups; n < (group + 1) * examples / groups; ++n) {
      const float* from = x + (n * outer + block) * map[2] * map[3] * B;
      if (padded) {
        for (int64_t r = 0; r < map[2]; ++r)
          std::copy_n(from + r * map[3] * B, map[3] * B, copy + ((r + s.top) * s.width + s.left) * B);
        from = copy;
      }
      const float* d = dy + (n * outer + block) * s.rows * s.columns * B;
      for (int64_t p = 0; p < s.rows * s.columns; ++p) all += Block<B>::load(d + p * B);
      for (int64_t tap = 0; tap < s.kernel[1]; tap += MOST_TAPS)
        with_taps<B>(s, std::min<int64_t>(MOST_TAPS, s.kernel[1] - tap), to + tap * B,
                     from + tap * s.dilations[1] * B, d);
    }
    Block<B>::store(slope, all);
  });
  for (int64_t c = 0; c < map[1]; ++c) {
    for (int64_t t = 0; t < taps; ++t) {
      float total = 0;
      for (int64_t g = 0; g < groups; ++g) total += sums[g * numbers + (c / B * taps + t) * B + c % B];
      dw[c * taps + t] = total;
    }
    float total = 0;
    for (int64_t g = 0; g < groups; ++g) total += slopes[g * map[1] + c];
    dbias[c] = total;
  }
}

template <int B>
void input_gradient(Call& call, const Plane& s, const Sizes& map, const float* dy, const float* w, float* dx) {
  int64_t outer = map[1] / B, taps = s.taps(), copied = product({s.height, s.width, B});
  int64_t held = sum(copied, product({taps, B}));
  call.parallel(map[0] * outer, [&](int64_t task) {
    float* copy = scratch<Part>(held);
    float* weights = copy + copied;  // [taps, B]
    const float* given = w + task % outer * B * taps;
    for (int64_t t = 0; t < taps; ++t)
      for (int64_t c = 0; c < B; ++c) weights[t * B + c] = given[c * taps + t];
    std::fill_n(copy, copied, 0.0f);
    const float* d = dy + task * s.rows * s.columns * B;
    for (int64_t r = 0; r < s.rows; ++r)
      for (int64_t c = 0; c < s.columns; ++c, d += B) {
        auto slope = Block<B>::load(d);
        float* seen = copy + (r * s.strides[0] * s.width + c * s.strides[1]) * B;
        for (int64_t kh = 0; kh < s.kernel[0]; ++kh)
          for (int64_t kw = 0; kw < s.kernel[1]; ++kw) {
            float* place = seen + (kh * s.dilations[0] * s.width + kw * s.dilations[1]) * B;
            Block<B>::store(place, Block<B>::load(place) +
                                       slope * Block<B>::load(weights + (kh * s.kernel[1] + kw) * B));
          }
      }
    float* to = dx + task * map[2] * map[3] * B;
    for (int64_t r = 0; r < map[2]; ++r)
      std::copy_n(copy + ((r + s.top) * s.width + s.left) * B, map[3] * B, to + r * map[3] * B);
  });
}

}  // namespace

DepthwiseWeightGradient::DepthwiseWeightGradient(const Attributes& given)
    : block_(given.block()),
      kernel_(given.setting("kernel", 2, 1)),
      strides_(given.setting("strides", 2, 1)),
      pads_(given.setting("pads", 4, 0)),
      dilations_(given.setting("dilations", 2, 1)) {}

void DepthwiseWeightGradient::run(Call& call) const {
  Input dy = call.map(0, "dy"), x = call.map(1, "x");
  check_windows(dy, &x.sizes[2], kernel_.data(), strides_, pads_, dilations_.data());
  dy.expect({x.sizes[0], x.sizes[1], dy.sizes[2], dy.sizes[3]});
  x.expect_blocks(block_);
  product({x.sizes[1], kernel_[0], kernel_[1]});
  Plane plane(dy.sizes, &x.sizes[2], kernel_.data(), strides_, pads_, dilations_);
  float* dw = call.out(0, {x.sizes[1], 1, kernel_[0], kernel_[1]});
  float* dbias = call.out(1, {x.sizes[1]});
  with_block(block_, [&](auto size) { weight_gradient<size()>(call, plane, x.sizes, dy.data, x.data, dw, dbias); });
}

DepthwiseInputGradient::DepthwiseInputGradient(const Attributes& given)
    : block_(given.block()),
      size_(given.setting("size", 2, 1, LARGEST_SIDE)),
      strides_(given.setting("strides", 2, 1)),
      pads_(given.setting("pads", 4, 0)),
      dilations_(given.setting("dilations", 2, 1)) {}

void DepthwiseInputGradient::run(Call& call) const {
  Input dy = call.map(0, "dy"), w = call.map(1, "w");
  if (std::max(w.sizes[2], w.sizes[3]) > LARGEST_SETTING)
    refuse("input `w` has sizes ", w.sizes, ", expected a kernel of at most ", LARGEST_SETTING);
  check_windows(dy, size_.data(), &w.sizes[2], strides_, pads_, dilations_.data());
  dy.expect_blocks(block_);
  w.expect({dy.sizes[1], 1, w.sizes[2], w.sizes[3]});
  Sizes map{dy.sizes[0], dy.sizes[1], size_[0], size_[1]};
  Plane plane(dy.sizes, size_.data(), &w.sizes[2], strides_, pads_, dilations_);
  float* dx = call.out(0, map);
  with_block(block_, [&](auto size) { input_gradient<size()>(call, plane, map, dy.data, w.data, dx); });
}

}  // namespace netc
