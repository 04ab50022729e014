// What convolutions and pooling ask of their sizes: dy has a place for each window that fits, and no other.
#pragma once

#include "operator.h"

namespace netc {

// dy's rows and columns are the windows of `kernel` that fit into a map of height and width `size`.
inline void check_windows(const Input& dy, const int64_t* size, const int64_t* kernel, const Sizes& strides,
                          const Sizes& pads, const int64_t* dilations) {
  for (size_t axis = 0; axis < 2; ++axis) {
    int64_t extent = (kernel[axis] - 1) * dilations[axis] + 1;
    int64_t room = size[axis] + pads[axis] + pads[axis + 2];
    if (room < extent) refuse("a kernel of ", extent, " does not fit into ", room, " along axis ", axis + 2);
    int64_t windows = (room - extent) / strides[axis] + 1;
    if (dy.sizes[axis + 2] != windows)
      refuse("input `", dy.name, "` has sizes ", dy.sizes, ", expected ", windows, " along axis ", axis + 2,
             ", the windows that fit into ", size[axis]);
  }
}

}  // namespace netc
