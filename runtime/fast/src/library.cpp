// The door of the library: ONNX Runtime calls RegisterCustomOps when a session is given it.
#include "operators.h"

namespace {

template <typename Kernel>
netc::Status* add(const netc::Table* table, netc::Domain* domain) {
  return netc::add_to_domain(table, domain, netc::operator_of<Kernel>());
}

}  // namespace

#define NETC_EXPORT extern "C" __attribute__((visibility("default")))

NETC_EXPORT netc::Status* RegisterCustomOps(netc::SessionOptions* options, const netc::Base* base) {
  const netc::Table* table = base->table(netc::INTERFACE_VERSION);
  if (table == nullptr) return nullptr;  // an older runtime, whose sessions then do not know the domain
  netc::Domain* domain = nullptr;
  if (auto* failed = netc::create_domain(table, "netc.fast", &domain)) return failed;
  if (auto* failed = add<netc::BatchNormalization>(table, domain)) return failed;
  if (auto* failed = add<netc::BatchNormalizationGradient>(table, domain)) return failed;
  if (auto* failed = add<netc::MaxPoolGradient>(table, domain)) return failed;
  if (auto* failed = add<netc::ConvWeightGradient>(table, domain)) return failed;
  if (auto* failed = add<netc::ConvInputGradient>(table, domain)) return failed;
  if (auto* failed = add<netc::BlockedWeights>(table, domain)) return failed;
  if (auto* failed = add<netc::Elementwise>(table, domain)) return failed;
  return netc::add_domain(table, options, domain);
}

// Whether this processor has the instructions that the library was built with.
NETC_EXPORT int netc_fast_runs_here() {
#if defined(__x86_64__)
  __builtin_cpu_init();
#if defined(__AVX512F__)
  if (!__builtin_cpu_supports("avx512f")) return 0;
#endif
#if defined(__AVX512VL__)
  if (!__builtin_cpu_supports("avx512vl")) return 0;
#endif
#if defined(__AVX512BF16__)
  if (!__builtin_cpu_supports("avx512bf16")) return 0;
#endif
#if defined(__AVX2__)
  if (!__builtin_cpu_supports("avx2")) return 0;
#endif
#if defined(__FMA__)
  if (!__builtin_cpu_supports("fma")) return 0;
#endif
#endif
  return 1;
}
