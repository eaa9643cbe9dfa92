// SPDX-License-Identifier: BSD-3-Clause
// A lab as a picture: routers, the wires between them, their costs and states, as SVG. The same
// picture gives the same text. Any thread; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spanway::lab {

class Lab;

struct Picture {
  enum class State : uint8_t {
    kStatic,   // whole; OSPF has nothing to do there
    kFull,     // neighbours, at both ends
    kBetween,  // on the way there
    kCut,
  };
  struct Node {
    std::string name, label{};
    std::optional<std::pair<double, double>> place{};  // x to the right, y upwards
    bool host = false;
  };
  struct Wire {
    size_t a = 0, b = 0;  // nodes
    State state = State::kStatic;
    // What it costs to leave by it, at each end; 0: nothing to do with OSPF.
    uint32_t cost_a = 0, cost_b = 0;
  };
  std::string title;
  std::vector<Node> nodes;
  std::vector<Wire> wires;
};

// The lab as it is now. Control thread.
Picture picture_of(Lab& lab);

// Well-formed XML, whatever the labels hold.
std::string to_svg(const Picture& picture);

}  // namespace spanway::lab
