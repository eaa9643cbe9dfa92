// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/watch.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/cycles.h"
#include "dataplane/stage/header_view.h"

namespace spanway::stage {
namespace {

// The packet's addresses in the shape of Match and TraceRecord: IPv4 in the first four bytes.
struct Addresses {
  Ip6Addr source, destination;
};

Addresses addresses_of(Packet* p) noexcept {
  Addresses out;
  if (meta(p).family == 6) return {ip6(p).source, ip6(p).destination};
  if (meta(p).family == 4) {
    const Ip4Header& ip = ip4(p);
    std::memcpy(out.source.bytes.data(), &ip.source, sizeof ip.source);
    std::memcpy(out.destination.bytes.data(), &ip.destination, sizeof ip.destination);
  }
  return out;
}

bool in_prefix(const Ip6Addr& address, const Ip6Addr& wanted, unsigned bits) noexcept {
  const unsigned whole = bits / 8;
  if (std::memcmp(address.bytes.data(), wanted.bytes.data(), whole) != 0) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((address.bytes[whole] ^ wanted.bytes[whole]) >> (8 - rest)) == 0;
}

struct Ports {
  uint16_t source = 0, destination = 0;
};

Ports ports_in_host_order(Packet* p) noexcept {
  if (ports_of(p) == 0) return {};
  const auto& udp = header_at<UdpHeader>(p, meta(p).l4);
  return {udp.source_port.host(), udp.destination_port.host()};
}

void capture(Context& context, PortId port, Packet* p, bool outbound) noexcept {
  const seam::Watch& watch = *context.watch;
  if (watch.capture_id == 0 || !matches(watch.capture_match, port, p)) return;
  seam::CaptureRecord record;
  record.time = context.now;
  record.capture_id = watch.capture_id;
  record.port = port.value;
  record.original_bytes = static_cast<uint16_t>(std::min<uint32_t>(length(p), UINT16_MAX));
  const size_t snap = std::min<size_t>(watch.snap_bytes, seam::CaptureRecord::kSnap);
  record.bytes = static_cast<uint16_t>(std::min<size_t>(snap, record.original_bytes));
  record.outbound = outbound;
  std::memcpy(record.data.data(), data(p), record.bytes);
  if (!context.channels.capture.push(record)) context.channels.capture_lost.add(1);
}

void mark_for_trace(Context& context, Packet* p) noexcept {
  const seam::Watch& watch = *context.watch;
  if (watch.trace_id == 0) return;
  seam::Channels& channels = context.channels;
  if (channels.traced_id != watch.trace_id) {
    channels.traced_id = watch.trace_id;
    channels.traced = 0;
  }
  if (channels.traced >= watch.trace_limit || !matches(watch.trace_match, meta(p).in_port, p))
    return;
  ++channels.traced;
  set(meta(p), Meta::kTraced);
  meta(p).trace_id = watch.trace_id;
}

uint8_t hop_limit_of(Packet* p) noexcept {
  return meta(p).family == 4 ? ip4(p).ttl : meta(p).family == 6 ? ip6(p).hop_limit : uint8_t{0};
}

uint32_t cycles_spent(const Meta& m) noexcept {
  if (m.rx_cycles == 0) return 0;
  return static_cast<uint32_t>(std::min<uint64_t>(cycle_count() - m.rx_cycles, UINT32_MAX));
}

}  // namespace

bool matches(const seam::Match& match, PortId port, Packet* p) noexcept {
  const Meta& m = meta(p);
  if (match.port != 0xffff && match.port != port.value) return false;
  if (match.family != 0 && match.family != m.family) return false;
  if (match.protocol != 0 && (m.family == 0 || match.protocol != m.protocol)) return false;
  if (match.source_bits != 0 || match.destination_bits != 0) {
    // Without a family the prefix could be of either, and would match by chance.
    if (m.family == 0 || match.family == 0) return false;
    const Addresses is = addresses_of(p);
    if (!in_prefix(is.source, match.source, match.source_bits)) return false;
    if (!in_prefix(is.destination, match.destination, match.destination_bits)) return false;
  }
  if (match.source_port == 0 && match.destination_port == 0) return true;
  const Ports is = ports_in_host_order(p);
  return (match.source_port == 0 || match.source_port == is.source) &&
         (match.destination_port == 0 || match.destination_port == is.destination);
}

void watch_arrival(Context& context, Packet* p) noexcept {
  mark_for_trace(context, p);
  capture(context, meta(p).in_port, p, false);
}

void watch_departure(Context& context, PortId port, Packet* p) noexcept {
  capture(context, port, p, true);
}

void end_trace(Context& context, Packet* p, DropReason drop) noexcept {
  Meta& m = meta(p);
  if (!is_set(m, Meta::kTraced)) [[likely]]
    return;
  m.flags = static_cast<uint16_t>(m.flags & ~Meta::kTraced);  // one record a life
  const Addresses address = addresses_of(p);
  const Ports port = ports_in_host_order(p);
  seam::TraceRecord record;
  record.trace_id = m.trace_id;
  record.path = m.trace_path;
  record.cycles = cycles_spent(m);
  record.drop = drop;
  record.family = m.family;
  record.protocol = m.protocol;
  record.ttl = hop_limit_of(p);
  record.in_port = m.in_port;
  record.in_if = m.in_if;
  record.out_if = m.out_if;
  record.source_port = port.source;
  record.destination_port = port.destination;
  record.length = static_cast<uint16_t>(std::min<uint32_t>(length(p), UINT16_MAX));
  record.next_hop = m.next_hop;
  record.time = context.now;
  record.source = address.source;
  record.destination = address.destination;
  if (!context.channels.trace.push(record)) context.channels.trace_lost.add(1);
}

}  // namespace spanway::stage
