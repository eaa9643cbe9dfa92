// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/transport_checksum.h"

#include "dataplane/packet/checksum.h"
#include "dataplane/stage/header_view.h"

namespace spanway::stage {
namespace {

const UdpHeader& udp(Packet* p) noexcept { return header_at<UdpHeader>(p, meta(p).l4); }

uint64_t pseudo(Packet* p, uint32_t bytes) noexcept {
  const uint8_t protocol = meta(p).protocol;
  if (protocol == ip_proto::kIcmp) return 0;  // RFC 792 sums the message alone
  return meta(p).family == 4 ? pseudo_sum(ip4(p), protocol, bytes)
                             : pseudo_sum(ip6(p), protocol, bytes);
}

bool sum_ok(Packet* p) noexcept {
  std::span<const uint8_t> bytes = transport_bytes(p);
  if (meta(p).protocol == ip_proto::kUdp) {
    // No checksum at all is fine over IPv4 (RFC 768), not over IPv6 (RFC 8200 section 8.1).
    if (udp(p).checksum.raw() == 0) return meta(p).family == 4;
    bytes = bytes.first(udp(p).length.host());
  }
  const uint64_t sum = pseudo(p, static_cast<uint32_t>(bytes.size()));
  return checksum_finish(checksum_add(sum, bytes)) == 0;
}

}  // namespace

std::span<const uint8_t> transport_bytes(Packet* p) noexcept {
  const Meta& m = meta(p);
  return {data(p) + m.l4, size_t{m.l3} + m.l3_bytes - m.l4};
}

bool transport_length_ok(Packet* p) noexcept {
  const size_t bytes = transport_bytes(p).size();
  if (meta(p).protocol == ip_proto::kTcp) {
    if (bytes < sizeof(TcpHeader)) return false;
    const size_t header = (header_at<TcpHeader>(p, meta(p).l4).data_offset >> 4) * 4u;
    return header >= sizeof(TcpHeader) && header <= bytes;
  }
  if (meta(p).protocol != ip_proto::kUdp) return true;
  if (bytes < sizeof(UdpHeader)) return false;
  const size_t claimed = udp(p).length.host();
  return claimed >= sizeof(UdpHeader) && claimed <= bytes;
}

bool transport_checksum_ok(Packet* p) noexcept {
  // Made here and not written yet: there is nothing that could be wrong.
  if (is_set(meta(p), Meta::kOpenL4Sum)) return true;
  switch (l4_checksum_verdict(p)) {
    case ChecksumVerdict::kGood:
      return true;
    case ChecksumVerdict::kBad:
      return false;
    default:
      return sum_ok(p);
  }
}

}  // namespace spanway::stage
