// The part of ONNX Runtime's C interface that a library of operators needs.
//
// The interface is a table of functions whose places never change: new ones are added at its end. So a function is
// called here by its place, and the library builds without the runtime's headers, which its Python package lacks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace netc {

struct Status;
struct Tensor;
struct TensorInfo;
struct KernelInfo;
struct KernelContext;
struct Domain;
struct SessionOptions;
struct Operator;

constexpr uint32_t INTERFACE_VERSION = 18;  // of ONNX Runtime 1.18, the first with every function used here
constexpr int FLOAT32 = 1;
constexpr int FAIL = 1;  // the code of a status

enum class Characteristic : int { required, optional, variadic };

struct Table {
  const void* function[278];
};

struct Base {
  const Table* (*table)(uint32_t version);
  const char* (*version)();
};

// What the runtime asks of an operator, in the order of its interface.
struct Operator {
  uint32_t version;
  void* (*create)(const Operator*, const Table*, const KernelInfo*);
  const char* (*name)(const Operator*);
  const char* (*provider)(const Operator*);
  int (*input_type)(const Operator*, size_t);
  size_t (*input_count)(const Operator*);
  int (*output_type)(const Operator*, size_t);
  size_t (*output_count)(const Operator*);
  void (*compute)(void*, KernelContext*);
  void (*destroy)(void*);
  Characteristic (*input_characteristic)(const Operator*, size_t);
  Characteristic (*output_characteristic)(const Operator*, size_t);
  int (*input_memory)(const Operator*, size_t);
  int (*least_variadic_inputs)(const Operator*);
  int (*variadic_inputs_alike)(const Operator*);
  int (*least_variadic_outputs)(const Operator*);
  int (*variadic_outputs_alike)(const Operator*);
  Status* (*create_checked)(const Operator*, const Table*, const KernelInfo*, void**);
  Status* (*compute_checked)(void*, KernelContext*);
  Status* (*infer_shapes)(const Operator*, void*);
  int (*first_version)(const Operator*);
  int (*last_version)(const Operator*);
  size_t (*may_be_in_place)(int** inputs, int** outputs);
  void (*release_in_place)(int* inputs, int* outputs);
  size_t (*aliases)(int** inputs, int** outputs);
  void (*release_aliases)(int* inputs, int* outputs);
};

// A function of the table: its place and its type.
template <size_t PLACE, typename Result, typename... Arguments>
struct Entry {
  Result operator()(const Table* table, Arguments... arguments) const {
    using Function = Result (*)(Arguments...);
    return reinterpret_cast<Function>(const_cast<void*>(table->function[PLACE]))(arguments...);
  }
};

inline constexpr Entry<0, Status*, int, const char*> create_status{};
inline constexpr Entry<26, Status*, const char*, Domain**> create_domain{};
inline constexpr Entry<27, Status*, Domain*, const Operator*> add_to_domain{};
inline constexpr Entry<28, Status*, SessionOptions*, Domain*> add_domain{};
inline constexpr Entry<51, Status*, Tensor*, void**> tensor_data{};
inline constexpr Entry<60, Status*, const TensorInfo*, int*> element_type{};
inline constexpr Entry<61, Status*, const TensorInfo*, size_t*> dimension_count{};
inline constexpr Entry<62, Status*, const TensorInfo*, int64_t*, size_t> dimensions{};
inline constexpr Entry<65, Status*, const Tensor*, TensorInfo**> tensor_info{};
inline constexpr Entry<85, Status*, const KernelInfo*, const char*, float*> attribute_float{};
inline constexpr Entry<86, Status*, const KernelInfo*, const char*, int64_t*> attribute_int{};
inline constexpr Entry<88, Status*, const KernelContext*, size_t*> input_count{};
inline constexpr Entry<89, Status*, const KernelContext*, size_t*> output_count{};
inline constexpr Entry<90, Status*, const KernelContext*, size_t, const Tensor**> input{};
inline constexpr Entry<91, Status*, KernelContext*, size_t, const int64_t*, size_t, Tensor**> output{};
inline constexpr Entry<93, void, Status*> release_status{};
inline constexpr Entry<99, void, TensorInfo*> release_tensor_info{};
inline constexpr Entry<162, Status*, const KernelInfo*, const char*, float*, size_t*> attribute_floats{};
inline constexpr Entry<163, Status*, const KernelInfo*, const char*, int64_t*, size_t*> attribute_ints{};
inline constexpr Entry<274, Status*, const KernelContext*, void (*)(void*, size_t), size_t, size_t, void*> parallel{};

}  // namespace netc
