// The attributes of a node, as numbers that an operator can rely on.
#pragma once

#include <cmath>

#include "checks.h"
#include "runtime_interface.h"

namespace netc {

struct Attributes {
  const Table* table;
  const KernelInfo* info;

  int64_t integer(const char* name) const {
    int64_t value = 0;
    read(attribute_int(table, info, name, &value), name, "an integer");
    return value;
  }
  float number(const char* name) const {
    float value = 0;
    read(attribute_float(table, info, name, &value), name, "a number");
    return value;
  }
  Sizes integers(const char* name) const { return list<int64_t>(attribute_ints, name, "integers"); }
  std::vector<float> numbers(const char* name) const { return list<float>(attribute_floats, name, "numbers"); }

  // Channels of a block.
  int64_t block() const {
    int64_t value = integer("block");
    if (value != 8 && value != 16) refuse("attribute `block` is ", value, ", expected 8 or 16");
    return value;
  }
  bool flag(const char* name) const {
    int64_t value = integer(name);
    if (value != 0 && value != 1) refuse("attribute `", name, "` is ", value, ", expected 0 or 1");
    return value == 1;
  }
  float finite(const char* name) const {
    float value = number(name);
    if (!std::isfinite(value)) refuse("attribute `", name, "` is ", value, ", expected a finite number");
    return value;
  }
  // How many of something there are.
  int64_t count(const char* name) const {
    int64_t value = integer(name);
    if (value < 1 || value > LARGEST_SETTING)
      refuse("attribute `", name, "` is ", value, ", expected 1 to ", LARGEST_SETTING);
    return value;
  }
  float epsilon() const {
    float value = number("epsilon");
    if (!std::isfinite(value) || value < 0) refuse("attribute `epsilon` is ", value, ", expected 0 or more");
    return value;
  }
  // A setting of windows: `count` numbers, each at least `least`.
  Sizes setting(const char* name, size_t count, int64_t least, int64_t most = LARGEST_SETTING) const {
    Sizes values = integers(name);
    bool fits = values.size() == count;
    for (int64_t value : values) fits = fits && value >= least && value <= most;
    if (!fits) refuse("attribute `", name, "` is ", values, ", expected ", count, " integers from ", least, " to ", most);
    return values;
  }

 private:
  void read(Status* status, const char* name, const char* expected) const {
    if (status == nullptr) return;
    release_status(table, status);
    refuse("attribute `", name, "` is missing or of another type, expected ", expected);
  }
  template <typename Number, typename Entry>
  std::vector<Number> list(const Entry& entry, const char* name, const char* expected) const {
    size_t size = 0;
    read(entry(table, info, name, nullptr, &size), name, expected);
    std::vector<Number> values(size);
    if (size > 0) read(entry(table, info, name, values.data(), &size), name, expected);
    return values;
  }
};

}  // namespace netc
