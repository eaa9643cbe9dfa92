// SPDX-License-Identifier: BSD-3-Clause
// The header of a link-state advertisement (RFC 2328 section 12.1, appendix A.4.1), which names an
// LSA and one instance of it, and the question which of two instances is newer (section 13.1).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/ids.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

// Other values are kept as they came: section 10.6 wants them in a description to be noticed.
enum class LsaType : uint8_t {
  kRouter = 1,
  kNetwork = 2,
  kSummaryNetwork = 3,
  kSummaryRouter = 4,
  kExternal = 5,
};
constexpr bool is_known(LsaType type) noexcept {
  return type >= LsaType::kRouter && type <= LsaType::kExternal;
}

// RFC 2328 appendix B.
inline constexpr uint16_t kMaxAgeS = 3'600, kMaxAgeDiffS = 900;

// Runs from kFirst up to kLast and is then begun anew, by the flush of section 12.1.6; it never
// wraps by itself, so the order is that of signed numbers.
struct LsSequence {
  int32_t value = 0;
  constexpr auto operator<=>(const LsSequence&) const noexcept = default;
};
inline constexpr LsSequence kReservedSequence{INT32_MIN}, kFirstSequence{INT32_MIN + 1},
    kLastSequence{INT32_MAX};

// Which LSA: all instances of it share this.
struct LsaKey {
  LsaType type = LsaType::kRouter;
  LinkStateId id;
  RouterId router;  // that advertises it
  constexpr auto operator<=>(const LsaKey&) const noexcept = default;
};

struct LsaHeader {
  uint16_t age_s = 0;  // since it was originated; counts as kMaxAgeS from there up
  uint8_t options = 0;
  LsaKey key;
  LsSequence sequence = kFirstSequence;
  uint16_t checksum = 0;
  uint16_t length_bytes = 0;  // of the whole LSA, this header included

  [[nodiscard]] bool is_max_age() const noexcept { return age_s >= kMaxAgeS; }
  bool operator==(const LsaHeader&) const = default;
};
inline constexpr size_t kLsaHeaderBytes = 20;
// The largest that can travel on in one IP packet behind headers, an update's count and the longest
// digest. What is larger is refused, as we could not flood it.
inline constexpr size_t kMaxLsaBytes = kMaxPacketBytes - kHeaderBytes - 4 - 64;

// Section 13.1, steps in its order: sequence, checksum, MaxAge, an age that differs by more than
// kMaxAgeDiffS. Both are of one key. greater: `a` is the newer one; equal: the same instance.
std::strong_ordering compare_instances(const LsaHeader& a, const LsaHeader& b) noexcept;

// bytes: at least kLsaHeaderBytes. Judges nothing.
LsaHeader read_lsa_header(std::span<const uint8_t> bytes);
void append_lsa_header(std::vector<uint8_t>& to, const LsaHeader& header);

// A list of whole headers, the rest of a description or all of an acknowledgment. Refused where the
// list is ragged or a length field is below a header: nothing could ever be asked for by it.
Parsed<std::vector<LsaHeader>> parse_lsa_headers(std::span<const uint8_t> bytes);

}  // namespace spanway::ospf
