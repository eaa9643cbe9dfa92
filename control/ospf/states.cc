// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/states.h"

namespace spanway::ospf {

std::string_view to_string(InterfaceState state) noexcept {
  switch (state) {
    case InterfaceState::kDown:
      return "Down";
    case InterfaceState::kLoopback:
      return "Loopback";
    case InterfaceState::kWaiting:
      return "Waiting";
    case InterfaceState::kPointToPoint:
      return "Point-To-Point";
    case InterfaceState::kOther:
      return "DROther";
    case InterfaceState::kBackup:
      return "Backup";
    case InterfaceState::kDesignated:
      return "DR";
  }
  return "unknown";
}

std::string_view to_string(NeighbourState state) noexcept {
  switch (state) {
    case NeighbourState::kDown:
      return "Down";
    case NeighbourState::kInit:
      return "Init";
    case NeighbourState::kTwoWay:
      return "2-Way";
    case NeighbourState::kExStart:
      return "ExStart";
    case NeighbourState::kExchange:
      return "Exchange";
    case NeighbourState::kLoading:
      return "Loading";
    case NeighbourState::kFull:
      return "Full";
  }
  return "unknown";
}

}  // namespace spanway::ospf
