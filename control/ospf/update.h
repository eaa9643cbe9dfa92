// SPDX-License-Identifier: BSD-3-Clause
// The Link State Update packet (RFC 2328 appendix A.3.5): whole LSAs, flooded or asked for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/lsa_header.h"
#include "control/ospf/packet.h"

namespace spanway::ospf {

// The bytes of each LSA, looking into `body`: Packet::body of a kUpdate. Here they are only told
// apart by their length fields; each is for parse_lsa() to judge, since section 13 goes on with the
// next LSA where one is wrong.
Parsed<std::vector<std::span<const uint8_t>>> parse_update(std::span<const uint8_t> body);

// Fills one update. The bytes are copied, so an LSA goes on as it was received.
class UpdateWriter {
 public:
  explicit UpdateWriter(const Envelope& envelope);

  // lsa: whole and checked, at most kMaxLsaBytes. age_s is what it is to carry: its age at this
  // moment and InfTransDelay, at most kMaxAgeS (section 13.3). False where there is no room; the
  // first LSA always finds some.
  [[nodiscard]] bool add(std::span<const uint8_t> lsa, uint16_t age_s);
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // The packet; the writer is done with then.
  std::vector<uint8_t> finish() &&;

 private:
  std::vector<uint8_t> packet_;
  size_t room_bytes_;
  uint32_t count_ = 0;
};

}  // namespace spanway::ospf
