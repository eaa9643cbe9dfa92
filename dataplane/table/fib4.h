// SPDX-License-Identifier: BSD-3-Clause
// The IPv4 forwarding table: longest prefix match from an address to a next-hop slot.
//
// One writer (the control thread), any number of readers, which never wait. Every address goes from
// its old answer to its new one by one store. 524,288 records of eight bytes, one a /19, lead to
// runs of 16-bit leaves, one a stretch of equal /24s (record.h); what is finer than /24 lies in
// bitmap nodes. About 6 MiB for a million routes; an empty table touches a few pages.
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

class Crew;
struct Fib4View;
class Recent4;

// One of a batch of changes: the route has this next hop now; 0: it is not there any more.
struct Change4 {
  Prefix4 prefix;
  NextHopId next_hop{};
};

class Fib4 {
 public:
  // Room for runs and nodes, those that wait for a grace period included.
  static constexpr size_t kPoolBytes = size_t{256} << 20;

  explicit Fib4(seam::Graveyard& graveyard, size_t pool_bytes = kPoolBytes);
  ~Fib4();
  Fib4(const Fib4&) = delete;
  Fib4& operator=(const Fib4&) = delete;

  // Control thread. Adds the route or replaces its next hop (1..32767, else kInvalid). kFull leaves
  // the table as it was.
  Status insert(const Prefix4& prefix, NextHopId next_hop);
  // Control thread. What the route covered falls to the next shorter one. kNotFound when there is
  // no such route; kFull, with the table as it was, when so much waits for its grace period that
  // even this change has no room: seal, reclaim and try again.
  Status remove(const Prefix4& prefix);
  // Control thread. Many changes, in any order; of two for one prefix the last counts. Every
  // touched part of the table is painted once, by the crew when the batch is large; each address
  // goes from its old to its new answer by one store, but for one: a default route in the same
  // batch is a store of its own, and between the two either may be seen. Returns the places of
  // changes that could not be made, their routes being as before: insert() or remove() says why.
  std::vector<uint32_t> apply(std::span<const Change4> changes, Crew* crew = nullptr);
  // Routes in the table. Control thread.
  [[nodiscard]] size_t size() const noexcept;
  // Bytes that workers may touch. Control thread.
  [[nodiscard]] size_t bytes() const noexcept;

  // Worker. NextHopId{0} when nothing matches.
  [[nodiscard]] NextHopId lookup(Ip4Addr address) const noexcept;
  // Worker. count addresses in host order; one answer each. Overlaps the memory waits of the batch.
  void lookup(const uint32_t* addresses, NextHopId* out, size_t count) const noexcept;
  // Worker. The same, quicker while all of the burst goes where recent bursts went.
  void lookup(const uint32_t* addresses, NextHopId* out, size_t count,
              Recent4& recent) const noexcept;
  // For those who choose a kernel themselves (fib4_view.h).
  [[nodiscard]] const Fib4View& view() const noexcept;

  struct State;  // fib4_state.h

 private:
  std::unique_ptr<State> state_;
};

}  // namespace spanway::table
