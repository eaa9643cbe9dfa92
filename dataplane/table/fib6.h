// SPDX-License-Identifier: BSD-3-Clause
// The IPv6 forwarding table: longest prefix match from an address to a next-hop slot.
//
// One writer (the control thread), any number of readers, which never wait. Every address goes from
// its old answer to its new one by one store. The first 16 bits index a table whose entries lead to
// pages of 2,048 records, one a /27 (record.h); what is finer than /32 lies in range nodes of 16
// bits (range_node.h) or, where these get crowded, in bitmap nodes of 8.
//
// Destroy after the workers, before the graveyard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/ids.h"
#include "dataplane/base/prefix.h"
#include "dataplane/base/result.h"
#include "dataplane/seam/qsbr.h"

namespace spanway::table {

struct Fib6View;

// One of a batch of changes: the route has this next hop now; 0: it is not there any more.
struct Change6 {
  Prefix6 prefix;
  NextHopId next_hop{};
};

class Recent6;

class Fib6 {
 public:
  // Room for pages, runs and nodes, those that wait for a grace period included: address space, of
  // which only what is touched costs memory. A page in each of the 65,536 places, 16 KiB each, and
  // 256 MiB more.
  static constexpr size_t kPoolBytes = (size_t{1} << 30) + (size_t{256} << 20);

  explicit Fib6(seam::Graveyard& graveyard, size_t pool_bytes = kPoolBytes);
  ~Fib6();
  Fib6(const Fib6&) = delete;
  Fib6& operator=(const Fib6&) = delete;

  // Control thread. Adds the route or replaces its next hop (1..32767, else kInvalid). kFull leaves
  // the table as it was.
  Status insert(const Prefix6& prefix, NextHopId next_hop);
  // Control thread. What the route covered falls to the next shorter one. kNotFound when there is
  // no such route; kFull, with the table as it was, when so much waits for its grace period that
  // even this change has no room: seal, reclaim and try again.
  Status remove(const Prefix6& prefix);
  // Control thread. Many changes, in any order; of two for one prefix the last counts. What changes
  // that lie together touch is painted once, and shown together; where they lie sparsely they are
  // made one by one, so an address may meanwhile have an answer that is right after some of them.
  // Returns the places of changes that could not be made, their routes being as before: insert() or
  // remove() says why.
  std::vector<uint32_t> apply(std::span<const Change6> changes);
  // Routes in the table. Control thread.
  [[nodiscard]] size_t size() const noexcept;
  // Bytes that workers may touch. Control thread.
  [[nodiscard]] size_t bytes() const noexcept;

  // Worker. NextHopId{0} when nothing matches.
  [[nodiscard]] NextHopId lookup(const Ip6Addr& address) const noexcept;
  // Worker. count addresses in wire order; one answer each. Overlaps the memory waits of the batch.
  void lookup(const Ip6Addr* addresses, NextHopId* out, size_t count) const noexcept;
  // Worker. The same, quicker while most of the burst goes where recent bursts went.
  void lookup(const Ip6Addr* addresses, NextHopId* out, size_t count,
              Recent6& recent) const noexcept;
  // For those who choose a kernel themselves (fib6_view.h).
  [[nodiscard]] const Fib6View& view() const noexcept;

  struct State;  // fib6_state.h

 private:
  std::unique_ptr<State> state_;
};

}  // namespace spanway::table
