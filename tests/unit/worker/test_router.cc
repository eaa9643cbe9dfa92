// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/worker/test_router.h"

#include <gtest/gtest.h>

namespace spanway::test {

using table::NextHop;
using table::NextHopKind;

NextHop hop_out(uint16_t port, uint8_t last, bool six) {
  NextHop hop;
  EtherHeader ether;
  ether.destination = EtherAddr{{0x02, 0, 0, 0, 1, last}};
  ether.source = kOurMac;
  ether.type = Be16(six ? ether_type::kIp6 : ether_type::kIp4);
  std::memcpy(hop.rewrite.data(), &ether, sizeof ether);
  hop.rewrite_bytes = sizeof ether;
  hop.kind = NextHopKind::kForward;
  hop.port = PortId(port);
  hop.interface = IfIndex(port);
  hop.mtu = 1500;
  return hop;
}

namespace {

NextHop hop_of(NextHopKind kind) {
  NextHop hop;
  hop.kind = kind;
  hop.interface = IfIndex(1);
  hop.port = PortId(1);
  hop.mtu = 1500;
  return hop;
}

}  // namespace

TestRouter::TestRouter(worker::KernelChoice kernel, uint16_t count) : handover(count) {
  fill_interfaces();
  fill_hops();
  fill_routes();
  for (uint16_t id = 0; id < count; ++id) {
    per_worker.push_back(std::make_unique<PerWorker>());
    PerWorker& own = *per_worker.back();
    own.plan.publish(std::make_unique<const worker::Plan>(plan(id)), graveyard);
    workers.push_back(std::make_unique<worker::Worker>(
        worker::WorkerParts{WorkerId(id), tables, own.plan, qsbr, own.counters, own.channels,
                            handover, buffers(), kernel}));
  }
}

TestRouter::~TestRouter() {
  stop();
  drain_punts();
}

// Worker 0 polls every port; every worker sends out of every port itself.
worker::Plan TestRouter::plan(unsigned id) const {
  worker::Plan plan;
  plan.workers = handover.workers();
  auto* self = const_cast<TestRouter*>(this);
  for (uint16_t i = 0; i < kPorts; ++i) {
    if (id == 0) plan.rx.push_back({&self->ports[i], PortId(i), QueueId(0), plan.workers > 1});
    plan.tx.push_back({&self->ports[i], QueueId(0), WorkerId(static_cast<uint16_t>(id))});
  }
  return plan;
}

void TestRouter::publish_plan(unsigned id, worker::Plan plan) {
  per_worker[id]->plan.publish(std::make_unique<const worker::Plan>(std::move(plan)), graveyard);
  graveyard.seal();
}

void TestRouter::fill_interfaces() {
  std::vector<table::Interface> all;
  for (uint16_t i = 0; i < kPorts; ++i) {
    table::Interface one;
    one.index = IfIndex(i);
    one.port = PortId(i);
    one.mac = kOurMac;
    one.up = true;
    one.addresses = {*IpWithLength::parse("10.255." + std::to_string(i) + ".1/24"),
                     *IpWithLength::parse("2001:db8:ffff:" + std::to_string(i) + "::1/64")};
    all.push_back(one);
  }
  table::Interface tagged = all[0];
  tagged.index = IfIndex(kPorts);
  tagged.vlan = 7;
  all.push_back(tagged);
  tables.interfaces.publish(std::make_unique<const table::InterfaceSet>(std::move(all)), graveyard);
}

void TestRouter::set(Hop slot, NextHop hop) {
  tables.next_hops.set(NextHopId(slot), std::make_unique<const NextHop>(std::move(hop)), graveyard);
}

void TestRouter::fill_hops() {
  set(kOut1, hop_out(1, 1));
  set(kOut1Other, hop_out(1, 2));
  set(kOut2, hop_out(2, 3));
  NextHop tagged = hop_out(2, 4);
  const VlanTag tag{Be16(9), Be16(ether_type::kIp4)};
  tagged.rewrite[12] = 0x81;
  tagged.rewrite[13] = 0x00;
  std::memcpy(&tagged.rewrite[14], &tag, sizeof tag);
  tagged.rewrite_bytes = 18;
  set(kTagged, tagged);
  NextHop narrow = hop_out(1, 5);
  narrow.mtu = 100;
  set(kNarrow, narrow);
  NextHop policed = hop_out(1, 6);
  policed.features = table::Interface::kPolicer;
  set(kPoliced, policed);
  NextHop unresolved = hop_of(NextHopKind::kResolve);
  unresolved.gateway = *IpAddr::parse("10.255.1.77");
  set(kUnresolved, unresolved);
  set(kSubnet, hop_of(NextHopKind::kGlean));
  set(kOurs, hop_of(NextHopKind::kLocal));
  set(kHole, hop_of(NextHopKind::kBlackhole));
  set(kRefused, hop_of(NextHopKind::kReject));
  set(kBogus, hop_of(NextHopKind::kMartian));
  NextHop spread = hop_of(NextHopKind::kGroup);
  spread.bucket_bits = 2;
  spread.buckets = {NextHopId(kOut1), NextHopId(kOut2), NextHopId(kUnresolved), NextHopId(kOut2)};
  set(kSpread, spread);
}

// 10.SLOT.0.0/16 and 2001:db8:SLOT::/48 lead to each slot; 10.255.0.0/24, where senders live, to
// port 0.
void TestRouter::fill_routes() {
  for (uint16_t slot = kOut1; slot <= kSpread; ++slot) {
    const Prefix4 four(Ip4Addr(10, static_cast<uint8_t>(slot), 0, 0), 16);
    const Prefix6 six(Ip6Addr::from_halves(0x2001'0db8'0000'0000 | uint64_t{slot} << 16, 0), 48);
    ASSERT_TRUE(tables.fib4.insert(four, NextHopId(slot)).has_value());
    ASSERT_TRUE(tables.fib6.insert(six, NextHopId(slot)).has_value());
  }
  const NextHopId back(kSpread + 1);
  tables.next_hops.set(back, std::make_unique<const NextHop>(hop_out(0, 9)), graveyard);
  ASSERT_TRUE(tables.fib4.insert(Prefix::parse("10.255.0.0/24")->v4(), back).has_value());
  ASSERT_TRUE(tables.fib6.insert(Prefix::parse("2001:db8:ffff::/64")->v6(), back).has_value());
  for (const char* martian : {"0.0.0.0/8", "127.0.0.0/8", "240.0.0.0/4"})
    ASSERT_TRUE(tables.fib4.insert(Prefix::parse(martian)->v4(), NextHopId(kBogus)).has_value());
}

void TestRouter::drain_punts() {
  for (auto& own : per_worker) {
    seam::Punt punt;
    while (own->channels.punt.pop(punt))
      if (punt.packet != nullptr) release(punt.packet);
  }
}

void TestRouter::turn(unsigned id) {
  // Long enough for the rate limits to refill: what they let pass must not depend on order.
  now += seconds(1);
  workers[id]->turn(now);
  drain_punts();
  graveyard.seal();
  graveyard.reclaim();
}

void TestRouter::turn() {
  for (unsigned id = 0; id < workers.size(); ++id) turn(id);
}

void TestRouter::receive(PortId port, const std::vector<Arrival>& frames, unsigned burst) {
  TestPort& at = ports[port.value];
  at.most_a_burst = burst;
  at.arriving.insert(at.arriving.end(), frames.begin(), frames.end());
  while (!at.arriving.empty()) turn();
  turn();
}

std::map<std::string, uint64_t> TestRouter::counts() const {
  std::map<std::string, uint64_t> sums;
  const auto add = [&sums](const std::string& name, const seam::Counter& counter) {
    if (const uint64_t n = counter.get(); n != 0) sums[name] += n;
  };
  for (const auto& own : per_worker) {
    const seam::WorkerCounters& c = own->counters;
    add("rx", c.rx), add("tx", c.tx), add("local", c.local), add("punted", c.punted);
    add("injected", c.injected), add("originated", c.originated), add("held", c.held);
    add("handed_out", c.handed_out), add("handed_in", c.handed_in);
    add("fused", c.stages[static_cast<size_t>(seam::Stage::kFused)].packets);
    for (size_t i = 0; i < kDropReasons; ++i)
      add("drop " + std::string(kDropReasonNames[i]), c.drops[i]);
    for (size_t i = 0; i < seam::kMaxInterfaces; ++i) {
      const std::string at = "interface " + std::to_string(i);
      const seam::InterfaceCount& n = c.interfaces[i];
      add(at + " rx", n.rx_packets), add(at + " rx bytes", n.rx_bytes);
      add(at + " tx", n.tx_packets), add(at + " tx bytes", n.tx_bytes);
      add(at + " drops", n.drops);
    }
  }
  return sums;
}

uint64_t TestRouter::count(const std::string& name) const {
  const auto all = counts();
  const auto at = all.find(name);
  return at == all.end() ? 0 : at->second;
}

int64_t TestRouter::unaccounted() const {
  int64_t sum = 0;
  for (const auto& [name, n] : counts()) {
    const auto amount = static_cast<int64_t>(n);
    if (name == "rx" || name == "injected" || name == "originated") sum += amount;
    if (name == "tx" || name == "local" || name == "punted" || name == "held") sum -= amount;
    if (name.starts_with("drop ")) sum -= amount;
  }
  return sum;
}

}  // namespace spanway::test
