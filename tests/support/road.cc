// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/road.h"

#include <cstring>
#include <utility>

#include "dataplane/base/check.h"

namespace spanway::test {

using table::NextHop;
using table::NextHopKind;

const EtherAddr Road::kLeftMac{{2, 0, 0, 0, 1, 1}};
const EtherAddr Road::kRightMac{{2, 0, 0, 0, 2, 1}};
const EtherAddr Road::kLeftPeer{{2, 0, 0, 0, 1, 2}};
const EtherAddr Road::kRightPeer{{2, 0, 0, 0, 2, 2}};

// Where frames leave: copied, counted as tx and released.
class Road::Wire final : public stage::Output {
 public:
  Wire(seam::WorkerCounters& counters, const uint16_t& card_sums)
      : counters_(counters), card_sums_(card_sums) {}
  void flush(PortId port) noexcept override {
    Queue& queue = queues_[port.value];
    for (unsigned i = 0; i < queue.count; ++i) {
      const uint64_t asked = do_as_asked(queue.packets[i]);
      sent.push_back({port, bytes_of(queue.packets[i]), asked});
      release(queue.packets[i]);
    }
    counters_.tx.add(queue.count);
    queue.count = 0;
  }
  void flush_all() noexcept {
    for (uint16_t port = 0; port < stage::kMaxPorts; ++port) flush(PortId(port));
  }
  [[nodiscard]] uint16_t card_sums(PortId) const noexcept override { return card_sums_; }
  std::vector<Sent> sent;

