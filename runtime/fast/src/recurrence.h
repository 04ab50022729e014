// What recurrent networks and their gradients share: sequences [T, N, …], weights as their products read them, and the
// order in which steps, examples and units of the state are gone through.
#pragma once

#include "functions.h"
#include "operators.h"
#include "products.h"

namespace netc {

constexpr int64_t UNITS = COLUMNS * LANES;  // of the state, a panel, whose weights lie side by side
constexpr int64_t EXAMPLES = 16;            // of a group, which goes through a step together, at most
constexpr int64_t GATE = EXAMPLES * UNITS;  // from what a group has of one gate to what it has of the next
constexpr int64_t DEPTH = 128;              // of a panel's weights, so much of which stays in the first cache
constexpr int64_t NEAR = 1 << 17;           // so many weights stay in a core's own cache
constexpr int64_t GROUPS = 16;              // at least, or groups are half as large

// A tensor's rows; where it is one number, a row of that stands for all.
struct Rows {
  const float* data;
  int64_t step;  // from one row to the next

  const float* at(int64_t row) const { return data + row * step; }
};

// Sequences [T, N, parts of H], and weights [gates of H, H], by which the state [N, H] goes into the next step.
struct Unrolled {
  int64_t steps, examples, width, gates, group;  // group: how many examples one has
  bool reverse;

  Unrolled(const Input& weights, int64_t gates, const Input& sequence, int64_t parts, bool reverse)
      : gates(gates), reverse(reverse) {
    const Sizes &matrix = weights.sizes, &sizes = sequence.sizes;
    if (matrix.size() != 2 || matrix[1] < 1 || matrix[1] > LARGEST_SIDE || matrix[0] != product({gates, matrix[1]}))
      refuse("input `", weights.name, "` has sizes ", matrix, ", expected [", gates, " x H, H]");
    width = matrix[1];
    if (sizes.size() != 3 || sizes[2] != product({parts, width}))
      refuse("input `", sequence.name, "` has sizes ", sizes, ", expected [T, N, ", parts, " x ", width, "]");
    steps = sizes[0], examples = sizes[1];
    group = are_near() && examples < GROUPS * EXAMPLES ? EXAMPLES / 2 : EXAMPLES;
  }
  Sizes sequence(int64_t parts = 1) const { return {steps, examples, product({parts, width})}; }
  Sizes state() const { return {examples, width}; }
  // Which step is the k-th that is gone through.
  int64_t step(int64_t k) const { return reverse ? steps - 1 - k : k; }
  // The first row of [T, N, …] of a step.
  int64_t row(int64_t k, int64_t example) const { return step(k) * examples + example; }
  // Where the state goes that the k-th step gives: [T, N, H] of states before each step, or [N, H] behind the last.
  float* after(int64_t k, int64_t example, float* before, float* last) const {
    return k + 1 == steps ? last + example * width : before + row(k + 1, example) * width;
  }
  int64_t groups() const { return ceil_div(examples, group); }
  int64_t panels() const { return ceil_div(width, UNITS); }
  int64_t units(int64_t panel) const { return std::min(UNITS, width - panel * UNITS); }
  // Where a gate's weights of a panel begin in what `packed` makes.
  int64_t at(int64_t panel, int64_t gate) const { return (panel * gates + gate) * width * UNITS; }
  int64_t weights() const { return product({panels(), gates, width, UNITS}); }
  bool are_near() const { return weights() <= NEAR; }
};

// Memory for a whole run: packed weights, and a row for each input that is one number.
class Workspace {
 public:
  float* packed;

  Workspace(const Unrolled& of, int64_t inputs)
      : packed(scratch<Whole>(sum(of.weights(), product({inputs, of.width})))),
        width_(of.width),
        free_(packed + of.weights()) {}
  // The rows of an input of these sizes, or of one number.
  Rows rows(const Input& input, const Sizes& expected) {
    if (input.sizes == expected) return {input.data, width_};
    if (input.count() != 1)
      refuse("input `", input.name, "` has sizes ", input.sizes, ", expected ", expected, " or one number");
    float* row = free_;
    free_ += width_;
    std::fill_n(row, width_, input.data[0]);
    return {row, 0};
  }

