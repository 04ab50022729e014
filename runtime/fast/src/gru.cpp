// Gated recurrent units (Cho et al. 2014) through all steps, the reset gate after the product, and their gradient.
#include "recurrence.h"

namespace netc {
namespace {

constexpr int64_t GATES = 3, PARTS = 4;
constexpr int64_t RESET = 0, KEEP = 1, NEW = 2, STATE = 3;  // the last: what the state gives to NEW, before the reset

// From sums of the state with their bias, of which those of NEW become STATE, and what the input gives.
void next_state(int64_t units, int64_t width, const float* __restrict x, const float* __restrict input_bias,
                const float* __restrict bias, const float* __restrict before, float* __restrict parts,
                float* __restrict h) {
  for (int64_t u = 0; u < units; ++u) {
    const float given = parts[NEW * GATE + u] + bias[NEW * width + u];
    const float reset = logistic((x[u] + input_bias[u]) + (parts[u] + bias[u]));
    const float keep = logistic((x[KEEP * width + u] + input_bias[KEEP * width + u]) +
                                (parts[KEEP * GATE + u] + bias[KEEP * width + u]));
    const float now = hyperbolic_tangent((x[NEW * width + u] + input_bias[NEW * width + u]) + reset * given);
    parts[RESET * GATE + u] = reset;
    parts[KEEP * GATE + u] = keep;
    parts[NEW * GATE + u] = now;
    parts[STATE * GATE + u] = given;
    h[u] = now + keep * (before[u] - now);
  }
}

// The slopes of what the input gives to the gates, RESET, KEEP and NEW, and in STATE of what the state gives to the
// last; dh becomes what goes past the gates to the state before.
void slopes_of_gates(int64_t units, int64_t width, const float* __restrict parts, const float* __restrict before,
                     float* __restrict dh, float* __restrict slopes) {
  for (int64_t u = 0; u < units; ++u) {
    const float reset = parts[RESET * width + u], keep = parts[KEEP * width + u];
    const float now = parts[NEW * width + u], given = parts[STATE * width + u];
    const float d = dh[u] * (1 - keep) * (1 - now * now);
    slopes[RESET * GATE + u] = d * given * (reset * (1 - reset));
    slopes[KEEP * GATE + u] = dh[u] * (before[u] - now) * (keep * (1 - keep));
    slopes[NEW * GATE + u] = d;
    slopes[STATE * GATE + u] = d * reset;
    dh[u] *= keep;
  }
}

}  // namespace

GRU::GRU(const Attributes& given) : reverse_(given.flag("reverse")) {}

void GRU::run(Call& call) const {
  Input product = call.in(0, "product"), weights = call.in(1, "weights");
  const Unrolled of(weights, GATES, product, GATES, reverse_);
  const int64_t width = of.width, row = GATES * width;
  Input input_bias = call.vector(2, "input_bias", row), bias = call.vector(3, "bias", row), start = call.in(4, "h");
  Workspace space(of, 1);
  const Rows starts = space.rows(start, of.state());
  float* y = call.out(0, of.sequence());
  float* last = call.out(1, of.state());
  float* before = call.out(2, of.sequence());
  float* parts = call.out(3, of.sequence(PARTS));
  begin_states(of, starts, before, last);
  pack_for_states(call, of, weights.data, space.packed);
  over_steps(call, of, of.steps, [&](int64_t k, int64_t first, int64_t count, int64_t panel) {
    const int64_t units = of.units(panel), u = panel * UNITS;
    float* sums = scratch<Part>(PARTS * GATE);
    products_of_state(of, panel, count, space.packed, before + of.row(k, first) * width, sums);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = of.row(k, first + i);
      float *h = y + at * width + u, *own = sums + i * UNITS;
      next_state(units, width, product.data + at * row + u, input_bias.data + u, bias.data + u, before + at * width + u,
                 own, h);
      for (int64_t part = 0; part < PARTS; ++part)
        std::copy_n(own + part * GATE, units, parts + (at * PARTS + part) * width + u);
      std::copy_n(h, units, of.after(k, first + i, before, last) + u);
    }
  });
}

GRUGradient::GRUGradient(const Attributes& given) : reverse_(given.flag("reverse")) {}

void GRUGradient::run(Call& call) const {
  Input weights = call.in(2, "weights"), parts = call.in(3, "parts"), before = call.in(4, "before");
  const Unrolled of(weights, GATES, parts, PARTS, reverse_);
  before.expect(of.sequence());
  const int64_t width = of.width, row = GATES * width;
  Workspace space(of, 2);
  const Rows dy = space.rows(call.in(0, "dy"), of.sequence()), dlast = space.rows(call.in(1, "dh"), of.state());
  float* dproduct = call.out(0, of.sequence(GATES));
  float* slopes = call.out(1, of.sequence(GATES));  // of what the state gives
  float* dbias = call.out(2, {row});
  float* dstate_bias = call.out(3, {row});
  float* dstart = call.out(4, of.state());  // what goes past the gates, until the last step is gone through
  pack_for_slopes(call, of, weights.data, space.packed);
  Sums totals(of, PARTS);
  over_steps(call, of, of.steps + 1, [&](int64_t back, int64_t first, int64_t count, int64_t panel) {
    const int64_t k = of.steps - 1 - back, units = of.units(panel), u = panel * UNITS;
    float* found = scratch<Part>((PARTS + 1) * GATE);
    float* dh = found + PARTS * GATE;
    if (back > 0) products_of_slopes(of, panel, count, space.packed, slopes + of.row(k + 1, first) * row, dh);
    for (int64_t i = 0; i < count; ++i) {
      float *d = dh + i * UNITS, *past = dstart + (first + i) * width + u, *own = found + i * UNITS;
      if (back == 0) std::copy_n(dlast.at(first + i) + u, units, d);
      else add_numbers(units, past, d);
      if (k >= 0) {
        const int64_t at = of.row(k, first + i);
        add_numbers(units, dy.at(at) + u, d);
        slopes_of_gates(units, width, parts.data + at * PARTS * width + u, before.data + at * width + u, d, own);
        for (int64_t gate = 0; gate < GATES; ++gate) {
          const int64_t place = at * row + gate * width + u;
          std::copy_n(own + gate * GATE, units, dproduct + place);
          std::copy_n(own + (gate == NEW ? STATE : gate) * GATE, units, slopes + place);
        }
      }
      std::copy_n(d, units, past);
    }
    for (int64_t part = 0; k >= 0 && part < PARTS; ++part)
      totals.add(first, part * width + u, units, count, found + part * GATE);
  });
  totals.write(0, row, dbias);
  totals.write(0, NEW * width, dstate_bias);
  totals.write(STATE * width, width, dstate_bias + NEW * width);
}

}  // namespace netc
