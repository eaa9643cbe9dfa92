// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/update.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"
#include "dataplane/base/check.h"

namespace spanway::ospf {

Parsed<std::vector<Bytes>> parse_update(Bytes body) {
  Be32 count;
  if (!take(body, count)) return Refusal::kTruncatedBody;
  // Before anything is reserved for them: the count is the sender's word.
  if (count.host() > body.size() / kLsaHeaderBytes) return Refusal::kTruncatedBody;
  std::vector<Bytes> lsas;
  lsas.reserve(count.host());
  for (uint32_t i = 0; i < count.host(); ++i) {
    if (body.size() < kLsaHeaderBytes) return Refusal::kTruncatedBody;
    const size_t length = read_lsa_header(body).length_bytes;
    if (length < kLsaHeaderBytes) return Refusal::kBadLsaLength;
    if (length > body.size()) return Refusal::kTruncatedBody;
    lsas.push_back(body.first(length));
    body = body.subspan(length);
  }
  if (!body.empty()) return Refusal::kRaggedBody;
  return lsas;
}

UpdateWriter::UpdateWriter(const Envelope& envelope)
    : packet_(begin_packet(PacketType::kUpdate, envelope)),
      room_bytes_(std::min(envelope.room_bytes, kMaxPacketBytes)) {
  append(packet_, Be32(0));
}

bool UpdateWriter::add(Bytes lsa, uint16_t age_s) {
  SPANWAY_CHECK(lsa.size() >= kLsaHeaderBytes && lsa.size() <= kMaxLsaBytes);
  if (count_ != 0 && packet_.size() + lsa.size() > room_bytes_) return false;
  const size_t at = packet_.size();
  packet_.insert(packet_.end(), lsa.begin(), lsa.end());
  overwrite(packet_, at, Be16(age_s));  // outside of the LSA's checksum
  ++count_;
  return true;
}

std::vector<uint8_t> UpdateWriter::finish() && {
  overwrite(packet_, kHeaderBytes, Be32(count_));
  finish_packet(packet_);
  return std::move(packet_);
}

}  // namespace spanway::ospf
