// A recurrent network of one sum (Elman 1990), tanh or ReLU of it, through all steps, and its gradient.
#include "recurrence.h"

namespace netc {

RNN::RNN(const Attributes& given) : reverse_(given.flag("reverse")), relu_(given.flag("relu")) {}

void RNN::run(Call& call) const {
  Input product = call.in(0, "product"), weights = call.in(1, "weights");
  const Unrolled of(weights, 1, product, 1, reverse_);
  const int64_t width = of.width;
  Input bias = call.vector(2, "bias", width), start = call.in(3, "h");
  Workspace space(of, 1);
  const Rows starts = space.rows(start, of.state());
  float* y = call.out(0, of.sequence());
  float* last = call.out(1, of.state());
  float* before = call.out(2, of.sequence());
  begin_states(of, starts, before, last);
  pack_for_states(call, of, weights.data, space.packed);
  over_steps(call, of, of.steps, [&](int64_t k, int64_t first, int64_t count, int64_t panel) {
    const int64_t units = of.units(panel), u = panel * UNITS;
    float* sums = scratch<Part>(GATE);
    products_of_state(of, panel, count, space.packed, before + of.row(k, first) * width, sums);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t place = of.row(k, first + i) * width + u;
      float* h = sums + i * UNITS;
      add_input(units, product.data + place, bias.data + u, h);
      if (relu_)
        for (int64_t c = 0; c < units; ++c) h[c] = h[c] < 0 ? 0 : h[c];
      else
        for (int64_t c = 0; c < units; ++c) h[c] = hyperbolic_tangent(h[c]);
      std::copy_n(h, units, y + place);
      std::copy_n(h, units, of.after(k, first + i, before, last) + u);
    }
  });
}

RNNGradient::RNNGradient(const Attributes& given) : reverse_(given.flag("reverse")), relu_(given.flag("relu")) {}

void RNNGradient::run(Call& call) const {
  Input weights = call.in(2, "weights"), y = call.in(3, "y");
  const Unrolled of(weights, 1, y, 1, reverse_);
  const int64_t width = of.width;
  Workspace space(of, 2);
  const Rows dy = space.rows(call.in(0, "dy"), of.sequence()), dlast = space.rows(call.in(1, "dh"), of.state());
  float* slopes = call.out(0, of.sequence());
  float* dbias = call.out(1, {width});
  float* dstart = call.out(2, of.state());
  pack_for_slopes(call, of, weights.data, space.packed);
  Sums totals(of, 1);
  over_steps(call, of, of.steps + 1, [&](int64_t back, int64_t first, int64_t count, int64_t panel) {
    const int64_t k = of.steps - 1 - back, units = of.units(panel), u = panel * UNITS;
    float* dh = scratch<Part>(GATE);
    if (back > 0) products_of_slopes(of, panel, count, space.packed, slopes + of.row(k + 1, first) * width, dh);
    for (int64_t i = 0; i < count; ++i) {
      float* d = dh + i * UNITS;
      if (back == 0) std::copy_n(dlast.at(first + i) + u, units, d);
      if (k < 0) {
        std::copy_n(d, units, dstart + (first + i) * width + u);
        continue;
      }
      const int64_t at = of.row(k, first + i), place = at * width + u;
      const float* h = y.data + place;
      add_numbers(units, dy.at(at) + u, d);
      if (relu_)
        for (int64_t c = 0; c < units; ++c) d[c] = h[c] > 0 ? d[c] : 0;
      else
        for (int64_t c = 0; c < units; ++c) d[c] *= 1 - h[c] * h[c];
      std::copy_n(d, units, slopes + place);
    }
    if (k >= 0) totals.add(first, u, units, count, dh);
  });
  totals.write(0, width, dbias);
}

}  // namespace netc
