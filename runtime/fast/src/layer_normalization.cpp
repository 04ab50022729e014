// Layer normalization along the last axis (Ba et al. 2016), and its gradient: a vector is read from memory once, and
// goes through the passes over it while it is in the first cache.
//
// A mean that is rounded to float32 is off by much where the deviation is small beside it: what it leaves over is found
// about it and taken off too, in both directions.
#include <cmath>

#include "operators.h"
#include "products.h"

namespace netc {
namespace {

constexpr int64_t NUMBERS = 16 * 1024;  // of a task's vectors, at least
constexpr int64_t TASKS = 64;           // of the gradient, each with sums of its own
constexpr int64_t EXACT = 64;           // vectors whose sums are added in float32

using Vector = Lanes::Vector;

// Vectors of so many numbers each, [..., C].
struct Vectors {
  int64_t count = 1, size;

  explicit Vectors(const Input& x) {
    if (x.sizes.size() < 2) refuse("input `", x.name, "` has sizes ", x.sizes, ", expected two or more");
    size = x.sizes.back();
    if (size < 1) refuse("input `", x.name, "` has sizes ", x.sizes, ", expected the last above zero");
    for (size_t axis = 0; axis + 1 < x.sizes.size(); ++axis) count = product({count, x.sizes[axis]});
  }
};

Sizes statistics_of(const Input& x) {
  Sizes sizes = x.sizes;
  sizes.back() = 1;
  return sizes;
}

// The sum of what is made of each place: `vector` of whole vectors, from a place on, `single` of a number behind them.
template <typename OfVector, typename OfNumber>
float sum_over(int64_t size, const OfVector& vector, const OfNumber& single) {
  Vector sums[2] = {};
  int64_t c = 0;
  for (; c + 2 * LANES <= size; c += 2 * LANES)
    for (int k = 0; k < 2; ++k) sums[k] += vector(c + k * LANES);
  for (; c + LANES <= size; c += LANES) sums[0] += vector(c);
  Vector all = sums[0] + sums[1];
  float sum = 0;
  for (int k = 0; k < LANES; ++k) sum += all[k];
  for (; c < size; ++c) sum += single(c);
  return sum;
}

float left_over(const float* x, int64_t size, float mean) {
  return sum_over(size, [&](int64_t c) { return Lanes::load(x + c) - mean; }, [&](int64_t c) { return x[c] - mean; }) /
         static_cast<float>(size);
}

}  // namespace

LayerNormalization::LayerNormalization(const Attributes& given) : epsilon_(given.epsilon()) {}

void LayerNormalization::run(Call& call) const {
  Input x = call.in(0, "x");
  const Vectors vectors(x);
  const int64_t size = vectors.size;
  Input scale = call.vector(1, "scale", size), bias = call.vector(2, "bias", size);
  float* y = call.out(0, x.sizes);
  float* means = call.out(1, statistics_of(x));
  float* inverses = call.out(2, statistics_of(x));
  const int64_t part = ceil_div(NUMBERS, size);
  call.parallel(ceil_div(vectors.count, part), [&](int64_t task) {
    for (int64_t i = task * part, end = std::min(vectors.count, i + part); i < end; ++i) {
      const float* from = x.data + i * size;
      float* to = y + i * size;
      const float mean =
          sum_over(size, [&](int64_t c) { return Lanes::load(from + c); }, [&](int64_t c) { return from[c]; }) /
          static_cast<float>(size);
      const float left = left_over(from, size, mean);
      auto centred = [&](int64_t c) { return (from[c] - mean) - left; };
      auto all_centred = [&](int64_t c) { return (Lanes::load(from + c) - mean) - left; };
      const float squares = sum_over(
          size, [&](int64_t c) { return all_centred(c) * all_centred(c); },
          [&](int64_t c) { return centred(c) * centred(c); });
      const float inverse = 1 / std::sqrt(squares / static_cast<float>(size) + epsilon_);
      int64_t c = 0;
      for (; c + LANES <= size; c += LANES)
        Lanes::store(to + c, all_centred(c) * inverse * Lanes::load(scale.data + c) + Lanes::load(bias.data + c));
      for (; c < size; ++c) to[c] = centred(c) * inverse * scale.data[c] + bias.data[c];
      means[i] = mean;
      inverses[i] = inverse;
    }
  });
}

LayerNormalizationGradient::LayerNormalizationGradient(const Attributes&) {}

// dx = (d - E[d] - z E[d z]) inverse, where d = dy scale and z = (x - mean) inverse; dscale sums up dy z, dbias dy.
void LayerNormalizationGradient::run(Call& call) const {
  Input dy = call.in(0, "dy"), x = call.in(1, "x");
  const Vectors vectors(x);
  const int64_t size = vectors.size;
  dy.expect(x.sizes);
  Input scale = call.vector(2, "scale", size), means = call.in(3, "mean"), inverses = call.in(4, "inverse");
  means.expect(statistics_of(x));
  inverses.expect(statistics_of(x));
  float* dx = call.out(0, x.sizes);
  float* dscale = call.out(1, {size});
  float* dbias = call.out(2, {size});
  const int64_t part = std::max(ceil_div(vectors.count, TASKS), ceil_div(NUMBERS, size));
  const int64_t tasks = ceil_div(vectors.count, part);
  std::vector<double> found(static_cast<size_t>(product({tasks, 2, size})));
  call.parallel(tasks, [&](int64_t task) {
    float* sums = scratch<Part>(product({2, size}));  // dscale, then dbias
    double* all = found.data() + task * 2 * size;
    const int64_t end = std::min(vectors.count, (task + 1) * part);
    for (int64_t first = task * part; first < end; first += EXACT) {
      std::fill_n(sums, 2 * size, 0.0f);
      for (int64_t i = first; i < std::min(end, first + EXACT); ++i) {
        const float *slope = dy.data + i * size, *from = x.data + i * size;
        float* to = dx + i * size;
        const float mean = means.data[i], inverse = inverses.data[i], left = left_over(from, size, mean);
        auto z = [&](int64_t c) { return ((from[c] - mean) - left) * inverse; };
        auto all_z = [&](int64_t c) { return ((Lanes::load(from + c) - mean) - left) * inverse; };
        auto d = [&](int64_t c) { return slope[c] * scale.data[c]; };
        auto all_d = [&](int64_t c) { return Lanes::load(slope + c) * Lanes::load(scale.data + c); };
        const float even = sum_over(size, all_d, d) / static_cast<float>(size);
        const float drift = sum_over(
            size, [&](int64_t c) { return all_d(c) * all_z(c); }, [&](int64_t c) { return d(c) * z(c); }) /
            static_cast<float>(size);
        int64_t c = 0;
        for (; c + LANES <= size; c += LANES) {
          const Vector now = all_z(c), given = Lanes::load(slope + c);
          Lanes::store(to + c, ((all_d(c) - even) - now * drift) * inverse);
          Lanes::store(sums + c, Lanes::load(sums + c) + given * now);
          Lanes::store(sums + size + c, Lanes::load(sums + size + c) + given);
        }
        for (; c < size; ++c) {
          to[c] = ((d(c) - even) - z(c) * drift) * inverse;
          sums[c] += slope[c] * z(c);
          sums[size + c] += slope[c];
        }
      }
      for (int64_t c = 0; c < 2 * size; ++c) all[c] += sums[c];
    }
  });
  for (int64_t c = 0; c < size; ++c) {
    double total[2] = {};
    for (int64_t task = 0; task < tasks; ++task)
      for (int k = 0; k < 2; ++k) total[k] += found[(task * 2 + k) * size + c];
    dscale[c] = static_cast<float>(total[0]);
    dbias[c] = static_cast<float>(total[1]);
  }
}

}  // namespace netc
