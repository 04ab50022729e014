// The gradient of attention: the weights of a few queries at a time are made again from their scores, with the largest
// and the total that the forward pass found.
#include "attention.h"

namespace netc {

AttentionGradient::AttentionGradient(const Attributes& given)
    : heads_(given.count("heads")), causal_(given.flag("causal")), scale_(given.finite("scale")) {}

// With weights W = softmax(scores), values V and V's sums Y = W V: dV = W' dY, dW = dY V',
// dscores = W (dW - the sum of W dW over each row), and scores are a product like the others.
void AttentionGradient::run(Call& call) const {
  Input packed = call.in(1, "packed");
  HeadsLying lying(packed, heads_);
  Input dy = call.in(0, "dy"), peaks = call.in(2, "peaks"), totals = call.in(3, "totals");
  dy.expect(lying.joined());
  peaks.expect(lying.statistics());
  totals.expect(lying.statistics());
  float* dpacked = call.out(0, packed.sizes);
  const int64_t length = lying.length, size = lying.size, padded = lying.padded, width = whole_vectors(length);
  const int64_t joined = heads_ * size;
  const int64_t needed = sum(product({width, sum(product({2, size}), product({3, padded}))}),
                             product({QUERIES, sum(product({2, width}), product({3, padded}))}));
  call.parallel(product({lying.examples, heads_}), [&](int64_t task) {
    const int64_t example = task / heads_, head = task % heads_;
    const float* from[3];
    for (int part = 0; part < 3; ++part) from[part] = packed.data + lying.at(example, head, part);
    float* keys_turned = scratch<Part>(needed);           // [size, width]
    float* values_turned = keys_turned + size * width;    // [size, width]
    float* keys = values_turned + size * width;           // [length, padded]
    float* dkeys = keys + width * padded;
    float* dvalues = dkeys + width * padded;
    float* queries = dvalues + width * padded;            // [QUERIES, padded]
    float* slopes = queries + QUERIES * padded;
    float* dqueries = slopes + QUERIES * padded;
    float* weights = dqueries + QUERIES * padded;         // [QUERIES, width]
    float* dscores = weights + QUERIES * width;
    gather_columns(from[1], lying.row, length, size, keys_turned);
    gather_columns(from[2], lying.row, length, size, values_turned);
    gather_rows(from[1], lying.row, length, size, 1, keys);
    std::fill_n(dkeys, 2 * width * padded, 0.0f);
    for (int64_t first = 0; first < length; first += QUERIES) {
      const int64_t count = std::min(QUERIES, length - first), end = causal_ ? first + count : length;
      const int64_t used = whole_vectors(end);
      gather_rows(from[0] + first * lying.row, lying.row, count, size, scale_, queries);
      gather_rows(dy.data + (example * length + first) * joined + head * size, joined, count, size, 1, slopes);
      product_of(count, used, size, {queries, padded, 1}, keys_turned, width, weights, width, false);
      product_of(count, used, size, {slopes, padded, 1}, values_turned, width, dscores, width, false);
      for (int64_t i = 0; i < count; ++i) {
        float *w = weights + i * width, *d = dscores + i * width;
        const int64_t at = task * length + first + i;
        exponentials(w, causal_ ? first + i + 1 : length, used, peaks.data[at]);
        const float inverse = 1 / totals.data[at];
        Lanes::Vector all{};
        for (int64_t s = 0; s < used; s += LANES) {
          Lanes::Vector now = Lanes::load(w + s) * inverse;
          Lanes::store(w + s, now);
          all += now * Lanes::load(d + s);
        }
        const float even = total(all);
        for (int64_t s = 0; s < used; s += LANES)
          Lanes::store(d + s, Lanes::load(w + s) * (Lanes::load(d + s) - even));
      }
      product_of(count, padded, end, {dscores, width, 1}, keys, padded, dqueries, padded, false);
      product_of(end, padded, count, {dscores, 1, width}, queries, padded, dkeys, padded, true);
      product_of(end, padded, count, {weights, 1, width}, slopes, padded, dvalues, padded, true);
      for (int64_t i = 0; i < count * padded; ++i) dqueries[i] *= scale_;
      scatter_rows(dqueries, count, size, dpacked + lying.at(example, head, 0) + first * lying.row, lying.row);
    }
    scatter_rows(dkeys, length, size, dpacked + lying.at(example, head, 1), lying.row);
    scatter_rows(dvalues, length, size, dpacked + lying.at(example, head, 2), lying.row);
  });
}

}  // namespace netc
