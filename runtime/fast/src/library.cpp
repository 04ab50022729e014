// The door of the library: ONNX Runtime calls RegisterCustomOps when a session is given it.
#include <mutex>

#include "operators.h"
#include "processor.h"

namespace {

template <typename Kernel>
netc::Status* add(const netc::Table* table, netc::Domain* domain) {
  return netc::add_to_domain(table, domain, netc::operator_of<Kernel>());
}

}  // namespace

#if defined(_WIN32)
#define NETC_EXPORT extern "C" __declspec(dllexport)
#else
#define NETC_EXPORT extern "C" __attribute__((visibility("default")))
#endif

// The domain is made once and stays: sessions that come later share it.
NETC_EXPORT netc::Status* RegisterCustomOps(netc::SessionOptions* options, const netc::Base* base) {
  const netc::Table* table = base->table(netc::INTERFACE_VERSION);
  if (table == nullptr) return nullptr;  // an older runtime, whose sessions then do not know the domain
  static netc::Domain* domain = nullptr;
  static std::mutex lock;
  std::lock_guard<std::mutex> held(lock);
  if (domain == nullptr) {
    netc::Domain* made = nullptr;
    if (auto* failed = netc::create_domain(table, "netc.fast", &made)) return failed;
    if (auto* failed = add<netc::BatchNormalization>(table, made)) return failed;
    if (auto* failed = add<netc::BatchNormalizationGradient>(table, made)) return failed;
    if (auto* failed = add<netc::MaxPoolGradient>(table, made)) return failed;
    if (auto* failed = add<netc::ConvWeightGradient>(table, made)) return failed;
    if (auto* failed = add<netc::ConvInputGradient>(table, made)) return failed;
    if (auto* failed = add<netc::DepthwiseWeightGradient>(table, made)) return failed;
    if (auto* failed = add<netc::DepthwiseInputGradient>(table, made)) return failed;
    if (auto* failed = add<netc::BlockedWeights>(table, made)) return failed;
    if (auto* failed = add<netc::Attention>(table, made)) return failed;
    if (auto* failed = add<netc::AttentionGradient>(table, made)) return failed;
    if (auto* failed = add<netc::LayerNormalization>(table, made)) return failed;
    if (auto* failed = add<netc::LayerNormalizationGradient>(table, made)) return failed;
    if (auto* failed = add<netc::LSTM>(table, made)) return failed;
    if (auto* failed = add<netc::LSTMGradient>(table, made)) return failed;
    if (auto* failed = add<netc::GRU>(table, made)) return failed;
    if (auto* failed = add<netc::GRUGradient>(table, made)) return failed;
    if (auto* failed = add<netc::RNN>(table, made)) return failed;
    if (auto* failed = add<netc::RNNGradient>(table, made)) return failed;
    if (auto* failed = add<netc::Elementwise>(table, made)) return failed;
    domain = made;
  }
  return netc::add_domain(table, options, domain);
}

// Whether this processor has the instructions that the library was built with: those of a level of x86-64, see
// CMakeLists.txt, or what every processor of its kind has.
NETC_EXPORT int netc_fast_runs_here() {
#if defined(__AVX512F__)
  return netc::has_x86_64_v4();
#elif defined(__AVX2__)
  return netc::has_x86_64_v3();
#else
  return 1;
#endif
}
