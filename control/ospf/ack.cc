// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/ack.h"

#include <algorithm>

namespace spanway::ospf {

Parsed<std::vector<LsaHeader>> parse_ack(std::span<const uint8_t> body) {
  return parse_lsa_headers(body);
}

Filled write_ack(const Envelope& envelope, std::span<const LsaHeader> headers) {
  Filled out{.packet = begin_packet(PacketType::kAck, envelope)};
  out.taken = std::min(headers.size(), entries_that_fit(out.packet, kLsaHeaderBytes, envelope));
  for (const LsaHeader& header : headers.first(out.taken)) append_lsa_header(out.packet, header);
  finish_packet(out.packet);
  return out;
}

}  // namespace spanway::ospf
