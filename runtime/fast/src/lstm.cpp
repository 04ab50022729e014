// An LSTM (Hochreiter and Schmidhuber 1997) through all steps, and its gradient: a group of examples at a time, whose
// gates go from their sums to the next state while they are in the first cache.
#include "recurrence.h"

namespace netc {
namespace {

constexpr int64_t GATES = 4;
constexpr int64_t IN = 0, FORGET = 1, NEW = 2, OUT = 3;

void next_state(int64_t units, const float* __restrict gates, const float* __restrict cell_before,
                float* __restrict cell, float* __restrict h) {
  for (int64_t u = 0; u < units; ++u) {
    cell[u] = gates[FORGET * GATE + u] * cell_before[u] + gates[IN * GATE + u] * gates[NEW * GATE + u];
    h[u] = gates[OUT * GATE + u] * hyperbolic_tangent(cell[u]);
  }
}

// The slopes of the gates' sums, from that of the state, and in place of the cell's slope that of the cell before.
void slopes_of_gates(int64_t units, int64_t width, const float* __restrict dh, const float* __restrict gates,
                     const float* __restrict cell, const float* __restrict cell_before, float* __restrict dcell,
                     float* __restrict slopes) {
  for (int64_t u = 0; u < units; ++u) {
    const float in = gates[IN * width + u], forget = gates[FORGET * width + u];
    const float now = gates[NEW * width + u], out = gates[OUT * width + u];
    const float seen = hyperbolic_tangent(cell[u]), d = dcell[u] + dh[u] * out * (1 - seen * seen);
    slopes[IN * GATE + u] = d * now * (in * (1 - in));
    slopes[FORGET * GATE + u] = d * cell_before[u] * (forget * (1 - forget));
    slopes[NEW * GATE + u] = d * in * (1 - now * now);
    slopes[OUT * GATE + u] = dh[u] * seen * (out * (1 - out));
    dcell[u] = d * forget;
  }
}

}  // namespace

LSTM::LSTM(const Attributes& given) : reverse_(given.flag("reverse")) {}

void LSTM::run(Call& call) const {
  Input product = call.in(0, "product"), weights = call.in(1, "weights");
  const Unrolled of(weights, GATES, product, GATES, reverse_);
  const int64_t width = of.width, row = GATES * width;
  Input bias = call.vector(2, "bias", row), start = call.in(3, "h"), cell_start = call.in(4, "c");
  Workspace space(of, 2);
  const Rows starts = space.rows(start, of.state()), cell_starts = space.rows(cell_start, of.state());
  float* y = call.out(0, of.sequence());
  float* last = call.out(1, of.state());
  float* cell_last = call.out(2, of.state());  // holds the cell before the first step until the last one
  float* before = call.out(3, of.sequence());
  float* gates = call.out(4, of.sequence(GATES));
  float* cells = call.out(5, of.sequence());
  copy_rows(cell_starts, of.examples, width, cell_last);
  begin_states(of, starts, before, last);
  pack_for_states(call, of, weights.data, space.packed);
  over_steps(call, of, of.steps, [&](int64_t k, int64_t first, int64_t count, int64_t panel) {
    const int64_t units = of.units(panel), u = panel * UNITS;
    float* sums = scratch<Part>(GATES * GATE);
    products_of_state(of, panel, count, space.packed, before + of.row(k, first) * width, sums);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = of.row(k, first + i);
      for (int64_t gate = 0; gate < GATES; ++gate) {
        const int64_t place = gate * width + u;
        float* sum = sums + gate * GATE + i * UNITS;
        add_input(units, product.data + at * row + place, bias.data + place, sum);
        if (gate == NEW)
          for (int64_t c = 0; c < units; ++c) sum[c] = hyperbolic_tangent(sum[c]);
        else
          for (int64_t c = 0; c < units; ++c) sum[c] = logistic(sum[c]);
        std::copy_n(sum, units, gates + at * row + place);
      }
      float *cell = cells + at * width + u, *h = y + at * width + u, *kept = cell_last + (first + i) * width + u;
      next_state(units, sums + i * UNITS, k == 0 ? kept : cells + of.row(k - 1, first + i) * width + u, cell, h);
      if (k + 1 == of.steps) std::copy_n(cell, units, kept);
      std::copy_n(h, units, of.after(k, first + i, before, last) + u);
    }
  });
}

LSTMGradient::LSTMGradient(const Attributes& given) : reverse_(given.flag("reverse")) {}

void LSTMGradient::run(Call& call) const {
  Input weights = call.in(3, "weights"), gates = call.in(4, "gates"), cells = call.in(5, "cells");
  const Unrolled of(weights, GATES, gates, GATES, reverse_);
  cells.expect(of.sequence());
  const int64_t width = of.width, row = GATES * width;
  Workspace space(of, 4);
  const Rows dy = space.rows(call.in(0, "dy"), of.sequence()), dlast = space.rows(call.in(1, "dh"), of.state());
  const Rows dcell_last = space.rows(call.in(2, "dc"), of.state());
  const Rows cell_starts = space.rows(call.in(6, "c"), of.state());
  float* slopes = call.out(0, of.sequence(GATES));
  float* dbias = call.out(1, {row});
  float* dstart = call.out(2, of.state());
  float* dcell = call.out(3, of.state());  // of the step that is gone through
  copy_rows(dcell_last, of.examples, width, dcell);
  pack_for_slopes(call, of, weights.data, space.packed);
  Sums totals(of, GATES);
  over_steps(call, of, of.steps + 1, [&](int64_t back, int64_t first, int64_t count, int64_t panel) {
    const int64_t k = of.steps - 1 - back, units = of.units(panel), u = panel * UNITS;
    float* found = scratch<Part>((GATES + 1) * GATE);  // slopes of the gates
    float* dh = found + GATES * GATE;
    if (back > 0) products_of_slopes(of, panel, count, space.packed, slopes + of.row(k + 1, first) * row, dh);
    for (int64_t i = 0; i < count; ++i) {
      float* d = dh + i * UNITS;
      if (back == 0) std::copy_n(dlast.at(first + i) + u, units, d);
      if (k < 0) {
        std::copy_n(d, units, dstart + (first + i) * width + u);
        continue;
      }
      const int64_t at = of.row(k, first + i);
      add_numbers(units, dy.at(at) + u, d);
      const float* cell_before = k == 0 ? cell_starts.at(first + i) : cells.data + of.row(k - 1, first + i) * width;
      slopes_of_gates(units, width, d, gates.data + at * row + u, cells.data + at * width + u, cell_before + u,
                      dcell + (first + i) * width + u, found + i * UNITS);
      for (int64_t gate = 0; gate < GATES; ++gate)
        std::copy_n(found + gate * GATE + i * UNITS, units, slopes + at * row + gate * width + u);
    }
    for (int64_t gate = 0; k >= 0 && gate < GATES; ++gate)
      totals.add(first, gate * width + u, units, count, found + gate * GATE);
  });
  totals.write(0, row, dbias);
}

}  // namespace netc
