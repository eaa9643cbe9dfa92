// SPDX-License-Identifier: BSD-3-Clause
// Index types. Each table has its own, so that a port number can not be used as a next hop.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace spanway {

template <class Tag, class T>
struct Id {
  T value{};
  constexpr Id() = default;
  constexpr explicit Id(T v) noexcept : value(v) {}
  constexpr auto operator<=>(const Id&) const noexcept = default;
};

using PortId = Id<struct PortTag, uint16_t>;        // a Port of this engine, dense from 0
using QueueId = Id<struct QueueTag, uint16_t>;      // a queue of one port, dense from 0
using IfIndex = Id<struct IfTag, uint16_t>;         // a layer-3 interface: a port, or a VLAN on one
using NextHopId = Id<struct NextHopTag, uint16_t>;  // a slot of the next-hop table; below 32768
using WorkerId = Id<struct WorkerTag, uint16_t>;    // a worker of this engine, dense from 0

inline constexpr IfIndex kNoInterface{0xffff};

}  // namespace spanway

template <class Tag, class T>
struct std::hash<spanway::Id<Tag, T>> {
  size_t operator()(const spanway::Id<Tag, T>& id) const noexcept {
    return std::hash<T>{}(id.value);
  }
};
