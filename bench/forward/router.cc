// SPDX-License-Identifier: BSD-3-Clause
#include "bench/forward/router.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/packet/headers.h"

namespace spanway::bench {

using table::NextHop;
using table::NextHopKind;

struct Router::Parts {
  seam::Qsbr qsbr{1};
  seam::Graveyard graveyard{qsbr};
  table::Tables tables{graveyard};
  seam::Published<worker::Plan> plan;
  seam::WorkerCounters counters;
  seam::Channels channels;
  worker::Handover handover{1};

  void add_interface(drivers::Port& port, uint16_t index, std::vector<table::Interface>& all) {
    table::Interface one;
    one.index = IfIndex(index);
    one.port = PortId(index);
    one.mac = kRouterMac;
    one.up = port.link().up;
    all.push_back(one);
  }
  void set_hop(uint16_t slot, NextHop hop) {
    tables.next_hops.set(NextHopId(slot), std::make_unique<const NextHop>(std::move(hop)),
                         graveyard);
  }
  void add_martians() {
    NextHop martian;
    martian.kind = NextHopKind::kMartian;
    set_hop(1, martian);
    for (const char* text : {"0.0.0.0/8", "127.0.0.0/8", "240.0.0.0/4"})
      SPANWAY_CHECK(tables.fib4.insert(Prefix::parse(text)->v4(), NextHopId(1)).has_value());
    for (const char* text : {"::/128", "::1/128"})
      SPANWAY_CHECK(tables.fib6.insert(Prefix::parse(text)->v6(), NextHopId(1)).has_value());
  }
  // A next hop with a MAC of its own behind port 1.
  void add_hop(NextHopId index, bool six) {
    NextHop hop;
    EtherHeader ether;
    ether.destination = EtherAddr{{0x02, 0, 0, 1, 0, static_cast<uint8_t>(index.value)}};
    ether.source = kRouterMac;
    ether.type = Be16(six ? ether_type::kIp6 : ether_type::kIp4);
    std::copy_n(reinterpret_cast<const uint8_t*>(&ether), sizeof ether, hop.rewrite.begin());
    hop.rewrite_bytes = sizeof ether;
    hop.kind = NextHopKind::kForward;
    hop.port = PortId(1);
    hop.interface = IfIndex(1);
    hop.mtu = 1500;
    set_hop(Router::slot(index).value, hop);
  }
  template <class Fib, class Routes>
  void add_routes(Fib& fib, const Routes& routes, bool six) {
    for (uint16_t hop = 0; !routes.empty() && hop < RouteTable::kMostHops; ++hop)
      add_hop(NextHopId(hop), six);
    for (const auto& route : routes)
      SPANWAY_CHECK(fib.insert(route.prefix, Router::slot(route.hop)));
    graveyard.seal();
    graveyard.reclaim();
  }
};

Router::Router(const RouteTable& routes, drivers::Port& port0, drivers::Port& port1,
               BufferSource buffers, worker::KernelChoice kernel)
    : parts_(std::make_unique<Parts>()) {
  std::vector<table::Interface> interfaces;
  parts_->add_interface(port0, 0, interfaces);
  parts_->add_interface(port1, 1, interfaces);
  parts_->tables.interfaces.publish(
      std::make_unique<const table::InterfaceSet>(std::move(interfaces)), parts_->graveyard);
  parts_->add_martians();
  parts_->add_routes(parts_->tables.fib4, routes.four, false);
  parts_->add_routes(parts_->tables.fib6, routes.six, true);
  auto plan = std::make_unique<worker::Plan>();
  plan->rx = {{&port0, PortId(0), QueueId(0)}, {&port1, PortId(1), QueueId(0)}};
  plan->tx = {{&port0, QueueId(0), WorkerId(0)}, {&port1, QueueId(0), WorkerId(0)}};
  parts_->plan.publish(std::move(plan), parts_->graveyard);
  worker_ = std::make_unique<worker::Worker>(
      worker::WorkerParts{WorkerId(0), parts_->tables, parts_->plan, parts_->qsbr, parts_->counters,
                          parts_->channels, parts_->handover, buffers, kernel});
}

Router::~Router() = default;

const seam::WorkerCounters& Router::counters() const noexcept { return parts_->counters; }
table::Tables& Router::tables() noexcept { return parts_->tables; }
seam::Graveyard& Router::graveyard() noexcept { return parts_->graveyard; }

}  // namespace spanway::bench
