// SPDX-License-Identifier: BSD-3-Clause
// The IPv4 forwarding table: longest prefix match from an address to a next-hop slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::table {

class Fib4 {
 public:
  explicit Fib4(seam::Graveyard& graveyard);
  ~Fib4();
  Fib4(const Fib4&) = delete;
  Fib4& operator=(const Fib4&) = delete;

  // Control thread. Adds the route or replaces its next hop. kFull leaves the table as it was.
  Status insert(const Prefix4& prefix, NextHopId next_hop);
  // Control thread. kNotFound when there is no such route.
  Status remove(const Prefix4& prefix);
  // Routes in the table. Control thread.
  [[nodiscard]] size_t size() const noexcept;
  // Bytes that workers may touch. Control thread.
  [[nodiscard]] size_t bytes() const noexcept;

  // Worker. NextHopId{0} when nothing matches.
  [[nodiscard]] NextHopId lookup(Ip4Addr address) const noexcept;
  // Worker. count addresses in host order; one answer each. Overlaps the memory waits of the batch.
  void lookup(const uint32_t* addresses, NextHopId* out, size_t count) const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spanway::table
