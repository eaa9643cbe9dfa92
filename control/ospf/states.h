// SPDX-License-Identifier: BSD-3-Clause
// The states of interfaces and of neighbours (RFC 2328 sections 9.1 and 10.1), in the RFC's order.
#pragma once

#include <cstdint>
#include <string_view>

namespace spanway::ospf {

enum class InterfaceState : uint8_t {
  kDown,
  kLoopback,  // passive: announced, silent
  kWaiting,
  kPointToPoint,
  kOther,  // neither of the two below
  kBackup,
  kDesignated,
};

enum class NeighbourState : uint8_t {
  kDown,
  kInit,
  kTwoWay,
  kExStart,
  kExchange,
  kLoading,
  kFull,
};

std::string_view to_string(InterfaceState state) noexcept;
std::string_view to_string(NeighbourState state) noexcept;

}  // namespace spanway::ospf
