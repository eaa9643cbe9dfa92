// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/route.h"

#include "dataplane/packet/flow_key.h"
#include "dataplane/stage/icmp_error.h"
#include "dataplane/stage/stage_scope.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

using table::NextHop;
using table::NextHopKind;

// One family's share of a batch: addresses side by side for the lookup.
template <class Address>
struct Lookup {
  unsigned count = 0;
  std::array<Packet*, Batch::kRoom> packets;
  std::array<Address, Batch::kRoom> addresses;
  std::array<NextHopId, Batch::kRoom> hops;

  void add(Packet* p, const Address& address) noexcept {
    packets[count] = p;
    addresses[count++] = address;
  }
  template <class Fib>
  void run(const Fib& fib) noexcept {
    if (count == 0) return;
    fib.lookup(addresses.data(), hops.data(), count);
    for (unsigned i = 0; i < count; ++i) meta(packets[i]).next_hop = hops[i];
  }
};

void look_up(Context& context, const Batch& in) noexcept {
  Lookup<uint32_t> four;
  Lookup<Ip6Addr> six;
  for (Packet* p : in.all()) {
    if (meta(p).family == 4)
      four.add(p, ip4(p).destination.addr().value());
    else
      six.add(p, ip6(p).destination);
  }
  four.run(context.tables.fib4);
  six.run(context.tables.fib6);
}

uint32_t hash_of(Packet* p) noexcept {
  return meta(p).family == 4 ? flow_hash(ip4(p), ports_of(p))
                             : flow_hash(ip6(p), meta(p).protocol, ports_of(p));
}

// The hop itself, or the member of a group that this flow keeps to.
const NextHop* pick(Context& context, Packet* p) noexcept {
  Meta& m = meta(p);
  const table::NextHopTable& hops = context.tables.next_hops;
  const NextHop* hop = hops.get(m.next_hop);
  if (hop->kind != NextHopKind::kGroup) [[likely]]
    return hop;
  m.flow_hash = hash_of(p);
  m.next_hop = hop->buckets[uint64_t{m.flow_hash} >> (32 - hop->bucket_bits)];
  return hops.get(m.next_hop);
}

bool is_link_scope(Packet* p) noexcept {
  return meta(p).family == 6 &&
         (ip6(p).source.is_link_local() || ip6(p).destination.is_link_local());
}

void to_neighbour(Packet* p, const NextHop* hop, RoutedBatch& to_forward, Batch& refused) noexcept {
  // RFC 4291 section 2.5.6. Our own packets may be of link scope: they do not cross a link.
  if (is_link_scope(p) && !is_set(meta(p), Meta::kFromLocal))
    return refuse(p, DropReason::kIp6NotForwardable, IcmpError::kBeyondScope, refused);
  to_forward.add(p, hop);
}

DropReason martian(Packet* p) noexcept {
  return meta(p).family == 4 ? DropReason::kIp4MartianDestination
                             : DropReason::kIp6MartianDestination;
}

}  // namespace

void route(Context& context, const Batch& in, RoutedBatch& to_forward, Batch& to_local,
           Batch& refused) noexcept {
  if (in.empty()) return;
  const StageScope scope(context, seam::Stage::kRoute, in.all());
  look_up(context, in);
  for (Packet* p : in.all()) {
    const NextHop* hop = pick(context, p);
    switch (hop->kind) {
      case NextHopKind::kForward:
      case NextHopKind::kResolve:
      case NextHopKind::kGlean:
        to_neighbour(p, hop, to_forward, refused);
        break;
      case NextHopKind::kLocal:
        set(meta(p), Meta::kForUs);
        to_local.add(p);
        break;
      case NextHopKind::kBlackhole:
        drop(context, p, DropReason::kBlackhole);
        break;
      case NextHopKind::kReject:
        refuse(p, DropReason::kReject, IcmpError::kRejected, refused);
        break;
      case NextHopKind::kMartian:
        drop(context, p, martian(p));
        break;
      case NextHopKind::kGroup:  // a group inside a group: control makes none
      case NextHopKind::kNoRoute:
        refuse(p, DropReason::kNoRoute, IcmpError::kNoRoute, refused);
        break;
    }
  }
}

}  // namespace spanway::stage
