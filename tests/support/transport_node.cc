// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/transport_node.h"

#include <array>
#include <cstring>

#include "dataplane/base/check.h"
#include "dataplane/packet/headers.h"
#include "dataplane/packet/packet.h"
#include "dataplane/seam/published.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/worker/steering.h"
#include "drivers/port.h"
#include "tests/support/eal.h"

namespace spanway::test {
namespace {

using table::NextHop;
using table::NextHopKind;
using Bytes = std::vector<uint8_t>;

constexpr PortId kPort{0};
constexpr IfIndex kLink{1};
// So that a buffer holds the frame; longer packets are tried by nobody.
constexpr uint16_t kMtu = 1'900;

EtherAddr mac_of(unsigned index) { return {{2, 0, 0, 0, 0, static_cast<uint8_t>(index + 1)}}; }

// Tables say the same in every life, so a node has them once.
struct Ground {
  explicit Ground(unsigned index);
  void add(NextHop hop, std::string_view text);

  seam::Qsbr qsbr{8};
  seam::Graveyard graveyard{qsbr};
  table::Tables tables{graveyard, size_t{1} << 24};
  uint16_t next_slot = 1;
};

NextHop hop_of(NextHopKind kind) {
  NextHop hop;
  hop.kind = kind;
  hop.interface = kLink;
  hop.port = kPort;
  hop.mtu = kMtu;
  return hop;
}

NextHop hop_to(unsigned from, unsigned to, Family family) {
  NextHop hop = hop_of(NextHopKind::kForward);
  const EtherHeader ether{mac_of(to), mac_of(from),
                          Be16(family == Family::kIp4 ? ether_type::kIp4 : ether_type::kIp6)};
  std::memcpy(hop.rewrite.data(), &ether, sizeof ether);
  hop.rewrite_bytes = sizeof ether;
  return hop;
}

Ground::Ground(unsigned index) {
  table::Interface link;
  link.index = kLink;
  link.port = kPort;
  link.mac = mac_of(index);
  link.up = true;
  for (const Family family : {Family::kIp4, Family::kIp6}) {
    const IpAddr own = TransportNode::address(index, family);
    link.addresses.push_back(
        IpWithLength::parse(own.to_string() + (own.is4() ? "/24" : "/64")).value());
    for (unsigned i = 0; i < TransportNode::kMost; ++i)
      add(i == index ? hop_of(NextHopKind::kLocal) : hop_to(index, i, family),
          TransportNode::address(i, family).to_string() + (own.is4() ? "/32" : "/128"));
    add(hop_to(index, TransportNode::kMost, family), own.is4() ? "0.0.0.0/0" : "::/0");
  }
  tables.interfaces.publish(
      std::make_unique<const table::InterfaceSet>(std::vector<table::Interface>{link}), graveyard);
}

void Ground::add(NextHop hop, std::string_view text) {
  const NextHopId id(next_slot++);
  tables.next_hops.set(id, std::make_unique<const NextHop>(std::move(hop)), graveyard);
  const Prefix prefix = Prefix::parse(text).value();
  SPANWAY_CHECK(
      (prefix.is4() ? tables.fib4.insert(prefix.v4(), id) : tables.fib6.insert(prefix.v6(), id)));
}

Ground& ground(unsigned index) {
  static std::array<std::unique_ptr<Ground>, TransportNode::kMost> all;
  if (!all[index]) all[index] = std::make_unique<Ground>(index);
  return *all[index];
}

void fill(void* random, std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*static_cast<Random*>(random))() >> 7);
}

// Of addresses and ports, as a card's hash.
uint64_t flow_of(const Bytes& frame, uint64_t spread) {
  const bool is4 = frame.size() > 13 && frame[12] == 0x08;
  const size_t from = is4 ? 26 : 22, to = is4 ? 38 : 58;
  uint64_t hash = 0xcbf29ce484222325 + spread * 0x9e3779b97f4a7c15;
  for (size_t i = from; i < to && i < frame.size(); ++i) hash = (hash ^ frame[i]) * 0x100000001b3;
  return hash >> 24;
}

}  // namespace

class TransportNode::Card final : public drivers::Port {
 public:
  Card(unsigned index, size_t queues, Segment& segment)
      : index_(index), segment_(segment), queues_(queues) {}

  std::deque<Bytes>& queue(size_t i) { return queues_[i]; }
  [[nodiscard]] size_t queues() const { return queues_.size(); }

  uint16_t rx_burst(QueueId queue, Packet** out, uint16_t room, Nanos) noexcept override {
    std::deque<Bytes>& from = queues_[queue.value];
    uint16_t count = 0;
    for (; count < room && !from.empty(); ++count, from.pop_front()) {
      const Bytes& frame = from.front();
      out[count] = buffers().allocate();
      std::memcpy(append(out[count], static_cast<uint16_t>(frame.size())), frame.data(),
                  frame.size());
    }
    return count;
  }
  uint16_t tx_burst(QueueId, Packet** packets, uint16_t count, Nanos now) noexcept override {
    for (uint16_t i = 0; i < count; ++i)
      segment_.put(index_, {data(packets[i]), data(packets[i]) + length(packets[i])}, now);
    release_burst(packets, count);
    return count;
  }
  [[nodiscard]] const drivers::PortInfo& info() const noexcept override { return info_; }
  [[nodiscard]] drivers::LinkState link() const override { return {.up = true}; }
  [[nodiscard]] drivers::PortStats stats() const override { return {}; }
  Status start() override { return {}; }
  void stop() override {}
  Status set_mtu(uint16_t) override { return {}; }
  Status set_promiscuous(bool) override { return {}; }
  Status join_group(const EtherAddr&) override { return {}; }

