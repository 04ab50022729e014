// A chain of elementwise operations in one pass over memory: a piece of every input that fits the first cache goes
// through all operations before the next piece is read.
#include <algorithm>
#include <cmath>
#include <tuple>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "functions.h"
#include "operators.h"

namespace netc {
namespace {

constexpr int64_t PIECE = 128;               // numbers that go through the chain together: of 64 registers 32 KiB
constexpr int64_t TASK = 512 * PIECE;        // numbers of a task
constexpr size_t REGISTERS = 64;             // inputs, constants and steps together, at most
constexpr int64_t LARGE = 4 * 1024 * 1024;   // numbers from which results go past the caches

enum Code : int64_t { ADD, SUB, MUL, DIV, MAX, MIN, NEG, SQRT, RECIPROCAL, RELU, POSITIVE, TANH, ERF, EXP };

void apply(int64_t code, float* __restrict to, const float* a, const float* b, int64_t count) {
  switch (code) {
    case ADD: for (int64_t i = 0; i < count; ++i) to[i] = a[i] + b[i]; break;
    case SUB: for (int64_t i = 0; i < count; ++i) to[i] = a[i] - b[i]; break;
    case MUL: for (int64_t i = 0; i < count; ++i) to[i] = a[i] * b[i]; break;
    case DIV: for (int64_t i = 0; i < count; ++i) to[i] = a[i] / b[i]; break;
    case MAX: for (int64_t i = 0; i < count; ++i) to[i] = a[i] > b[i] || a[i] != a[i] ? a[i] : b[i]; break;
    case MIN: for (int64_t i = 0; i < count; ++i) to[i] = a[i] < b[i] || a[i] != a[i] ? a[i] : b[i]; break;
    case NEG: for (int64_t i = 0; i < count; ++i) to[i] = -a[i]; break;
    case SQRT: for (int64_t i = 0; i < count; ++i) to[i] = std::sqrt(a[i]); break;
    case RECIPROCAL: for (int64_t i = 0; i < count; ++i) to[i] = 1.0f / a[i]; break;
    case RELU: for (int64_t i = 0; i < count; ++i) to[i] = a[i] < 0 ? 0.0f : a[i]; break;
    case POSITIVE: for (int64_t i = 0; i < count; ++i) to[i] = a[i] > 0 ? 1.0f : 0.0f; break;
    case TANH: for (int64_t i = 0; i < count; ++i) to[i] = hyperbolic_tangent(a[i]); break;
    case ERF: for (int64_t i = 0; i < count; ++i) to[i] = error_function(a[i]); break;
    case EXP: for (int64_t i = 0; i < count; ++i) to[i] = exponential(a[i]); break;
  }
}

// Results that nothing reads before they have left the caches are written past them.
void put(float* to, const float* from, int64_t count, bool past_caches) {
#if defined(__AVX512F__)
  if (past_caches && reinterpret_cast<uintptr_t>(to) % 64 == 0) {
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) _mm512_stream_ps(to + i, _mm512_loadu_ps(from + i));
    std::copy(from + i, from + count, to + i);
    return;
  }
#endif
  (void)past_caches;
  std::copy(from, from + count, to);
}

}  // namespace

Elementwise::Elementwise(const Attributes& given)
    : steps_(given.integers("steps")), results_(given.integers("results")), constants_(given.numbers("constants")) {
  if (steps_.size() % 3 != 0 || steps_.size() > 3 * REGISTERS)
    refuse("attribute `steps` holds ", steps_.size(), " integers, expected three a step, and at most ", REGISTERS,
           " steps");
  if (constants_.size() > REGISTERS)
    refuse("attribute `constants` holds ", constants_.size(), " numbers, expected at most ", REGISTERS);
  for (size_t s = 0; s < steps_.size(); s += 3)
    if (steps_[s] < ADD || steps_[s] > EXP)
      refuse("attribute `steps` asks for operation ", steps_[s], ", expected one from 0 to ", +EXP);
}

// A step reads what was written before it. How many registers the inputs take is known when they come.
void Elementwise::check_registers(int64_t numbers) const {
  int64_t steps = static_cast<int64_t>(steps_.size() / 3);
  if (numbers + steps > static_cast<int64_t>(REGISTERS))
    refuse("inputs, constants and steps are ", numbers + steps, ", expected at most ", REGISTERS);
  for (int64_t s = 0; s < steps; ++s)
    for (int64_t operand : {steps_[3 * s + 1], steps_[3 * s + 2]})
      if (operand < 0 || operand >= numbers + s)
        refuse("attribute `steps`: step ", s, " reads register ", operand, ", expected one of the ", numbers + s,
               " before it");
  for (int64_t result : results_)
    if (result < 0 || result >= numbers + steps)
      refuse("attribute `results` names register ", result, ", expected one of ", numbers + steps);
}

void Elementwise::run(Call& call) const {
  const size_t given = call.inputs();
  if (given == 0 || given > REGISTERS) refuse("found ", given, " inputs, expected 1 to ", REGISTERS);
  if (call.outputs() != results_.size())
    refuse("attribute `results` names ", results_.size(), " registers, expected one for each of the ", call.outputs(),
           " outputs");
  const size_t numbers = given + constants_.size(), steps = steps_.size() / 3;
  check_registers(static_cast<int64_t>(numbers));
  std::vector<Input> inputs;
  for (size_t i = 0; i < given; ++i) inputs.push_back(call.in(i, "x"));
  // numbers have fewer axes than tensors, also where those have one element
  const Input& largest = *std::max_element(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) {
    return std::make_tuple(a.count() != 1, a.sizes.size()) < std::make_tuple(b.count() != 1, b.sizes.size());
  });
  const int64_t count = largest.count();
  std::vector<bool> whole;
  for (const Input& input : inputs) {
    whole.push_back(input.sizes == largest.sizes);
    if (!whole.back() && input.count() != 1)
      refuse("inputs have sizes ", input.sizes, " and ", largest.sizes, ", expected one shape, or one element");
  }
  std::vector<float*> results;
  for (size_t i = 0; i < results_.size(); ++i) results.push_back(call.out(i, largest.sizes));
  call.parallel((count + TASK - 1) / TASK, [&](int64_t task) {
    alignas(64) thread_local float held[REGISTERS][PIECE];
    const float* registers[REGISTERS];
    int64_t end = std::min(count, (task + 1) * TASK);
    for (size_t i = 0; i < numbers; ++i) {
      if (i < inputs.size() && whole[i]) continue;
      std::fill_n(held[i], PIECE, i < inputs.size() ? inputs[i].data[0] : constants_[i - inputs.size()]);
      registers[i] = held[i];
    }
    for (int64_t at = task * TASK; at < end; at += PIECE) {
      int64_t size = std::min(PIECE, end - at);
      for (size_t i = 0; i < inputs.size(); ++i)
        if (whole[i]) registers[i] = inputs[i].data + at;
      for (size_t s = 0; s < steps; ++s) {
        float* to = held[numbers + s];
        apply(steps_[3 * s], to, registers[steps_[3 * s + 1]], registers[steps_[3 * s + 2]], size);
        registers[numbers + s] = to;
      }
      for (size_t i = 0; i < results.size(); ++i)
        put(results[i] + at, registers[results_[i]], size, count >= LARGE);
    }
#if defined(__AVX512F__)
    if (count >= LARGE) _mm_sfence();
#endif
  });
}

}  // namespace netc