 private:
  seam::WorkerCounters& counters_;
  const uint16_t& card_sums_;
};

namespace {

class Nobody final : public stage::Listener {
 public:
  [[nodiscard]] bool listens(uint16_t) const noexcept override { return false; }
  void take(stage::Context& context, Packet* p, stage::Batch&) noexcept override {
    stage::drop(context, p, DropReason::kLocalUnknownProtocol);
  }
};

table::Interface make_interface(IfIndex index, PortId port, const EtherAddr& mac,
                                const char* address4, const char* address6) {
  table::Interface out;
  out.index = index;
  out.port = port;
  out.mac = mac;
  out.up = true;
  for (const char* address : {address4, address6, "fe80::1/64"})
    out.addresses.push_back(IpWithLength::parse(address).value());
  return out;
}

}  // namespace

Road::Road() : hold_(stage::make_hold()), wire_(std::make_unique<Wire>(counters, card_sums)) {
  interfaces.push_back(
      make_interface(kLeft, kLeftPort, kLeftMac, "10.0.1.1/24", "2001:db8:1::1/64"));
  interfaces.push_back(
      make_interface(kRight, kRightPort, kRightMac, "10.0.2.1/24", "2001:db8:2::1/64"));
  publish_interfaces();
  const NextHopId local = add_hop(to_kind(NextHopKind::kLocal));
  for (const char* own : {"10.0.1.1/32", "10.0.2.1/32", "2001:db8:1::1/128", "2001:db8:2::1/128"})
    route(own, local);
  const NextHopId martian = add_hop(to_kind(NextHopKind::kMartian));
  for (const char* prefix : {"0.0.0.0/8", "127.0.0.0/8", "240.0.0.0/4", "::/128", "::1/128"})
    route(prefix, martian);
  const NextHopId left = add_hop(to_kind(NextHopKind::kGlean, kLeft));
  const NextHopId right = add_hop(to_kind(NextHopKind::kGlean, kRight));
  route("10.0.1.0/24", left);
  route("2001:db8:1::/64", left);
  route("10.0.2.0/24", right);
  route("2001:db8:2::/64", right);
  route("10.0.1.2/32", to_neighbour(kLeft, kLeftPeer));
  route("10.0.2.2/32", to_neighbour(kRight, kRightPeer));
  route("2001:db8:1::2/128", to_neighbour(kLeft, kLeftPeer, Family::kIp6));
  route("2001:db8:2::2/128", to_neighbour(kRight, kRightPeer, Family::kIp6));
}

Road::~Road() {
  punted();
  shut_down();
}

NextHopId Road::add_hop(NextHop hop) {
  const NextHopId id(next_slot_++);
  set_hop(id, std::move(hop));
  return id;
}

void Road::set_hop(NextHopId id, NextHop hop) {
  tables_.next_hops.set(id, std::make_unique<const NextHop>(std::move(hop)), graveyard_);
}

void Road::route(std::string_view text, NextHopId hop) {
  const Prefix prefix = Prefix::parse(text).value();
  const Status done =
      prefix.is4() ? tables_.fib4.insert(prefix.v4(), hop) : tables_.fib6.insert(prefix.v6(), hop);
  SPANWAY_CHECK(done.has_value());
}

NextHop Road::to_kind(NextHopKind kind, IfIndex interface, std::string_view gateway) {
  NextHop hop;
  hop.kind = kind;
  hop.interface = interface;
  hop.mtu = 1500;
  if (!gateway.empty()) hop.gateway = IpAddr::parse(gateway).value();
  return hop;
}

NextHop Road::to_neighbour(IfIndex index, const EtherAddr& mac, Family family, uint16_t mtu) const {
  const table::Interface* interface = nullptr;
  for (const table::Interface& one : interfaces)
    if (one.index == index) interface = &one;
  SPANWAY_CHECK(interface != nullptr);
  NextHop hop = to_kind(NextHopKind::kForward, index);
  hop.mtu = mtu;
  hop.port = interface->port;
  const Ether ether{mac, interface->mac, interface->vlan == 0 ? -1 : interface->vlan};
  const Bytes front = frame(ether, family == Family::kIp4 ? 0x0800 : 0x86dd, {});
  hop.rewrite_bytes = static_cast<uint8_t>(front.size());
  std::memcpy(hop.rewrite.data(), front.data(), front.size());
  return hop;
}

void Road::publish_interfaces() {
  tables_.interfaces.publish(std::make_unique<const table::InterfaceSet>(interfaces), graveyard_);
}

void Road::watch(const seam::Watch& watch) {
  tables_.watch.publish(std::make_unique<const seam::Watch>(watch), graveyard_);
}

stage::Context Road::context() {
  static Nobody nobody;
  return stage::Context{.tables = tables_,
                        .interfaces = tables_.interfaces.load(),
                        .watch = tables_.watch.load(),
                        .now = now,
                        .timing = timing,
                        .counters = counters,
                        .channels = channels,
                        .buffers = buffers,
                        .output = *wire_,
                        .hold = *hold_,
                        .icmp_errors = icmp_errors,
                        .local_fragments = local_fragments,
                        .listener = listener == nullptr ? nobody : *listener};
}

void Road::turn(const std::function<void(stage::Context&)>& serve) {
  stage::Context turn = context();
  serve(turn);
  wire_->flush_all();
}

void Road::receive(PortId port, const Bytes& bytes) {
  receive(port, std::vector<Packet*>{packet_of(bytes)});
}
void Road::receive(PortId port, const std::vector<Packet*>& packets) {
  stage::Context turn = context();
  stage::walk_received(turn, port, packets);
  wire_->flush_all();
}
void Road::inject(seam::Inject::How how, IfIndex interface, const Bytes& bytes,
                  uint16_t open_sums) {
  inject(seam::Inject{
      .how = how, .interface = interface, .packet = packet_of(bytes), .open_sums = open_sums});
}
void Road::inject(const seam::Inject& one) {
  stage::Context turn = context();
  stage::walk_injected(turn, {&one, 1});
  wire_->flush_all();
}
void Road::tell(seam::Message::Kind kind, IfIndex interface, const IpAddr& address) {
  stage::Context turn = context();
  stage::on_message(turn, seam::Message{kind, interface, address, 0});
  wire_->flush_all();
}
void Road::shut_down() {
  stage::Context last = context();
  stage::drop_held(last);
}
void Road::expire() {
  stage::Context turn = context();
  stage::expire_held(turn);
  wire_->flush_all();
}

std::vector<Sent> Road::sent() { return std::exchange(wire_->sent, {}); }

std::vector<Road::Punted> Road::punted() {
  std::vector<Punted> out;
  seam::Punt punt;
  while (channels.punt.pop(punt)) {
    out.push_back({punt, punt.packet != nullptr ? bytes_of(punt.packet) : Bytes{}});
    if (punt.packet != nullptr) release(punt.packet);
    out.back().punt.packet = nullptr;
  }
  return out;
}

uint64_t Road::drops(DropReason reason) const {
  return counters.drops[static_cast<size_t>(reason)].get();
}
uint64_t Road::all_drops() const {
  uint64_t sum = 0;
  for (const seam::Counter& count : counters.drops) sum += count.get();
  return sum;
}
int64_t Road::imbalance() const {
  const uint64_t in = counters.rx.get() + counters.injected.get() + counters.originated.get() +
                      counters.handed_in.get();
  const uint64_t out = counters.tx.get() + counters.local.get() + counters.punted.get() +
                       counters.held.get() + all_drops() + counters.handed_out.get();
  return static_cast<int64_t>(in) - static_cast<int64_t>(out);
}

}  // namespace spanway::test
