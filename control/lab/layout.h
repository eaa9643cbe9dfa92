// SPDX-License-Identifier: BSD-3-Clause
// Where the nodes of a picture go: where their places say, else a circle for what is small or a
// ring, else springs. The same graph gives the same places. Any thread; no state.
#pragma once

#include <vector>

#include "control/lab/picture.h"

namespace spanway::lab {

// In a frame of this many units; y downwards, as in SVG.
struct Point {
  double x = 0, y = 0;
};
struct Frame {
  double width = 0, height = 0;
};

// By node, inside the frame.
std::vector<Point> layout(const Picture& picture, const Frame& frame);

}  // namespace spanway::lab