 private:
  unsigned index_;
  Segment& segment_;
  std::vector<std::deque<Bytes>> queues_;
  drivers::PortInfo info_;
};

IpAddr TransportNode::address(unsigned index, Family family) {
  const auto last = static_cast<uint8_t>(index + 1);
  if (family == Family::kIp4) return Ip4Addr(10, 0, 0, last);
  return Ip6Addr::from_halves(0x2001'0db8'0000'0000, last);
}

unsigned TransportNode::target(std::span<const uint8_t> frame) {
  return std::min<unsigned>(static_cast<uint8_t>(frame[5] - 1), kMost);
}

TransportNode::TransportNode(const NodeOptions& options, Segment& segment)
    : options_(options), secrets_(options.secret), handover_(options.host.workers) {
  const uint16_t workers = options.host.workers;
  host_ = std::make_unique<transport::Host>(options.host, *this, fill, &secrets_);
  host_->protect(options.security);
  card_ = std::make_unique<Card>(options.index, options.steered ? 1u : workers, segment);
  Ground& under = ground(options.index);
  parts_.reserve(workers);
  for (uint16_t w = 0; w < workers; ++w) {
    PerWorker& own = *per_worker_.emplace_back(std::make_unique<PerWorker>());
    worker::Plan plan;
    plan.workers = workers;
    if (!options.steered || w == 0)
      plan.rx.push_back({card_.get(), kPort, QueueId(w), options.steered && workers > 1});
    plan.tx.push_back({card_.get(), QueueId(w), WorkerId(w)});
    own.plan.publish(std::make_unique<const worker::Plan>(std::move(plan)), under.graveyard);
    parts_.push_back({host_->listening(),
                      host_->owners(),
                      host_->welcome().gate(),
                      host_->rings(WorkerId(w)),
                      options.host.most_sessions,
                      {options.apps[w]}});
    workers_.push_back(std::make_unique<worker::Worker>(worker::WorkerParts{
        WorkerId(w), under.tables, own.plan, under.qsbr, own.counters, own.channels, handover_,
        buffers(), worker::KernelChoice::kBest, &parts_.back(), options.born}));
  }
}

TransportNode::~TransportNode() { stop(); }

void TransportNode::arrive(Bytes frame) {
  const size_t queue = flow_of(frame, spread_) % card_->queues();
  card_->queue(queue).push_back(std::move(frame));
}

unsigned TransportNode::turn(Nanos now) {
  unsigned met = 0;
  for (size_t w = 0; w < workers_.size(); ++w) {
    const uint64_t before = per_worker_[w]->counters.punted.get();
    met += workers_[w]->turn(now);
    punts_wait_ = punts_wait_ || per_worker_[w]->counters.punted.get() != before;
  }
  return met;
}

Nanos TransportNode::control(Nanos now) {
  punts_wait_ = false;
  for (uint16_t w = 0; w < per_worker_.size(); ++w) {
    seam::Punt punt;
    while (per_worker_[w]->channels.punt.pop(punt)) {
      on_punt(w, punt, now);
      if (punt.packet != nullptr) release(punt.packet);
    }
  }
  return host_->step(now);
}

void TransportNode::on_punt(uint16_t worker, const seam::Punt& punt, Nanos now) {
  if (punt.reason != seam::PuntReason::kTransport) return;
  Packet* p = punt.packet;
  const auto& udp = header_at<UdpHeader>(p, meta(p).l4);
  transport::Path path{{{}, udp.destination_port.host()}, {{}, udp.source_port.host()}};
  if (meta(p).family == 4) {
    path.own.address = stage::ip4(p).destination.addr();
    path.peer.address = stage::ip4(p).source.addr();
  } else {
    path.own.address = stage::ip6(p).destination;
    path.peer.address = stage::ip6(p).source;
  }
  host_->on_packet(WorkerId(worker), path,
                   {data(p) + meta(p).l4 + sizeof udp, udp.length.host() - sizeof udp}, now);
}

bool TransportNode::send_datagram(std::span<const uint8_t> packet) {
  Packet* p = buffers().allocate();
  std::memcpy(
      append(p, static_cast<uint16_t>(sizeof(EtherHeader) + packet.size())) + sizeof(EtherHeader),
      packet.data(), packet.size());
  seam::Inject inject{.how = seam::Inject::How::kRouted, .packet = p, .open_sums = Meta::kOpenSums};
  if (per_worker_.front()->channels.inject.push(inject)) return true;
  release(p);
  return false;
}

std::optional<IpAddr> TransportNode::source_towards(const IpAddr& to) {
  return address(options_.index, to.family());
}

uint64_t TransportNode::drops(DropReason reason) const {
  uint64_t sum = 0;
  for (const auto& one : per_worker_) sum += one->counters.drops[static_cast<size_t>(reason)].get();
  return sum;
}

uint64_t TransportNode::handed() const {
  uint64_t sum = 0;
  for (const auto& one : per_worker_) sum += one->counters.handed_out.get();
  return sum;
}

int64_t TransportNode::stop() {
  if (workers_.empty()) return 0;
  workers_.clear();
  int64_t missing = 0;
  for (const auto& one : per_worker_) {
    seam::Punt punt;
    while (one->channels.punt.pop(punt))
      if (punt.packet != nullptr) release(punt.packet);
    const seam::WorkerCounters& c = one->counters;
    uint64_t dropped = 0;
    for (const seam::Counter& count : c.drops) dropped += count.get();
    missing += static_cast<int64_t>(c.rx.get() + c.injected.get() + c.originated.get() +
                                    c.handed_in.get()) -
               static_cast<int64_t>(c.tx.get() + c.local.get() + c.punted.get() + c.held.get() +
                                    c.handed_out.get() + dropped);
  }
  return missing;
}

}  // namespace spanway::test
