// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/engine.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "control/attach/allowance.h"
#include "dataplane/base/check.h"
#include "dataplane/packet/datagram.h"
#include "dataplane/packet/headers.h"
#include "dataplane/stage/icmp_error.h"
#include "drivers/factory.h"

namespace spanway::daemon {
namespace {

constexpr Nanos kLinkPoll = millis(50);
// While a routing protocol waits for news of lost links. Asking a device takes some microseconds.
constexpr Nanos kQuickLinkPoll = millis(2);
constexpr Nanos kWorkerWatch = millis(20);
// Rates are worked out from samples this far apart.
constexpr Nanos kLongestSleep = millis(50);
constexpr Nanos kQuietPoll = micros(100);  // while workers have not all been quiet since a change
// The interfaces, neighbours and publisher agree after very few rounds; more would be a fault of
// ours.
constexpr int kSyncRounds = 16;
// Packets of ours that wait for link-local neighbours.
constexpr size_t kMostOnLink = 64;
// The longest IP packet that control can hand to a worker.
constexpr size_t kMostPacketBytes = tuning::kBufferBytes - sizeof(EtherHeader);

template <class T>
std::vector<std::unique_ptr<T>> one_each(uint16_t workers) {
  std::vector<std::unique_ptr<T>> out;
  for (uint16_t w = 0; w < workers; ++w) out.push_back(std::make_unique<T>());
  return out;
}

// Sessions at each worker.
constexpr size_t kMostSessions = 4096;

transport::HostOptions host_options(const EngineOptions& options) {
  // Packets grow as far as the path takes them.
  return {.workers = options.workers,
          .most_sessions = kMostSessions,
          .connection = {.most_packet_bytes = transport::Probes::kParams.packet_bytes},
          .seed = options.seed + 4};
}

// transport::Host::Entropy: secrets of a server, and of an engine that is to do the same again.
void unforeseen(void*, std::span<uint8_t> bytes) {
  SPANWAY_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
}
void seeded(void* random, std::span<uint8_t> bytes) {
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((*static_cast<Random*>(random))());
}

}  // namespace

Engine::Engine(const EngineOptions& options)
    : options_(options),
      now_(options.born),
      qsbr_(options.workers),
      graveyard_(qsbr_),
      tables_(graveyard_),
      counters_(one_each<seam::WorkerCounters>(options.workers)),
      channels_(one_each<seam::Channels>(options.workers)),
      handover_(options.workers),
      plans_(one_each<seam::Published<worker::Plan>>(options.workers)),
      ports_(plans_, graveyard_, options_.buffers, options.network),
      secrets_(options.seed + 5),
      probe_apps_(options.workers),
      transport_(host_options(options), *this, options.predictable ? seeded : unforeseen,
                 &secrets_),
      probes_(transport_, probe_apps_),
      io_(channels_, options.buffers),
      interfaces_(ports_),
      publisher_(tables_, graveyard_, rib_),
      neighbours_(*this, options.seed),
      pings_(*this, options.seed + 1, kMostPacketBytes),
      local_host_(*this, options.seed + 2),
      ospf_({interfaces_, ports_, rib_, io_, neighbours_, options.seed + 3, options.unix_offset_ns,
             options.ospf_record,
             [this](const char* severity, std::string kind, std::string subject,
                    std::string message) {
               event(severity, std::move(kind), std::move(subject), std::move(message));
             }}),
      watching_(tables_.watch, graveyard_, channels_),
      rates_(options.workers),
      store_(options.config_path, *this, drivers::check_device),
      stalled_(options.workers, false) {
  publisher_.set_crew(options.crew);
  for (uint16_t w = 0; w < options.workers; ++w) {
    applications_.push_back(std::make_unique<attach::Service>(w, attach::Limits{}.applications));
    transport_parts_.push_back({transport_.listening(),
                                transport_.owners(),
                                transport_.welcome().gate(),
                                transport_.rings(WorkerId{w}),
                                kMostSessions,
                                {&probe_apps_.clients[w], applications_[w].get()},
                                applications_[w]->bell()});
  }
  for (uint16_t w = 0; w < options.workers; ++w)
    workers_.push_back(
        std::make_unique<worker::Worker>(worker::WorkerParts{.id = WorkerId{w},
                                                             .tables = tables_,
                                                             .plan = *plans_[w],
                                                             .qsbr = qsbr_,
                                                             .counters = *counters_[w],
                                                             .channels = *channels_[w],
                                                             .handover = handover_,
                                                             .buffers = options.buffers,
                                                             .transport = &transport_parts_[w],
                                                             .born = options.born}));
}

Engine::~Engine() {
  workers_.clear();
  // What workers left for control.
  while (io_.poll([](const PacketIo::Punted&) {})) {
  }
  for (OpenPort* port : ports_.all()) (void)ports_.close(port->config.name);
  // No worker is online any more, so every grace period is over: devices stop here.
  graveyard_.seal();
  graveyard_.reclaim();
}

Nanos Engine::step(Nanos now) {
  now_ = now;
  const bool more = io_.poll([this](const PacketIo::Punted& punted) { on_punt(punted); });
  Nanos next = std::min({neighbours_.step(now), pings_.step(now), local_host_.step(now),
                         transport_.step(now), probes_.step(now)});
  if (now >= next_link_poll_ || (ospf_.instance() != nullptr && now >= next_quick_poll_))
    poll_links();
  if (now >= next_worker_watch_) watch_workers();
  if (store_.step(now)) {
    event("warning", "config.undone", "config", "nobody confirmed the last apply: it was undone");
  }
  sync_interfaces();
  next = std::min(next, ospf_.step(now));
  watching_.step();
  rates_.sample(now, [this] { return totals(); });
  publish_step();
  if (publisher_.waits()) next = std::min(next, now + kQuietPoll);
  next = std::min({next, next_link_poll_, next_worker_watch_, store_.confirm_by()});
  return more ? now : std::min(next, now + kLongestSleep);
}

void Engine::publish_step() {
  if (Status done = publisher_.step(); !done)
    event("error", "routes.refused", "routes", done.error().message);
}

void Engine::on_punt(const PacketIo::Punted& punted) {
  switch (punted.reason) {
    case seam::PuntReason::kArp:
      return neighbours_.on_arp(punted.interface, punted.frame, now_);
    case seam::PuntReason::kNd:
      return neighbours_.on_nd(punted.interface, punted.frame, now_);
    case seam::PuntReason::kUnresolved:
      return neighbours_.on_unresolved(punted.interface, punted.address, now_);
    case seam::PuntReason::kEchoReply:
    case seam::PuntReason::kIcmpError:
      if (punted.l3 <= punted.frame.size())
        pings_.on_packet(punted.frame.subspan(punted.l3), punted.time);
      return;
    case seam::PuntReason::kFragment:
      return local_host_.on_fragment(punted.interface, punted.frame, punted.l3, punted.time);
    case seam::PuntReason::kOspf:
      if (punted.l3 > punted.frame.size()) return;
      believe_in_link(punted.interface);
      return ospf_.on_packet(punted.interface, punted.frame.subspan(punted.l3), now_);
    case seam::PuntReason::kTransport:
      return on_handshake(punted);
    case seam::PuntReason::kCount:
      return;
  }
}

// The worker has looked at the headers, the lengths and the checksum.
void Engine::on_handshake(const PacketIo::Punted& punted) {
  const uint8_t* l4 = punted.frame.data() + punted.l4;
  const DatagramFront front = front_at(punted.frame.data() + punted.l3, l4);
  const size_t bytes = reinterpret_cast<const UdpHeader*>(l4)->length.host();
  const transport::Path path{{front.destination, front.destination_port},
                             {front.source, front.source_port}};
  transport_.on_packet(
      punted.worker, path,
      punted.frame.subspan(punted.l4 + sizeof(UdpHeader), bytes - sizeof(UdpHeader)), now_);
}

void Engine::sync_interfaces() {
  if (syncing_) return;
  syncing_ = true;
  for (int round = 0; interfaces_dirty_ && round < kSyncRounds; ++round) {
    interfaces_dirty_ = false;
    for (NamedInterface* one : interfaces_.all())
      one->point_to_point = ospf_.is_point_to_point(one->name);
    // Addresses become ready, or are lost, within this call, which makes them dirty again.
    neighbours_.set_interfaces(interfaces_.for_neighbours(), now_);
    for (NamedInterface* one : interfaces_.all()) {
      one->tentative.clear();
      for (const neighbour::OwnAddress& own : neighbours_.addresses(one->index))
        if (own.address.addr.is6() && own.state == neighbour::AddressState::kTentative)
          one->tentative.push_back(own.address.addr.v6());
    }
    if (auto done = publisher_.set_interfaces(interfaces_.for_tables(), now_); !done)
      event("error", "table.full", "interfaces", done.error().message);
    ospf_.sync(now_);
  }
  syncing_ = false;
}

void Engine::poll_links() {
  links_polled_ = now_;
  next_link_poll_ = now_ + kLinkPoll;
  next_quick_poll_ = now_ + kQuickLinkPoll;
  for (const OpenPort* port : ports_.poll_links()) {
    interfaces_dirty_ = true;
    if (port->link.up)
      event("info", "link.up", port->config.name, port->config.name + " has its link");
    else
      event("warning", "link.down", port->config.name, port->config.name + " lost its link");
  }
}

void Engine::believe_in_link(IfIndex interface) {
  const NamedInterface* one = interfaces_.find(interface);
  const OpenPort* port = one == nullptr ? nullptr : ports_.find(one->port);
  if (port == nullptr || port->link.up || links_polled_ == now_) return;
  poll_links();
  sync_interfaces();
}

void Engine::watch_workers() {
  next_worker_watch_ = now_ + kWorkerWatch;
  for (uint16_t w = 0; w < options_.workers; ++w) {
    const Nanos last(static_cast<int64_t>(counters_[w]->heartbeat_ns.get()));
    const bool stalled = now_ - std::max(last, options_.born) > tuning::kStallAfter;
    if (stalled == stalled_[w]) continue;
    stalled_[w] = stalled;
    const std::string name = "worker " + std::to_string(w);
    if (stalled)
      event("error", "worker.stalled", name, name + " has had no turn for 75 ms");
    else
      event("info", "worker.running", name, name + " runs again");
  }
}

void Engine::send_frame(IfIndex interface, std::span<const uint8_t> frame) {
  io_.send_frame(interface, frame);
}

// Workers hear of it after the tables know, so that what they held finds its way.
void Engine::resolved(IfIndex interface, const IpAddr& ip, const EtherAddr& mac) {
  if (auto done = publisher_.neighbour_resolved(interface, ip, mac); !done)
    event("error", "table.full", ip.to_string(), done.error().message);
  io_.tell_all({seam::Message::Kind::kNeighbourResolved, interface, ip});
  ospf_.on_resolved(interface, ip, mac);
  const NamedInterface* one = interfaces_.find(interface);
  for (const OnLink& waiting : take_on_link(interface, ip)) {
    if (one == nullptr) continue;
    const EtherHeader ether{mac, interfaces_.mac_of(*one), Be16(ether_type::kIp6)};
    std::vector<uint8_t> frame(sizeof ether);
    std::memcpy(frame.data(), &ether, sizeof ether);
    frame.insert(frame.end(), waiting.packet.begin(), waiting.packet.end());
    io_.send_frame(interface, frame, Meta::kOpenSums);
  }
}

void Engine::failed(IfIndex interface, const IpAddr& ip) {
  io_.tell_all({seam::Message::Kind::kNeighbourFailed, interface, ip});
  take_on_link(interface, ip);
  ospf_.on_failed(interface, ip);
  event("warning", "neighbour.failed", ip.to_string(),
        ip.to_string() + " does not answer on " + interfaces_.name_of(interface));
}

void Engine::gone(IfIndex interface, const IpAddr& ip) { publisher_.neighbour_gone(interface, ip); }

void Engine::duplicate_address(IfIndex interface, const IpAddr& ip, const EtherAddr& who) {
  event("error", "address.duplicate", ip.to_string(),
        who.to_string() + " on " + interfaces_.name_of(interface) + " also has our address " +
            ip.to_string());
}

void Engine::address_ready(IfIndex interface, const IpAddr& ip) {
  if (NamedInterface* one = interfaces_.find(interface)) one->ready.insert(ip);
  interfaces_dirty_ = true;
}

void Engine::address_lost(IfIndex interface, const IpAddr& ip) {
  if (NamedInterface* one = interfaces_.find(interface)) one->ready.erase(ip);
  interfaces_dirty_ = true;
}

stats::Snapshot Engine::totals() const {
  stats::Snapshot sum;
  for (uint16_t w = 0; w < options_.workers; ++w) sum.add(*counters_[w]);
  return sum;
}

std::string Engine::interface_towards(const IpAddr& gateway) {
  const publish::ViaState state = publisher_.via_state({gateway, kNoInterface, 1});
  return state.legs.empty() ? "" : interfaces_.name_of(state.legs.front().interface);
}

std::vector<Engine::OnLink> Engine::take_on_link(IfIndex link, const IpAddr& neighbour) {
  const auto others = std::stable_partition(
      on_link_.begin(), on_link_.end(),
      [&](const OnLink& one) { return one.link != link || one.neighbour != neighbour; });
  std::vector<OnLink> taken(std::make_move_iterator(others),
                            std::make_move_iterator(on_link_.end()));
  on_link_.erase(others, on_link_.end());
  return taken;
}

bool Engine::send_probe(std::span<const uint8_t> packet, IfIndex link) {
  Ip6Header ip;
  if (link == kNoInterface || packet.size() < sizeof ip) return io_.send_routed(packet);
  std::memcpy(&ip, packet.data(), sizeof ip);
  if (is_ours(ip.destination)) return io_.send_routed(packet);
  const NamedInterface* one = interfaces_.find(link);
  if (one == nullptr || packet.size() > one->mtu || on_link_.size() == kMostOnLink) return false;
  on_link_.push_back({link, ip.destination, {packet.begin(), packet.end()}});
  // Ends in resolved() or failed(), perhaps within this call.
  neighbours_.on_unresolved(link, ip.destination, now_);
  return true;
}

std::optional<IpAddr> Engine::source_for(const IpAddr& destination, IfIndex link) {
  if (link != kNoInterface) {
    const NamedInterface* one = interfaces_.find(link);
    if (one == nullptr) return std::nullopt;
    for (const IpAddr& own : one->ready)
      if (own.is6() && own.v6().is_link_local()) return own;
    return std::nullopt;
  }
  const auto row = rib_.lookup(destination);
  if (!row || row->target == nullptr) return std::nullopt;
  if (row->target->kind == rib::TargetKind::kLocal) return destination;
  IfIndex out = row->target->interface;
  for (const rib::Via& via : row->target->via)
    if (out == kNoInterface)
      if (const auto legs = publisher_.via_state(via).legs; !legs.empty())
        out = legs.front().interface;
  const NamedInterface* interface = interfaces_.find(out);
  if (interface == nullptr) return std::nullopt;
  for (const IpWithLength& own : interface->configured)
    if (own.addr.family() == destination.family() && interface->ready.contains(own.addr))
      return own.addr;
  return std::nullopt;
}

bool Engine::is_ours(const IpAddr& ip) {
  return std::ranges::any_of(interfaces_.all(),
                             [&](const NamedInterface* one) { return one->ready.contains(ip); });
}

size_t Engine::mtu_of(IfIndex interface) {
  const NamedInterface* one = interfaces_.find(interface);
  return std::min<size_t>(one == nullptr ? kMostPacketBytes : one->mtu, kMostPacketBytes);
}

void Engine::complain(const local::Arrival& about, local::Complaint what, uint32_t pointer) {
  struct End {
    DropReason reason;
    stage::IcmpError error;
  };
  const auto end = [what]() -> End {
    switch (what) {
      case local::Complaint::kTimeout:
        return {DropReason::kLocalReassembly, stage::IcmpError::kReassemblyTime};
      case local::Complaint::kBadField:
        return {DropReason::kLocalReassembly, stage::IcmpError::kParameterProblem};
      case local::Complaint::kProtocolUnreachable:
        return {DropReason::kLocalUnknownProtocol, stage::IcmpError::kProtocolUnreachable};
      case local::Complaint::kPortUnreachable:
        break;
    }
    return {DropReason::kLocalUnknownProtocol, stage::IcmpError::kPortUnreachable};
  }();
  io_.send_refused(about.interface, about.frame, end.reason, static_cast<uint8_t>(end.error),
                   pointer);
}

bool Engine::take_leave(Nanos now) {
  now_ = now;
  (void)ospf_.configure({}, now);
  (void)ospf_.step(now);
  transport_.leave();
  (void)transport_.step(now);
  return !ospf_.sender().waits() && io_.injected() && transport_.sessions().empty();
}

void Engine::set_stage_timing(bool on) {
  stage_timing_ = on;
  seam::Message message;
  message.kind = seam::Message::Kind::kFlags;
  message.value = on ? uint64_t{seam::kStageTiming} : 0;
  io_.tell_all(message);
}

}  // namespace spanway::daemon
