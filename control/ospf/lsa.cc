// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/lsa.h"

#include <bit>

#include "control/ospf/lsa_body.h"
#include "control/ospf/lsa_checksum.h"
#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"
#include "dataplane/base/check.h"

namespace spanway::ospf {
namespace {

constexpr size_t kChecksumAt = 16, kLengthAt = 18;

std::optional<LsaBody> parse_body(LsaType type, Bytes body) {
  switch (type) {
    case LsaType::kRouter:
      return parse_router_lsa(body);
    case LsaType::kNetwork:
      return parse_network_lsa(body);
    case LsaType::kSummaryNetwork:
    case LsaType::kSummaryRouter:
      return parse_summary_lsa(body);
    case LsaType::kExternal:
      return parse_external_lsa(body);
  }
  return std::nullopt;
}

bool names_kind_of(LsaType type, const LsaBody& body) {
  switch (type) {
    case LsaType::kRouter:
      return std::holds_alternative<RouterLsa>(body);
    case LsaType::kNetwork:
      return std::holds_alternative<NetworkLsa>(body);
    case LsaType::kSummaryNetwork:
    case LsaType::kSummaryRouter:
      return std::holds_alternative<SummaryLsa>(body);
    case LsaType::kExternal:
      return std::holds_alternative<ExternalLsa>(body);
  }
  return false;
}

}  // namespace

Parsed<Lsa> parse_lsa(Bytes lsa) {
  if (lsa.size() < kLsaHeaderBytes || lsa.size() > kMaxLsaBytes) return Refusal::kBadLsaLength;
  const LsaHeader header = read_lsa_header(lsa);
  if (header.length_bytes != lsa.size()) return Refusal::kBadLsaLength;
  if (!lsa_checksum_ok(lsa)) return Refusal::kBadLsaChecksum;   // section 13 step 1
  if (!is_known(header.key.type)) return Refusal::kUnknownLsa;  // section 13 step 2
  if (header.sequence == kReservedSequence) return Refusal::kReservedSequence;
  std::optional<LsaBody> body = parse_body(header.key.type, lsa.subspan(kLsaHeaderBytes));
  if (!body) return Refusal::kBadLsaBody;
  return Lsa{header, *std::move(body)};
}

Result<std::vector<uint8_t>> write_lsa(const Lsa& lsa) {
  SPANWAY_CHECK(names_kind_of(lsa.header.key.type, lsa.body));
  std::vector<uint8_t> out;
  append_lsa_header(out, lsa.header);
  std::visit([&out](const auto& body) { append_lsa_body(out, body); }, lsa.body);
  if (out.size() > kMaxLsaBytes)
    return Error{ErrorCode::kFull,
                 "an LSA of " + std::to_string(out.size()) + " bytes does not fit into a packet",
                 "use fewer OSPF interfaces, or fewer neighbours on one LAN"};
  overwrite(out, kLengthAt, Be16(static_cast<uint16_t>(out.size())));
  overwrite(out, kChecksumAt, Be16(lsa_checksum(out)));
  return out;
}

std::optional<unsigned> mask_length(Ip4Addr mask) noexcept {
  const auto ones = static_cast<unsigned>(std::countl_one(mask.value()));
  if (static_cast<unsigned>(std::popcount(mask.value())) != ones) return std::nullopt;
  return ones;
}

}  // namespace spanway::ospf
