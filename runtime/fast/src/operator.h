// What the operators of this library share: attributes, tensors, parallel loops, and how the runtime sees an operator.
#pragma once

#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime_interface.h"

namespace netc {

using Sizes = std::vector<int64_t>;

struct Failed : std::exception {
  explicit Failed(Status* status) : status(status) {}
  Status* status;
};

inline void check(Status* status) {
  if (status != nullptr) throw Failed(status);
}

// The attributes of a node.
struct Attributes {
  const Table* table;
  const KernelInfo* info;

  int64_t integer(const char* name) const {
    int64_t value = 0;
    check(attribute_int(table, info, name, &value));
    return value;
  }
  float number(const char* name) const {
    float value = 0;
    check(attribute_float(table, info, name, &value));
    return value;
  }
  Sizes integers(const char* name) const {
    size_t size = 0;
    check(attribute_ints(table, info, name, nullptr, &size));
    Sizes values(size);
    check(attribute_ints(table, info, name, values.data(), &size));
    return values;
  }
  std::vector<float> numbers(const char* name) const {
    size_t size = 0;
    check(attribute_floats(table, info, name, nullptr, &size));
    std::vector<float> values(size);
    check(attribute_floats(table, info, name, values.data(), &size));
    return values;
  }
};

struct Input {
  const float* data;
  Sizes sizes;

  int64_t count() const { return std::accumulate(sizes.begin(), sizes.end(), int64_t{1}, std::multiplies<>()); }
};

// One run of a node.
class Call {
 public:
  Call(const Table* table, KernelContext* context) : table_(table), context_(context) {}

  size_t inputs() const {
    size_t count = 0;
    check(input_count(table_, context_, &count));
    return count;
  }
  size_t outputs() const {
    size_t count = 0;
    check(output_count(table_, context_, &count));
    return count;
  }
  Input in(size_t index) const {
    const Tensor* tensor = nullptr;
    check(input(table_, context_, index, &tensor));
    TensorInfo* info = nullptr;
    check(tensor_info(table_, tensor, &info));
    std::unique_ptr<TensorInfo, std::function<void(TensorInfo*)>> owner(
        info, [this](TensorInfo* held) { release_tensor_info(table_, held); });
    size_t rank = 0;
    check(dimension_count(table_, info, &rank));
    Sizes sizes(rank);
    check(dimensions(table_, info, sizes.data(), rank));
    void* data = nullptr;
    check(tensor_data(table_, const_cast<Tensor*>(tensor), &data));
    return {static_cast<const float*>(data), std::move(sizes)};
  }
  float* out(size_t index, const Sizes& sizes) {
    Tensor* tensor = nullptr;
    check(output(table_, context_, index, sizes.data(), sizes.size(), &tensor));
    void* data = nullptr;
    check(tensor_data(table_, tensor, &data));
    return static_cast<float*>(data);
  }
  // work(i) for each i below count, on the session's threads. What one of them throws is thrown here.
  template <typename Work>
  void parallel(int64_t count, const Work& work) const {
    if (count == 1) return work(0);
    struct Shared {
      const Work& work;
      std::mutex lock;
      std::exception_ptr thrown;
    } shared{work, {}, nullptr};
    auto run = [](void* given, size_t i) {
      auto& all = *static_cast<Shared*>(given);
      try {
        all.work(static_cast<int64_t>(i));
      } catch (...) {
        std::lock_guard<std::mutex> held(all.lock);
        if (!all.thrown) all.thrown = std::current_exception();
      }
    };
    check(netc::parallel(table_, context_, run, static_cast<size_t>(count), 0, &shared));
    if (shared.thrown) std::rethrow_exception(shared.thrown);
  }

 private:
  const Table* table_;
  KernelContext* context_;
};

struct Whole;  // memory for a whole run, whose threads share what the first one asks for
struct Part;   // memory for one task

// Memory that is kept between runs, for the thread that asks: operators run one after the other, so they share it.
template <typename Purpose>
float* scratch(int64_t count) {
  struct Free {
    void operator()(float* held) const { std::free(held); }
  };
  thread_local std::unique_ptr<float, Free> memory;
  thread_local int64_t size = 0;
  if (count > size) {
    memory.reset();
    memory.reset(static_cast<float*>(std::aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64)));
    if (!memory) throw std::bad_alloc();
    size = count;
  }
  return memory.get();
}

// A kernel is a class with NAME, INPUTS, OUTPUTS (0 for any number), a constructor from attributes, and run(Call&).
template <typename Kernel>
const Operator* operator_of() {
  struct Held {
    const Table* table;
    Kernel kernel;
  };
  static const Operator description = [] {
    Operator op{};
    op.version = INTERFACE_VERSION;
    op.name = [](const Operator*) { return Kernel::NAME; };
    op.provider = [](const Operator*) -> const char* { return nullptr; };
    op.input_type = [](const Operator*, size_t) { return FLOAT32; };
    op.output_type = [](const Operator*, size_t) { return FLOAT32; };
    op.input_count = [](const Operator*) -> size_t { return Kernel::INPUTS ? Kernel::INPUTS : 1; };
    op.output_count = [](const Operator*) -> size_t { return Kernel::OUTPUTS ? Kernel::OUTPUTS : 1; };
    op.input_characteristic = [](const Operator*, size_t) {
      return Kernel::INPUTS ? Characteristic::required : Characteristic::variadic;
    };
    op.output_characteristic = [](const Operator*, size_t) {
      return Kernel::OUTPUTS ? Characteristic::required : Characteristic::variadic;
    };
    op.input_memory = [](const Operator*, size_t) { return 0; };
    op.least_variadic_inputs = [](const Operator*) { return 1; };
    op.least_variadic_outputs = [](const Operator*) { return 1; };
    op.variadic_inputs_alike = [](const Operator*) { return 1; };
    op.variadic_outputs_alike = [](const Operator*) { return 1; };
    op.first_version = [](const Operator*) { return 1; };
    op.last_version = [](const Operator*) { return 1; };
    op.create_checked = [](const Operator*, const Table* table, const KernelInfo* info, void** made) -> Status* {
      try {
        *made = new Held{table, Kernel(Attributes{table, info})};
      } catch (const Failed& failed) {
        return failed.status;
      } catch (const std::exception& error) {
        return create_status(table, 1, error.what());
      }
      return nullptr;
    };
    op.compute_checked = [](void* given, KernelContext* context) -> Status* {
      auto* held = static_cast<Held*>(given);
      try {
        Call call(held->table, context);
        held->kernel.run(call);
      } catch (const Failed& failed) {
        return failed.status;
      } catch (const std::exception& error) {
        return create_status(held->table, 1, error.what());
      }
      return nullptr;
    };
    op.destroy = [](void* given) { delete static_cast<Held*>(given); };
    op.may_be_in_place = [](int**, int**) -> size_t { return 0; };
    op.release_in_place = [](int*, int*) {};
    op.aliases = [](int**, int**) -> size_t { return 0; };
    op.release_aliases = [](int*, int*) {};
    return op;
  }();
  return &description;
}

}  // namespace netc
