// Which level of x86-64 this processor has: 4 is AVX-512, 3 is AVX2.
#pragma once

#if defined(_WIN32)
extern "C" __declspec(dllimport) int __stdcall IsProcessorFeaturePresent(unsigned long feature);
#endif

namespace netc {

inline bool has_x86_64_v4() {
#if defined(_WIN32)
  return IsProcessorFeaturePresent(41) != 0;  // PF_AVX512F_INSTRUCTIONS_AVAILABLE; those of servers have the rest
#elif defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

inline bool has_x86_64_v3() {
#if defined(_WIN32)
  return IsProcessorFeaturePresent(40) != 0;  // PF_AVX2_INSTRUCTIONS_AVAILABLE
#elif defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#else
  return false;
#endif
}

}  // namespace netc
