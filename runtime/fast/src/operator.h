// What the operators of this library share: tensors, parallel loops, and how the runtime sees an operator.
#pragma once

#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>

#include "attributes.h"

namespace netc {

struct Failed : std::exception {
  explicit Failed(Status* status) : status(status) {}
  Status* status;
};

inline void check(Status* status) {
  if (status != nullptr) throw Failed(status);
}

// A tensor of float32 that a node reads, by the name it has in operators.h.
struct Input {
  const char* name;
  const float* data;
  Sizes sizes;

  int64_t count() const {
    for (int64_t size : sizes)
      if (size == 0) return 0;
    int64_t all = 1;
    for (int64_t size : sizes) all = product({all, size});
    return all;
  }
  void expect(const Sizes& expected) const {
    if (sizes != expected) refuse("input `", name, "` has sizes ", sizes, ", expected ", expected);
  }
  void expect_blocks(int64_t block, size_t axis = 1) const {
    if (sizes[axis] % block != 0)
      refuse("input `", name, "` has sizes ", sizes, ", expected a multiple of ", block, " along axis ", axis);
  }
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
  Input in(size_t index, const char* name) const {
    const Tensor* tensor = nullptr;
    check(input(table_, context_, index, &tensor));
    if (tensor == nullptr) refuse("input `", name, "` is missing");
    TensorInfo* info = nullptr;
    check(tensor_info(table_, tensor, &info));
    struct Release {
      const Table* table;
      void operator()(TensorInfo* held) const { release_tensor_info(table, held); }
    };
    std::unique_ptr<TensorInfo, Release> owner(info, Release{table_});
    int type = 0;
    check(element_type(table_, info, &type));
    if (type != FLOAT32) refuse("input `", name, "` has elements of type ", type, ", expected float32");
    size_t rank = 0;
    check(dimension_count(table_, info, &rank));
    Sizes sizes(rank);
    check(dimensions(table_, info, sizes.data(), rank));
    void* data = nullptr;
    check(tensor_data(table_, const_cast<Tensor*>(tensor), &data));
    return {name, static_cast<const float*>(data), std::move(sizes)};
  }
  // An input [N, C, H, W], or weights [O, I, H, W], of at least one element.
  Input map(size_t index, const char* name) const {
    Input found = in(index, name);
    bool fits = found.sizes.size() == 4;
    for (size_t axis = 0; fits && axis < 4; ++axis)
      fits = found.sizes[axis] > 0 && (axis < 2 || found.sizes[axis] <= LARGEST_SIDE);
    if (!fits) refuse("input `", name, "` has sizes ", found.sizes, ", expected four above zero");
    return found;
  }
  Input vector(size_t index, const char* name, int64_t size) const {
    Input found = in(index, name);
    found.expect({size});
    return found;
  }
  float* out(size_t index, const Sizes& sizes) {
    Tensor* tensor = nullptr;
    check(output(table_, context_, index, sizes.data(), sizes.size(), &tensor));
    if (tensor == nullptr) refuse("output ", index, " is missing");
    void* data = nullptr;
    check(tensor_data(table_, tensor, &data));
    return static_cast<float*>(data);
  }
  // work(i) for each i below count, on the session's threads. What one of them throws is thrown here.
  template <typename Work>
  void parallel(int64_t count, const Work& work) const {
    if (count <= 0) return;
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
    size = 0;  // also where there is no memory for more
    memory.reset();
    int64_t bytes = sum(product({count, sizeof(float)}), 63) / 64 * 64;
    memory.reset(static_cast<float*>(std::aligned_alloc(64, static_cast<size_t>(bytes))));
    if (!memory) throw std::bad_alloc();
    size = count;
  }
  return memory.get();
}

// What an operator throws, as the runtime takes it: nothing is thrown through its C interface.
inline Status* failure(const Table* table, const char* name) {
  try {
    try {
      throw;
    } catch (const Failed& failed) {
      return failed.status;
    } catch (const std::exception& error) {
      return create_status(table, FAIL, (std::string("netc.fast.") + name + ": " + error.what()).c_str());
    }
  } catch (...) {
    return create_status(table, FAIL, name);
  }
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
      } catch (...) {
        return failure(table, Kernel::NAME);
      }
      return nullptr;
    };
    op.compute_checked = [](void* given, KernelContext* context) -> Status* {
      auto* held = static_cast<Held*>(given);
      try {
        Call call(held->table, context);
        held->kernel.run(call);
      } catch (...) {
        return failure(held->table, Kernel::NAME);
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
