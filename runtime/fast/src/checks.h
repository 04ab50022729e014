// How an operator refuses a node: attributes and sizes come from a file, and are checked before memory is touched.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace netc {

using Sizes = std::vector<int64_t>;

// With these limits no product of a setting and the sizes of a row of a map passes 64 bits.
constexpr int64_t LARGEST_SETTING = int64_t{1} << 24;  // of a kernel, a stride, a pad or a dilation
constexpr int64_t LARGEST_SIDE = int64_t{1} << 28;     // of a map's height and width

inline std::ostream& operator<<(std::ostream& to, const Sizes& sizes) {
  to << '[';
  for (size_t i = 0; i < sizes.size(); ++i) to << (i ? ", " : "") << sizes[i];
  return to << ']';
}

template <typename... Parts>
[[noreturn]] __attribute__((noinline, cold)) void refuse(const Parts&... parts) {
  std::ostringstream message;
  (message << ... << parts);
  throw std::invalid_argument(message.str());
}

// The product of sizes that are not negative.
inline int64_t product(std::initializer_list<int64_t> sizes) {
  int64_t all = 1;
  for (int64_t size : sizes)
    if (__builtin_mul_overflow(all, size, &all)) refuse("sizes ", Sizes(sizes), " multiply to more than 64 bits hold");
  return all;
}

inline int64_t sum(int64_t a, int64_t b) {
  int64_t both = 0;
  if (__builtin_add_overflow(a, b, &both)) refuse("sizes ", Sizes{a, b}, " add up to more than 64 bits hold");
  return both;
}

}  // namespace netc
