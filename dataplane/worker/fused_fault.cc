// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker/fused_fault.h"

#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"
#include "dataplane/worker/fused_plain.h"

namespace spanway::worker {
namespace {

bool checksum_ok(const Packet* packet, const Ip4Header& ip) noexcept {
  const ChecksumVerdict verdict = ip_checksum_verdict(packet);
  if (verdict == ChecksumVerdict::kUnknown) return ip4_checksum_ok(ip);
  return verdict == ChecksumVerdict::kGood;
}

// RFC 1812 section 5.2.2, in the order of packet/parse and stage/ip4_input.
DropReason fault4(const Packet* packet, const Ip4Header& ip, uint32_t left) noexcept {
  if (left < sizeof ip) return DropReason::kIp4Truncated;
  if (ip.version() != 4) return DropReason::kIp4BadVersion;
  const uint32_t header = ip.header_bytes(), total = ip.total_length.host();
  if (header < sizeof ip) return DropReason::kIp4BadHeaderLength;
  if (header > left) return DropReason::kIp4Truncated;
  if (total < header || total > left) return DropReason::kIp4BadTotalLength;
  if (header > sizeof ip) return DropReason::kNone;  // options are for the stages
  if (!checksum_ok(packet, ip)) return DropReason::kIp4BadChecksum;
  // What is plain as an address may be a source; nothing else may.
  if (!plain_address4(ip.source.bits.host())) return DropReason::kIp4MartianSource;
  return DropReason::kNone;
}

// RFC 8200 section 3, in the order of packet/parse and stage/ip6_input.
DropReason fault6(const Ip6Header& ip, uint32_t left) noexcept {
  if (left < sizeof ip) return DropReason::kIp6Truncated;
  if (ip.version() != 6) return DropReason::kIp6BadVersion;
  if (sizeof ip + ip.payload_length.host() > left) return DropReason::kIp6BadPayloadLength;
  for (const uint8_t extension : kExtensions6)  // may be malformed themselves
    if (ip.next_header == extension) return DropReason::kNone;
  if (ip.source.is_multicast() || ip.source.is_loopback()) return DropReason::kIp6MartianSource;
  return DropReason::kNone;
}

}  // namespace

DropReason silent_fault(const Packet* packet, const EtherAddr& mac) noexcept {
  const uint32_t bytes = length(packet);
  if (bytes < kEtherBytes || bytes > UINT16_MAX || packet->nb_segs != 1) return DropReason::kNone;
  const uint8_t* frame = data(packet);
  const auto& ether = *reinterpret_cast<const EtherHeader*>(frame);
  const uint16_t type = ether.type.host();
  // A tag may lead to another interface, a group address to us.
  if (type == ether_type::kVlan || ether.destination.is_group()) return DropReason::kNone;
  if (ether.destination != mac) return DropReason::kNotOurMac;
  const uint8_t* l3 = frame + kEtherBytes;
  const uint32_t left = bytes - kEtherBytes;
  if (type == ether_type::kIp4)
    return fault4(packet, *reinterpret_cast<const Ip4Header*>(l3), left);
  if (type == ether_type::kIp6) return fault6(*reinterpret_cast<const Ip6Header*>(l3), left);
  return DropReason::kNone;
}

}  // namespace spanway::worker
