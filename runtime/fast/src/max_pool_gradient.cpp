// The gradient of max-pooling without indices from the forward pass: a window's first largest place is found again.
#include <limits>

#include "blocks.h"
#include "operators.h"

namespace netc {

MaxPoolGradient::MaxPoolGradient(const Attributes& given)
    : block_(given.integer("block")),
      relu_(given.integer("relu") != 0),
      kernel_(given.integers("kernel")),
      strides_(given.integers("strides")),
      pads_(given.integers("pads")) {}

void MaxPoolGradient::run(Call& call) const {
  Input dy = call.in(0), x = call.in(1);
  float* dx = call.out(0, x.sizes);
  int64_t height = x.sizes[2], width = x.sizes[3], rows = dy.sizes[2], columns = dy.sizes[3];
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    using Vector = typename Block<B>::Vector;
    using Mask = typename Block<B>::Mask;
    call.parallel(x.sizes[0] * x.sizes[1] / B, [&](int64_t map) {
      const float* from = x.data + map * height * width * B;
      const float* slope = dy.data + map * rows * columns * B;
      float* to = dx + map * height * width * B;
      std::fill(to, to + height * width * B, 0.0f);
      for (int64_t r = 0; r < rows; ++r) {
        int64_t top = r * strides_[0] - pads_[0];
        int64_t h0 = std::max<int64_t>(top, 0), h1 = std::min(top + kernel_[0], height);
        for (int64_t c = 0; c < columns; ++c) {
          int64_t left = c * strides_[1] - pads_[1];
          int64_t w0 = std::max<int64_t>(left, 0), w1 = std::min(left + kernel_[1], width);
          Vector largest = Vector{} - std::numeric_limits<float>::infinity();
          Mask where = Mask{} + static_cast<int32_t>(h0 * width + w0);
          for (int64_t h = h0; h < h1; ++h)
            for (int64_t w = w0; w < w1; ++w) {
              Vector value = Block<B>::load(from + (h * width + w) * B);
              Mask larger = (value > largest) | (value != value);
              largest = larger ? value : largest;
              where = larger ? Mask{} + static_cast<int32_t>(h * width + w) : where;
            }
          Vector d = Block<B>::load(slope + (r * columns + c) * B);
          if (relu_) d = largest > 0 ? d : Vector{};
          for (int64_t h = h0; h < h1; ++h)
            for (int64_t w = w0; w < w1; ++w) {
              float* place = to + (h * width + w) * B;
              Mask chosen = where == Mask{} + static_cast<int32_t>(h * width + w);
              Block<B>::store(place, Block<B>::load(place) + (chosen ? d : Vector{}));
            }
        }
      }
    });
  });
}

}  // namespace netc
