// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/request.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"

namespace spanway::ospf {
namespace {

struct RequestWire {
  Be32 type, id, router;
};
static_assert(sizeof(RequestWire) == 12 && alignof(RequestWire) == 1);

}  // namespace

Parsed<std::vector<LsaKey>> parse_request(Bytes body) {
  if (body.size() % sizeof(RequestWire) != 0) return Refusal::kRaggedBody;
  std::vector<LsaKey> wanted;
  wanted.reserve(body.size() / sizeof(RequestWire));
  for (RequestWire wire; take(body, wire);) {
    if (wire.type.host() > UINT8_MAX) return Refusal::kUnknownLsa;
    wanted.push_back({.type = static_cast<LsaType>(wire.type.host()),
                      .id = LinkStateId(wire.id.host()),
                      .router = RouterId(wire.router.host())});
  }
  return wanted;
}

Filled write_request(const Envelope& envelope, std::span<const LsaKey> wanted) {
  Filled out{.packet = begin_packet(PacketType::kRequest, envelope)};
  out.taken = std::min(wanted.size(), entries_that_fit(out.packet, sizeof(RequestWire), envelope));
  for (const LsaKey& key : wanted.first(out.taken))
    append(out.packet, RequestWire{.type = Be32(static_cast<uint32_t>(key.type)),
                                   .id = Be32(key.id.value),
                                   .router = Be32(key.router.value)});
  finish_packet(out.packet);
  return out;
}

}  // namespace spanway::ospf
