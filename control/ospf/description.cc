// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/description.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"

namespace spanway::ospf {
namespace {

struct DescriptionWire {
  Be16 mtu;
  uint8_t options, flags;
  Be32 sequence;
};
static_assert(sizeof(DescriptionWire) == 8 && alignof(DescriptionWire) == 1);

constexpr uint8_t kMaster = 0x01, kMore = 0x02, kInitial = 0x04;

uint8_t flags_of(const Description& description, bool more) {
  unsigned flags = 0;
  if (description.initial) flags |= kInitial;
  if (more) flags |= kMore;
  if (description.master) flags |= kMaster;
  return static_cast<uint8_t>(flags);
}

}  // namespace

Parsed<Description> parse_description(Bytes body) {
  DescriptionWire wire;
  if (!take(body, wire)) return Refusal::kTruncatedBody;
  Parsed<std::vector<LsaHeader>> headers = parse_lsa_headers(body);
  if (!headers) return headers.refusal();
  return Description{.mtu_bytes = wire.mtu.host(),
                     .options = wire.options,
                     .initial = (wire.flags & kInitial) != 0,
                     .more = (wire.flags & kMore) != 0,
                     .master = (wire.flags & kMaster) != 0,
                     .sequence = wire.sequence.host(),
                     .headers = *std::move(headers)};
}

Filled write_description(const Envelope& envelope, const Description& description) {
  Filled out{.packet = begin_packet(PacketType::kDescription, envelope)};
  append(out.packet, DescriptionWire{});
  const size_t at = kHeaderBytes;
  out.taken =
      std::min(description.headers.size(), entries_that_fit(out.packet, kLsaHeaderBytes, envelope));
  const bool more = description.more || out.taken < description.headers.size();
  overwrite(out.packet, at,
            DescriptionWire{.mtu = Be16(description.mtu_bytes),
                            .options = description.options,
                            .flags = flags_of(description, more),
                            .sequence = Be32(description.sequence)});
  for (const LsaHeader& header : std::span(description.headers).first(out.taken))
    append_lsa_header(out.packet, header);
  finish_packet(out.packet);
  return out;
}

}  // namespace spanway::ospf
