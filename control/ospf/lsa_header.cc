// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa_header.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"
#include "dataplane/base/check.h"

namespace spanway::ospf {
namespace {

struct LsaHeaderWire {
  Be16 age;
  uint8_t options, type;
  Be32 id, router, sequence;
  Be16 checksum, length;
};
static_assert(sizeof(LsaHeaderWire) == kLsaHeaderBytes && alignof(LsaHeaderWire) == 1);

}  // namespace

std::strong_ordering compare_instances(const LsaHeader& a, const LsaHeader& b) noexcept {
  if (a.sequence != b.sequence) return a.sequence <=> b.sequence;
  if (a.checksum != b.checksum) return a.checksum <=> b.checksum;
  if (a.is_max_age() != b.is_max_age())
    return a.is_max_age() ? std::strong_ordering::greater : std::strong_ordering::less;
  const int a_age = std::min(a.age_s, kMaxAgeS), b_age = std::min(b.age_s, kMaxAgeS);
  if (std::abs(a_age - b_age) > kMaxAgeDiffS) return b_age <=> a_age;  // the younger is newer
  return std::strong_ordering::equal;
}

LsaHeader read_lsa_header(Bytes bytes) {
  LsaHeaderWire wire;
  SPANWAY_CHECK(take(bytes, wire));
  return LsaHeader{.age_s = wire.age.host(),
                   .options = wire.options,
                   .key = {.type = static_cast<LsaType>(wire.type),
                           .id = LinkStateId(wire.id.host()),
                           .router = RouterId(wire.router.host())},
                   .sequence = {static_cast<int32_t>(wire.sequence.host())},
                   .checksum = wire.checksum.host(),
                   .length_bytes = wire.length.host()};
}

void append_lsa_header(std::vector<uint8_t>& to, const LsaHeader& header) {
  append(to, LsaHeaderWire{.age = Be16(header.age_s),
                           .options = header.options,
                           .type = static_cast<uint8_t>(header.key.type),
                           .id = Be32(header.key.id.value),
                           .router = Be32(header.key.router.value),
                           .sequence = Be32(static_cast<uint32_t>(header.sequence.value)),
                           .checksum = Be16(header.checksum),
                           .length = Be16(header.length_bytes)});
}

Parsed<std::vector<LsaHeader>> parse_lsa_headers(Bytes bytes) {
  if (bytes.size() % kLsaHeaderBytes != 0) return Refusal::kRaggedBody;
  std::vector<LsaHeader> headers;
  headers.reserve(bytes.size() / kLsaHeaderBytes);
  for (; !bytes.empty(); bytes = bytes.subspan(kLsaHeaderBytes)) {
    headers.push_back(read_lsa_header(bytes));
    if (headers.back().length_bytes < kLsaHeaderBytes) return Refusal::kBadLsaLength;
  }
  return headers;
}

}  // namespace spanway::ospf
