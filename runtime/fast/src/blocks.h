// Vectors of one block of channels, and maps that lie as [N, C / B, H, W, B].
#pragma once

#include <cstdint>
#include <type_traits>

namespace netc {

template <int B>
struct Block {
  typedef float Vector __attribute__((vector_size(B * 4)));
  typedef int32_t Mask __attribute__((vector_size(B * 4)));
  typedef float Unaligned __attribute__((vector_size(B * 4), aligned(4), may_alias));

  static Vector load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
  static void store(float* to, Vector value) { *reinterpret_cast<Unaligned*>(to) = value; }
};

// Calls work with the block's size, which is 8 or 16 (Attributes::block), as a constant.
template <typename Work>
void with_block(int64_t block, const Work& work) {
  if (block == 16) {
    work(std::integral_constant<int, 16>());
  } else {
    work(std::integral_constant<int, 8>());
  }
}

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace netc
