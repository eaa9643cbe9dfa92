// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/transport_road.h"

#include <cstring>
#include <utility>

#include "dataplane/packet/datagram.h"
#include "dataplane/packet/headers.h"
#include "dataplane/packet/parse.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/punt.h"
#include "dataplane/stage/walk.h"
#include "dataplane/stage/watch.h"

namespace spanway::worker {
namespace {

using transport::Met;
using transport::PacketKind;
using transport::Path;

// RFC 3168 section 5: the sender understands "congestion experienced", which the second value says.
constexpr uint8_t kEcnCapable = 2, kEcnMask = 3, kEcnMarked = 3;

UdpHeader& udp(Packet* p) noexcept { return header_at<UdpHeader>(p, meta(p).l4); }

// Parse has seen that the datagram's length lies inside of the packet.
std::span<uint8_t> payload_of(Packet* p) noexcept {
  return {data(p) + meta(p).l4 + sizeof(UdpHeader), udp(p).length.host() - sizeof(UdpHeader)};
}

DatagramFront front_of(Packet* p) noexcept {
  return front_at(data(p) + meta(p).l3, data(p) + meta(p).l4);
}

Path path_of(const DatagramFront& front) noexcept {
  return {{front.destination, front.destination_port}, {front.source, front.source_port}};
}

void end_here(stage::Context& context, Packet* p) noexcept {
  stage::end_trace(context, p, DropReason::kNone);
  context.counters.local.add(1);
}

// Ethernet's header too, which is written when the next hop is known.
size_t room_before(const Path& path) noexcept {
  return sizeof(EtherHeader) + front_bytes(path.own.address.is4());
}

void write_before(Packet* p, const Path& path, size_t payload) noexcept {
  write_front(data(p) + sizeof(EtherHeader),
              {path.own.address, path.peer.address, path.own.port, path.peer.port, kEcnCapable},
              payload);
}

}  // namespace

TransportRoad::TransportRoad(const TransportParts* parts, WorkerId self, Handover& handover,
                             Nanos now)
    : parts_(parts), self_(self), handover_(handover) {
  if (parts != nullptr)
    endpoint_ =
        std::make_unique<transport::Endpoint>(parts->most_sessions, parts->rings, parts->apps, now);
}

TransportRoad::~TransportRoad() {
  if (blank_ != nullptr) release(blank_);
}

void TransportRoad::take(stage::Context& context, Packet* p, stage::Batch& made) noexcept {
  const std::span<uint8_t> payload = payload_of(p);
  const auto header = transport::read_header(payload);
  if (!header) return stage::drop(context, p, DropReason::kTransportRefused);
  switch (header->kind) {
    case PacketKind::kData:
      return take_data(context, p, payload, true);
    case PacketKind::kHello:
      return take_hello(context, p, payload, made);
    case PacketKind::kOpen:
      return take_open(context, p, payload);
    case PacketKind::kChallenge:
    case PacketKind::kAccept:
      // Most of what nobody waits for ends here, and takes no room from what somebody does.
      if (!parts_->owners.is_dialled(header->connection) || !answers_.take(context.now))
        return stage::drop(context, p, DropReason::kTransportHandshake);
      return stage::punt(context, p, seam::PuntReason::kTransport);
  }
}

void TransportRoad::take_handed(stage::Context& context, Packet* p) noexcept {
  if (parts_ == nullptr) return stage::drop(context, p, DropReason::kTransportUnknown);
  take_data(context, p, payload_of(p), false);
}

bool TransportRoad::hand_on(stage::Context& context, Packet* p,
                            std::span<const uint8_t> payload) noexcept {
  const auto owner = parts_->owners.find(transport::read_header(payload)->connection);
  if (!owner || *owner == self_ || owner->value >= handover_.workers()) return false;
  if (!handover_.ring(self_, *owner).push({p, meta(p).in_port, Handed::To::kTransport}))
    return false;
  context.counters.handed_out.add(1);
  return true;
}

void TransportRoad::take_data(stage::Context& context, Packet* p, std::span<uint8_t> payload,
                              bool may_hand_on) noexcept {
  const DatagramFront front = front_of(p);
  const bool is_marked = (front.traffic_class & kEcnMask) == kEcnMarked;
  switch (endpoint_->on_packet(path_of(front), payload, is_marked, context.now)) {
    case Met::kTaken:
      end_here(context, p);
      return release(p);
    case Met::kNobody:
      if (may_hand_on && hand_on(context, p, payload)) return;
      [[fallthrough]];
    case Met::kStranger:
      return stage::drop(context, p, DropReason::kTransportUnknown);
    case Met::kRefused:
      return stage::drop(context, p, DropReason::kTransportRefused);
  }
}

// Answered in its own buffer: the challenge is shorter.
void TransportRoad::take_hello(stage::Context& context, Packet* p, std::span<const uint8_t> payload,
                               stage::Batch& made) noexcept {
  transport::ChallengePacket answer;
  const Path path = path_of(front_of(p));
  const size_t front = room_before(path);
  const size_t before = meta(p).l4 + sizeof(UdpHeader);
  // Extension headers and options would have to be taken out.
  if (before - meta(p).l3 + sizeof(EtherHeader) != front ||
      parts_->gate.challenge(path.peer, payload, answer, context.now))
    return stage::drop(context, p, DropReason::kTransportHandshake);
  end_here(context, p);
  context.counters.originated.add(1);
  std::memcpy(data(p) + before, answer.data(), answer.size());
  trim_front(p, static_cast<uint16_t>(before - front));
  trim_back(p, static_cast<uint16_t>(length(p) - front - answer.size()));
  write_before(p, path, answer.size());
  Meta& m = meta(p) = Meta{.l3 = sizeof(EtherHeader), .flags = Meta::kFromLocal};
  parse_ip({data(p), length(p)}, m);
  stage::leave_open(p, Meta::kOpenSums);
  made.add(p);
}

void TransportRoad::take_open(stage::Context& context, Packet* p,
                              std::span<const uint8_t> payload) noexcept {
  const transport::Gate& gate = parts_->gate;
  const transport::Peer peer = path_of(front_of(p)).peer;
  const Nanos now = context.now;
  // Behind the cookie, so that nobody uses up another one's share.
  if (gate.admit(peer, payload, now) || !opens_.has(now, 1) ||
      !is_fair(gate.mark(peer.address, SourceShares::span_of(now)), now))
    return stage::drop(context, p, DropReason::kTransportHandshake);
  opens_.take(now);
  stage::punt(context, p, seam::PuntReason::kTransport);
}

// Beyond its share a source gets what nobody misses: half of the bucket is everybody's.
bool TransportRoad::is_fair(uint64_t source, Nanos now) noexcept {
  return shares_.take(source, now) || opens_.has(now, tuning::kTransportOpenBurst / 2);
}

unsigned TransportRoad::serve(stage::Context& context) noexcept {
  if (parts_ == nullptr) return 0;
  context_ = &context;
  const unsigned met = endpoint_->serve(context.now, *this);
  flush();
  context_ = nullptr;
  return met;
}

std::span<uint8_t> TransportRoad::room(const transport::Session& session) noexcept {
  if (blank_ == nullptr) blank_ = context_->buffers.allocate();
  if (blank_ == nullptr) return {};
  const size_t front = room_before(session.path());
  return {data(blank_) + front, size_t{rte_pktmbuf_tailroom(blank_)} - front};
}

void TransportRoad::send(const transport::Session& session, size_t bytes) noexcept {
  Packet* p = std::exchange(blank_, nullptr);
  const size_t front = room_before(session.path());
  append(p, static_cast<uint16_t>(front + bytes));
  write_before(p, session.path(), bytes);
  Meta& m = meta(p);
  m.l3 = sizeof(EtherHeader);
  m.flags = Meta::kFromLocal;
  m.rx_time_ns = static_cast<uint64_t>(context_->now.ns());
  parse_ip({data(p), length(p)}, m);
  stage::leave_open(p, Meta::kOpenSums);
  written_.add(p);
  if (written_.size() == tuning::kBurst) flush();
}

void TransportRoad::flush() noexcept {
  if (written_.empty()) return;
  context_->counters.originated.add(written_.size());
  stage::walk_made(*context_, written_);
  written_.clear();
}

}  // namespace spanway::worker