 private:
  int64_t width_;
  float* free_;
};

// Weights for products by the state: of a gate, [H, units of a panel].
inline void pack_for_states(const Call& call, const Unrolled& of, const float* weights, float* packed) {
  call.parallel(of.panels() * of.gates, [&](int64_t task) {
    const int64_t panel = task / of.gates, gate = task % of.gates;
    gather_columns(weights + (gate * of.width + panel * UNITS) * of.width, of.width, of.units(panel), of.width,
                   packed + of.at(panel, gate));
  });
}

// Weights for products by slopes of the gates: of a gate, [units of the gate, units of a panel].
inline void pack_for_slopes(const Call& call, const Unrolled& of, const float* weights, float* packed) {
  call.parallel(of.panels() * of.gates, [&](int64_t task) {
    const int64_t panel = task / of.gates, gate = task % of.gates;
    gather_rows(weights + gate * of.width * of.width + panel * UNITS, of.width, of.width, of.units(panel), 1,
                packed + of.at(panel, gate));
  });
}

// sums [examples, UNITS] = a packed, or that added to them: a [examples, H].
inline void panel_product(int64_t count, const Unrolled& of, int64_t panel, int64_t gate, const float* packed,
                          Strided a, float* sums, bool add) {
  const int64_t lanes = whole_vectors(of.units(panel));
  const float* b = packed + of.at(panel, gate);
  for (int64_t d = 0; d < of.width; d += DEPTH)
    product_columns(lanes / LANES, count, {a.data + d, a.down, 1}, b + d * lanes, lanes, sums, UNITS,
                    std::min(DEPTH, of.width - d), add || d > 0);
}

// What a state [N, H] adds to each gate: sums [gates, EXAMPLES, UNITS], for a group and a panel.
inline void products_of_state(const Unrolled& of, int64_t panel, int64_t count, const float* packed, const float* state,
                              float* sums) {
  for (int64_t gate = 0; gate < of.gates; ++gate)
    panel_product(count, of, panel, gate, packed, {state, of.width, 1}, sums + gate * GATE, false);
}

// The slope that arrives at a state from the step after it: sums [EXAMPLES, UNITS] of slopes [N, gates of H].
inline void products_of_slopes(const Unrolled& of, int64_t panel, int64_t count, const float* packed,
                               const float* slopes, float* sums) {
  for (int64_t gate = 0; gate < of.gates; ++gate)
    panel_product(count, of, panel, gate, packed, {slopes + gate * of.width, of.gates * of.width, 1}, sums, gate > 0);
}

// Adds what the input gives and a bias, `units` numbers.
inline void add_input(int64_t units, const float* __restrict x, const float* __restrict bias, float* __restrict sum) {
  for (int64_t c = 0; c < units; ++c) sum[c] += x[c] + bias[c];
}

inline void add_numbers(int64_t count, const float* __restrict from, float* __restrict to) {
  for (int64_t c = 0; c < count; ++c) to[c] += from[c];
}

// work(k, first, count, panel) for k = 0, 1, …, of all examples and units. A group goes through all steps by itself
// where the weights stay in the caches next to a core; else everybody goes through a step together.
template <typename Work>
void over_steps(const Call& call, const Unrolled& of, int64_t steps, const Work& work) {
  auto group = [&](int64_t k, int64_t number, int64_t panel) {
    const int64_t first = number * of.group;
    work(k, first, std::min(of.group, of.examples - first), panel);
  };
  if (of.are_near()) {
    call.parallel(of.groups(), [&](int64_t number) {
      for (int64_t k = 0; k < steps; ++k)
        for (int64_t panel = 0; panel < of.panels(); ++panel) group(k, number, panel);
    });
    return;
  }
  for (int64_t k = 0; k < steps; ++k)
    call.parallel(product({of.panels(), of.groups()}),
                  [&](int64_t task) { group(k, task % of.groups(), task / of.groups()); });
}

// Sums over steps and examples, [parts of H]: a group adds up by itself, and groups in their order.
class Sums {
 public:
  Sums(const Unrolled& of, int64_t parts)
      : size_(product({parts, of.width})),
        group_(of.group),
        groups_(of.groups()),
        found_(static_cast<size_t>(product({size_, groups_}))) {}
  // Add `count` rows [UNITS] of a group's, to its units from a place on.
  void add(int64_t first, int64_t place, int64_t units, int64_t count, const float* rows) {
    float all[UNITS] = {};
    for (int64_t i = 0; i < count; ++i)
      for (int64_t u = 0; u < units; ++u) all[u] += rows[i * UNITS + u];
    double* to = found_.data() + first / group_ * size_ + place;
    for (int64_t u = 0; u < units; ++u) to[u] += all[u];
  }
  // `count` of them from a place on.
  void write(int64_t place, int64_t count, float* to) const {
    for (int64_t c = 0; c < count; ++c) {
      double total = 0;
      for (int64_t group = 0; group < groups_; ++group) total += found_[static_cast<size_t>(group * size_ + place + c)];
      to[c] = static_cast<float>(total);
    }
  }

 private:
  int64_t size_, group_, groups_;
  std::vector<double> found_;
};

inline void copy_rows(const Rows& from, int64_t count, int64_t size, float* to) {
  for (int64_t i = 0; i < count; ++i) std::copy_n(from.at(i), size, to + i * size);
}

// Puts the states before the first step where that step reads them, and where the last ones go: there may be no step.
inline void begin_states(const Unrolled& of, const Rows& starts, float* before, float* last) {
  copy_rows(starts, of.examples, of.width, last);
  if (of.steps > 0) copy_rows(starts, of.examples, of.width, before + of.row(0, 0) * of.width);
}

}  // namespace netc
