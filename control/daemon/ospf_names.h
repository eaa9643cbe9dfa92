// SPDX-License-Identifier: BSD-3-Clause
// FRR's words for the states and kinds of OSPF. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "control/config/ospf.h"
#include "control/ospf/packet.h"
#include "control/ospf/route.h"
#include "control/ospf/states.h"

namespace spanway::daemon {

using config::dotted;

constexpr std::string_view frr_name(ospf::NeighbourState state) noexcept {
  switch (state) {
    case ospf::NeighbourState::kDown:
      return "Down";
    case ospf::NeighbourState::kInit:
      return "Init";
    case ospf::NeighbourState::kTwoWay:
      return "2-Way";
    case ospf::NeighbourState::kExStart:
      return "ExStart";
    case ospf::NeighbourState::kExchange:
      return "Exchange";
    case ospf::NeighbourState::kLoading:
      return "Loading";
    case ospf::NeighbourState::kFull:
      return "Full";
  }
  return "unknown";
}

constexpr std::string_view frr_name(ospf::InterfaceState state) noexcept {
  switch (state) {
    case ospf::InterfaceState::kDown:
      return "Down";
    case ospf::InterfaceState::kLoopback:
      return "Loopback";
    case ospf::InterfaceState::kWaiting:
      return "Waiting";
    case ospf::InterfaceState::kPointToPoint:
      return "Point-To-Point";
    case ospf::InterfaceState::kOther:
      return "DROther";
    case ospf::InterfaceState::kBackup:
      return "Backup";
    case ospf::InterfaceState::kDesignated:
      return "DR";
  }
  return "unknown";
}

constexpr std::string_view frr_name(ospf::PathType type) noexcept {
  switch (type) {
    case ospf::PathType::kIntraArea:
      return "N";
    case ospf::PathType::kExternal1:
      return "N E1";
    case ospf::PathType::kExternal2:
      return "N E2";
  }
  return "unknown";
}

constexpr std::string_view name_of(ospf::AuthType type) noexcept {
  switch (type) {
    case ospf::AuthType::kNone:
      return "none";
    case ospf::AuthType::kSimple:
      return "simple";
    case ospf::AuthType::kCryptographic:
      return "cryptographic";
  }
  return "unknown";
}

}  // namespace spanway::daemon
