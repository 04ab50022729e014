// The input gradient of a convolution with any strides.
//
// Input places whose coordinates leave the same remainders by the strides see the same taps; for them it is a
// convolution of dy with stride 1. A few of them, next to each other, stay in registers, for one block of channels.
#include <algorithm>

#include "blocks.h"
#include "operators.h"
#include "windows.h"

namespace netc {
namespace {

template <int N>
using Number = std::integral_constant<int, N>;

struct Tap {
  int64_t index, shift;  // its place in the kernel; which row or column of dy the first place reads
};

// The taps along an axis that input places with a remainder see.
std::vector<Tap> taps_of(int64_t remainder, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
  std::vector<Tap> found;
  for (int64_t k = 0; k < kernel; ++k) {
    int64_t reach = remainder + pad - k * dilation;
    if (reach % stride == 0) found.push_back({k, reach / stride});
  }
  return found;
}

// What a tile of places reads and writes.
struct Tile {
  float* to;
  int64_t to_row, to_step;        // numbers from one row of places to the next, and from one place to the next
  const float* dy;
  int64_t dy_row, dy_block;       // likewise, and from one block of filters to the next
  const float* const* weights;    // of each tap: [O, B of I]
  const int64_t* offsets;         // of each tap, into dy
  int64_t taps, blocks;
};

// ROWS x PLACES places next to each other: every tap and filter times its weights.
template <int B, int ROWS, int PLACES>
void add_places(const Tile& tile) {
  using Vector = typename Block<B>::Vector;
  Vector a[ROWS][PLACES] = {};
  for (int64_t t = 0; t < tile.taps; ++t)
    for (int64_t b = 0; b < tile.blocks; ++b) {
      const float* from = tile.dy + tile.offsets[t] + b * tile.dy_block;
      const float* w = tile.weights[t] + b * B * B;
      for (int o = 0; o < B; ++o) {
        Vector weight = Block<B>::load(w + o * B);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 16
          for (int p = 0; p < PLACES; ++p) a[r][p] += weight * from[r * tile.dy_row + p * B + o];
      }
    }
  for (int r = 0; r < ROWS; ++r)
    for (int p = 0; p < PLACES; ++p) Block<B>::store(tile.to + r * tile.to_row + p * tile.to_step, a[r][p]);
}

}  // namespace

ConvInputGradient::ConvInputGradient(const Attributes& given)
    : block_(given.block()),
      size_(given.setting("size", 2, 1, LARGEST_SIDE)),
      strides_(given.setting("strides", 2, 1)),
      pads_(given.setting("pads", 4, 0)),
      dilations_(given.setting("dilations", 2, 1)) {}

void ConvInputGradient::run(Call& call) const {
  Input dy = call.map(0, "dy"), w = call.map(1, "w");
  if (std::max(w.sizes[2], w.sizes[3]) > LARGEST_SETTING)
    refuse("input `w` has sizes ", w.sizes, ", expected a kernel of at most ", LARGEST_SETTING);
  check_windows(dy, size_.data(), &w.sizes[2], strides_, pads_, dilations_.data());
  dy.expect({dy.sizes[0], w.sizes[0], dy.sizes[2], dy.sizes[3]});
  w.expect_blocks(block_, 0);
  w.expect_blocks(block_, 1);
  int64_t examples = dy.sizes[0], filters = w.sizes[0], channels = w.sizes[1], kernel[2] = {w.sizes[2], w.sizes[3]};
  int64_t rows = dy.sizes[2], columns = dy.sizes[3], height = size_[0], width = size_[1];
  float* dx = call.out(0, {examples, channels, height, width});
  // dy with zeros around it, so that every tap reads inside
  int64_t before[2], after[2];
  for (int axis = 0; axis < 2; ++axis) {
    int64_t last = dy.sizes[2 + axis] - 1;
    before[axis] = after[axis] = 0;
    for (int64_t r = 0; r < std::min(strides_[axis], size_[axis]); ++r)
      for (const Tap& tap : taps_of(r, kernel[axis], strides_[axis], pads_[axis], dilations_[axis])) {
        int64_t places = (size_[axis] - r - 1) / strides_[axis];
        before[axis] = std::max(before[axis], -tap.shift);
        after[axis] = std::max(after[axis], tap.shift + places - last);
      }
  }
  bool padded = before[0] || before[1] || after[0] || after[1];
  int64_t tall = rows + before[0] + after[0], wide = columns + before[1] + after[1], taps = kernel[0] * kernel[1];
  int64_t copied = padded ? product({examples, filters, tall, wide}) : 0;
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    int64_t outer = filters / B, inner = channels / B;
    float* weights = scratch<Whole>(sum(taps * filters * channels, copied));
    float* copy = weights + taps * filters * channels;
    call.parallel(inner, [&](int64_t i) {  // [I / B, taps, O, B of I]
      for (int64_t t = 0; t < taps; ++t)
        for (int64_t o = 0; o < filters; ++o)
          for (int64_t c = 0; c < B; ++c)
            weights[((i * taps + t) * filters + o) * B + c] = w.data[(o * channels + i * B + c) * taps + t];
    });
    if (padded)
      call.parallel(examples * outer, [&](int64_t map) {
        float* to = copy + map * tall * wide * B;
        std::fill_n(to, tall * wide * B, 0.0f);
        for (int64_t r = 0; r < rows; ++r)
          std::copy_n(dy.data + (map * rows + r) * columns * B, columns * B,
                      to + ((r + before[0]) * wide + before[1]) * B);
      });
    const float* from = padded ? copy : dy.data;
    int64_t tall_map = tall * wide * B;
    call.parallel(examples * inner, [&](int64_t map) {
      int64_t n = map / inner, i = map % inner;
      float* to = dx + map * height * width * B;
      const float* slopes = from + n * filters * tall * wide;
      std::vector<const float*> seen;
      std::vector<int64_t> offsets;
      for (int64_t a = 0; a < std::min(strides_[0], height); ++a)
        for (int64_t b = 0; b < std::min(strides_[1], width); ++b) {
          auto down = taps_of(a, kernel[0], strides_[0], pads_[0], dilations_[0]);
          auto along = taps_of(b, kernel[1], strides_[1], pads_[1], dilations_[1]);
          seen.clear();
          offsets.clear();
          for (const Tap& h : down)
            for (const Tap& v : along) {
              seen.push_back(weights + (i * taps + h.index * kernel[1] + v.index) * filters * B);
              offsets.push_back(((h.shift + before[0]) * wide + v.shift + before[1]) * B);
            }
          int64_t lines = (height - a - 1) / strides_[0] + 1, places = (width - b - 1) / strides_[1] + 1;
          int64_t r = 0, p = 0;
          auto add = [&](auto tall, auto broad) {
            constexpr int ROWS = tall(), PLACES = broad();
            for (; p + PLACES <= places; p += PLACES)
              add_places<B, ROWS, PLACES>({to + ((a + r * strides_[0]) * width + b + p * strides_[1]) * B,
                                           strides_[0] * width * B, strides_[1] * B, slopes + (r * wide + p) * B,
                                           wide * B, tall_map, seen.data(), offsets.data(),
                                           static_cast<int64_t>(seen.size()), outer});
          };
          auto add_lines = [&](auto tall) {
            constexpr int ROWS = tall();
            for (; r + ROWS <= lines; r += ROWS) {
              p = 0;
              if constexpr (ROWS <= 2) add(tall, Number<14>());
              add(tall, Number<7>());
              add(tall, Number<4>());
              add(tall, Number<1>());
            }
          };
          if (places < 14) add_lines(Number<4>());
          add_lines(Number<2>());
          add_lines(Number<1>());
        }
    });
  });
}

}  // namespace netc
