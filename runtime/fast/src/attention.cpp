// Attention of a sequence to itself (Vaswani et al. 2017), a few queries of a head at a time: their scores stay in the
// cache until they are weights, and the weights until they have summed up values. Later positions are not computed.
#include <limits>

#include "attention.h"

namespace netc {

Attention::Attention(const Attributes& given)
    : heads_(given.count("heads")), causal_(given.flag("causal")), scale_(given.finite("scale")) {}

void Attention::run(Call& call) const {
  Input packed = call.in(0, "packed");
  HeadsLying lying(packed, heads_);
  const int64_t length = lying.length, size = lying.size, padded = lying.padded, width = whole_vectors(length);
  float* y = call.out(0, lying.joined());
  float* peaks = call.out(1, lying.statistics());
  float* totals = call.out(2, lying.statistics());
  const int64_t needed =
      sum(product({width, sum(size, padded)}), product({QUERIES, sum(width, product({2, padded}))}));
  call.parallel(product({lying.examples, heads_}), [&](int64_t task) {
    const int64_t example = task / heads_, head = task % heads_;
    float* keys = scratch<Part>(needed);  // [size, width]
    float* values = keys + size * width;  // [length, padded]
    float* queries = values + width * padded;
    float* weights = queries + QUERIES * padded;  // [QUERIES, width]
    float* sums = weights + QUERIES * width;
    gather_columns(packed.data + lying.at(example, head, 1), lying.row, length, size, keys);
    gather_rows(packed.data + lying.at(example, head, 2), lying.row, length, size, 1, values);
    for (int64_t first = 0; first < length; first += QUERIES) {
      const int64_t count = std::min(QUERIES, length - first), end = causal_ ? first + count : length;
      gather_rows(packed.data + lying.at(example, head, 0) + first * lying.row, lying.row, count, size, scale_,
                  queries);
      product_of(count, whole_vectors(end), size, {queries, padded, 1}, keys, width, weights, width, false);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t seen = causal_ ? first + i + 1 : length, used = whole_vectors(end);
        float* row = weights + i * width;
        std::fill(row + seen, row + used, -std::numeric_limits<float>::infinity());
        const float peak = largest(row, used);
        exponentials(row, seen, used, peak);
        Lanes::Vector all{};
        for (int64_t s = 0; s < used; s += LANES) all += Lanes::load(row + s);
        peaks[task * length + first + i] = peak;
        totals[task * length + first + i] = total(all);
      }
      product_of(count, padded, end, {weights, width, 1}, values, padded, sums, padded, false);
      for (int64_t i = 0; i < count; ++i) {
        const float inverse = 1 / totals[task * length + first + i];
        float* to = y + ((example * length + first + i) * heads_ + head) * size;
        for (int64_t d = 0; d < size; ++d) to[d] = sums[i * padded + d] * inverse;
      }
    }
  });
}

}  // namespace netc
