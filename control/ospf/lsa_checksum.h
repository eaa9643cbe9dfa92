// SPDX-License-Identifier: BSD-3-Clause
// The LS checksum (RFC 2328 section 12.1.7): Fletcher's, as ISO 8473 and RFC 905 annex B have it,
// over an LSA without its age.
#pragma once

#include <cstdint>
#include <span>

namespace spanway::ospf {

// What belongs into the checksum field, whatever stands there now. lsa: a whole LSA, at least
// kLsaHeaderBytes. Never 0, which would mean "not computed".
uint16_t lsa_checksum(std::span<const uint8_t> lsa) noexcept;

// True when the field is not 0 and the LSA sums to what annex B asks. The caller has made sure that
// `lsa` is as long as its length field says. Equal checksums never mean equal LSAs: a fitting body
// is found in some ten thousand tries.
bool lsa_checksum_ok(std::span<const uint8_t> lsa) noexcept;

}  // namespace spanway::ospf
