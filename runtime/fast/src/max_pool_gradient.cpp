// The gradient of max-pooling without indices from the forward pass: a window's first largest place is found again.
#include <algorithm>
#include <limits>

#include "blocks.h"
#include "operators.h"
#include "windows.h"

namespace netc {
namespace {

// Where one window lies in a map, and what it does there.
template <int B>
struct Window {
  using Vector = typename Block<B>::Vector;
  using Mask = typename Block<B>::Mask;

  const float* from;
  float* to;
  int64_t row;  // numbers from one row of the map to the next
  bool relu;

  // Gives d to the first largest of height x width places. KERNEL is both where it is known, else 0. Windows that
  // overlap add to what others gave.
  template <int KERNEL, bool OVERLAPS>
  void give(Vector d, int64_t height = KERNEL, int64_t width = KERNEL) const {
    if constexpr (KERNEL > 0) height = width = KERNEL;
    Vector largest = Block<B>::load(from);
    for (int64_t h = 0; h < height; ++h)
      for (int64_t w = 0; w < width; ++w) {
        Vector value = Block<B>::load(from + h * row + w * B);
        largest = value > largest ? value : largest;
      }
    if (relu) d = largest > 0 ? d : Vector{};
    for (int64_t h = 0; h < height; ++h)
      for (int64_t w = 0; w < width; ++w) {
        Mask chosen = Block<B>::load(from + h * row + w * B) == largest;
        Vector given = chosen ? d : Vector{};
        d = chosen ? Vector{} : d;
        float* place = to + h * row + w * B;
        if constexpr (OVERLAPS) given += Block<B>::load(place);
        Block<B>::store(place, given);
      }
  }
};

}  // namespace

MaxPoolGradient::MaxPoolGradient(const Attributes& given)
    : block_(given.block()),
      relu_(given.flag("relu")),
      kernel_(given.setting("kernel", 2, 1)),
      strides_(given.setting("strides", 2, 1)),
      pads_(given.setting("pads", 4, 0)) {
  for (size_t side = 0; side < 4; ++side)  // so that every window has a place inside the map
    if (pads_[side] >= kernel_[side % 2])
      refuse("attribute `pads` is ", pads_, ", expected less than the kernel, ", kernel_);
}

void MaxPoolGradient::run(Call& call) const {
  Input dy = call.map(0, "dy"), x = call.map(1, "x");
  constexpr int64_t CLOSE[2] = {1, 1};
  check_windows(dy, &x.sizes[2], kernel_.data(), strides_, pads_, CLOSE);
  dy.expect({x.sizes[0], x.sizes[1], dy.sizes[2], dy.sizes[3]});
  x.expect_blocks(block_);
  float* dx = call.out(0, x.sizes);
  int64_t height = x.sizes[2], width = x.sizes[3], rows = dy.sizes[2], columns = dy.sizes[3];
  bool square = kernel_[0] == kernel_[1];
  bool halves = kernel_ == Sizes{2, 2} && strides_ == kernel_ && pads_ == Sizes(4, 0) && height == 2 * rows &&
                width == 2 * columns;
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    call.parallel(x.sizes[0] * x.sizes[1] / B, [&](int64_t map) {
      const float* from = x.data + map * height * width * B;
      const float* slope = dy.data + map * rows * columns * B;
      float* to = dx + map * height * width * B;
      if (!halves) std::fill(to, to + height * width * B, 0.0f);
      for (int64_t r = 0; r < rows; ++r) {
        int64_t top = r * strides_[0] - pads_[0];
        int64_t h0 = std::max<int64_t>(top, 0), h1 = std::min(top + kernel_[0], height);
        for (int64_t c = 0; c < columns; ++c) {
          int64_t left = c * strides_[1] - pads_[1];
          int64_t w0 = std::max<int64_t>(left, 0), w1 = std::min(left + kernel_[1], width);
          int64_t at = (h0 * width + w0) * B;
          Window<B> window{from + at, to + at, width * B, relu_};
          auto d = Block<B>::load(slope + (r * columns + c) * B);
          bool whole = square && h1 - h0 == kernel_[0] && w1 - w0 == kernel_[1];
          if (halves) {
            window.template give<2, false>(d);
          } else if (whole && kernel_[0] == 2) {
            window.template give<2, true>(d);
          } else if (whole && kernel_[0] == 3) {
            window.template give<3, true>(d);
          } else {
            window.template give<0, true>(d, h1 - h0, w1 - w0);
          }
        }
      }
    });
  });
}

}  // namespace netc
