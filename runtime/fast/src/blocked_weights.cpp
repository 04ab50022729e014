// Weights as convolutions want them, for the forward pass and for the input's gradient, in one pass over them.
#include "blocks.h"
#include "operators.h"

namespace netc {

BlockedWeights::BlockedWeights(const Attributes& given) : block_(given.block()) {}

void BlockedWeights::run(Call& call) const {
  size_t results = call.outputs();
  if (results > 2) refuse("found ", results, " outputs, expected 1 or 2");
  Input w = call.map(0, "w");
  w.expect_blocks(block_, 0);
  w.expect_blocks(block_, 1);
  int64_t filters = w.sizes[0], channels = w.sizes[1], taps = w.sizes[2] * w.sizes[3];
  float* forward = call.out(0, w.sizes);
  float* turned = results > 1 ? call.out(1, {channels, filters, w.sizes[2], w.sizes[3]}) : nullptr;
  with_block(block_, [&](auto size) {
    constexpr int B = size();
    int64_t outer = filters / B, inner = channels / B, tile = taps * B * B;
    call.parallel(outer * inner, [&](int64_t pair) {
      int64_t o = pair / inner, i = pair % inner;
      const float* from = w.data + (o * B * channels + i * B) * taps;
      float* to = forward + pair * tile;
      for (int64_t t = 0; t < taps; ++t)
        for (int64_t c = 0; c < B; ++c, to += B)
          for (int64_t f = 0; f < B; ++f) to[f] = from[(f * channels + c) * taps + t];
      if (turned == nullptr) return;
      to = turned + (i * outer + o) * tile;
      for (int64_t t = taps - 1; t >= 0; --t)
        for (int64_t f = 0; f < B; ++f, to += B)
          for (int64_t c = 0; c < B; ++c) to[c] = from[(f * channels + c) * taps + t];
    });
  });
}

}  // namespace netc
