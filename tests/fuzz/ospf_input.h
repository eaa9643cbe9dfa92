// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a fuzzer as OSPF packets and LSAs, and what must hold whatever they say: a parser says
// yes or names its reason, and what it took, written and parsed again, is the same. Shared by the
// fuzz targets and their bounded replay.
//
// The input is taken twice: as an IP payload that begins with a header, and as a bare body, so that
// the parser of the body is reached without luck.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "control/ospf/ack.h"
#include "control/ospf/auth.h"
#include "control/ospf/description.h"
#include "control/ospf/hello.h"
#include "control/ospf/lsa.h"
#include "control/ospf/lsa_checksum.h"
#include "control/ospf/request.h"
#include "control/ospf/update.h"
#include "dataplane/base/check.h"

namespace spanway::ospf::fuzz {

using Input = std::span<const uint8_t>;

inline const Envelope kFrom{.router = RouterId(0x01010101), .area = AreaId(0)};

// The bodies to try: the input itself and, where it has a header, what stands behind that.
inline std::vector<Input> bodies_of(Input input, PacketType type) {
  std::vector<Input> out{input};
  const Parsed<Packet> packet = parse_packet(input);
  if (!packet) {
    SPANWAY_CHECK(packet.refusal() <= Refusal::kBadPacketLength);
    return out;
  }
  SPANWAY_CHECK(packet->bytes.size() + packet->trailer.size() == input.size());
  SPANWAY_CHECK(packet->body.size() + kHeaderBytes == packet->bytes.size());
  const Parsed<Proof> proof = Authenticator().verify(*packet, Nanos(0));
  SPANWAY_CHECK(proof || proof.refusal() == Refusal::kAuthTypeMismatch ||
                proof.refusal() == Refusal::kBadPacketChecksum);
  if (packet->type == type) out.push_back(packet->body);
  return out;
}

// The body of a packet that a writer made, which is a right one of that type.
inline std::vector<uint8_t> body_of(const std::vector<uint8_t>& written, PacketType type) {
  const Parsed<Packet> packet = parse_packet(written);
  SPANWAY_CHECK(packet && packet->type == type && packet->router == kFrom.router);
  SPANWAY_CHECK(packet->trailer.empty() && Authenticator().verify(*packet, Nanos(0)));
  return {packet->body.begin(), packet->body.end()};
}

inline void play_hello(Input input) {
  for (const Input body : bodies_of(input, PacketType::kHello)) {
    const Parsed<Hello> hello = parse_hello(body);
    if (!hello || hello->neighbours.size() > kMaxHelloNeighbours) continue;
    const auto again = parse_hello(body_of(write_hello(kFrom, *hello), PacketType::kHello));
    SPANWAY_CHECK(again && *again == *hello);
  }
}

inline void play_description(Input input) {
  for (const Input body : bodies_of(input, PacketType::kDescription)) {
    const Parsed<Description> read = parse_description(body);
    if (!read) continue;
    const Filled out = write_description(kFrom, *read);
    SPANWAY_CHECK(out.taken == read->headers.size());
    const auto again = parse_description(body_of(out.packet, PacketType::kDescription));
    SPANWAY_CHECK(again && *again == *read);
  }
}

inline void play_request(Input input) {
  for (const Input body : bodies_of(input, PacketType::kRequest)) {
    const Parsed<std::vector<LsaKey>> wanted = parse_request(body);
    if (!wanted) continue;
    const Filled out = write_request(kFrom, *wanted);
    SPANWAY_CHECK(out.taken == wanted->size());
    const auto again = parse_request(body_of(out.packet, PacketType::kRequest));
    SPANWAY_CHECK(again && *again == *wanted);
  }
}

inline void play_ack(Input input) {
  for (const Input body : bodies_of(input, PacketType::kAck)) {
    const Parsed<std::vector<LsaHeader>> headers = parse_ack(body);
    if (!headers) continue;
    const Filled out = write_ack(kFrom, *headers);
    SPANWAY_CHECK(out.taken == headers->size());
    const auto again = parse_ack(body_of(out.packet, PacketType::kAck));
    SPANWAY_CHECK(again && *again == *headers);
  }
}

inline void check_lsa(Input bytes) {
  const Parsed<Lsa> lsa = parse_lsa(bytes);
  if (!lsa) return;
  SPANWAY_CHECK(compare_instances(lsa->header, lsa->header) == 0);
  const Result<std::vector<uint8_t>> written = write_lsa(*lsa);
  SPANWAY_CHECK(written.has_value() && written->size() <= bytes.size());
  Parsed<Lsa> again = parse_lsa(*written);
  SPANWAY_CHECK(again.has_value());
  // Shorter where there were metrics of other types of service, and then of another sum.
  if (written->size() == bytes.size()) SPANWAY_CHECK(again->header.length_bytes == bytes.size());
  again->header.length_bytes = lsa->header.length_bytes;
  again->header.checksum = lsa->header.checksum;
  SPANWAY_CHECK(*again == *lsa);
}

inline void play_update(Input input) {
  for (const Input body : bodies_of(input, PacketType::kUpdate)) {
    const Parsed<std::vector<Input>> lsas = parse_update(body);
    if (!lsas) continue;
    UpdateWriter writer(kFrom);
    for (const Input lsa : *lsas) {
      check_lsa(lsa);
      if (lsa.size() > kMaxLsaBytes || !writer.add(lsa, read_lsa_header(lsa).age_s)) return;
    }
    const std::vector<uint8_t> written = body_of(std::move(writer).finish(), PacketType::kUpdate);
    SPANWAY_CHECK(std::equal(written.begin(), written.end(), body.begin(), body.end()));
  }
}

// The bytes as an LSA, then with the length and checksum that get them past the first checks.
inline void play_lsa(Input input) {
  check_lsa(input);
  if (input.size() < kLsaHeaderBytes || input.size() > kMaxLsaBytes) return;
  std::vector<uint8_t> mended(input.begin(), input.end());
  mended[18] = static_cast<uint8_t>(mended.size() >> 8);
  mended[19] = static_cast<uint8_t>(mended.size());
  const uint16_t checksum = lsa_checksum(mended);
  mended[16] = static_cast<uint8_t>(checksum >> 8);
  mended[17] = static_cast<uint8_t>(checksum);
  SPANWAY_CHECK(lsa_checksum_ok(mended));
  check_lsa(mended);
}

}  // namespace spanway::ospf::fuzz
