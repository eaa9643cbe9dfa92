// SPDX-License-Identifier: BSD-3-Clause
// The IPv6 forwarding table: longest prefix match from an address to a next-hop slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::table {

class Fib6 {
 public:
  explicit Fib6(seam::Graveyard& graveyard);
  ~Fib6();
  Fib6(const Fib6&) = delete;
  Fib6& operator=(const Fib6&) = delete;

  // Control thread. Adds the route or replaces its next hop. kFull leaves the table as it was.
  Status insert(const Prefix6& prefix, NextHopId next_hop);
  // Control thread. kNotFound when there is no such route.
  Status remove(const Prefix6& prefix);
  // Routes in the table. Control thread.
  [[nodiscard]] size_t size() const noexcept;
  // Bytes that workers may touch. Control thread.
  [[nodiscard]] size_t bytes() const noexcept;

  // Worker. NextHopId{0} when nothing matches.
  [[nodiscard]] NextHopId lookup(const Ip6Addr& address) const noexcept;
  // Worker. count addresses in wire order; one answer each. Overlaps the memory waits of the batch.
  void lookup(const Ip6Addr* addresses, NextHopId* out, size_t count) const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spanway::table
