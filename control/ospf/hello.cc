// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/hello.h"

#include <algorithm>

#include "control/ospf/wire.h"
#include "dataplane/base/big_endian.h"

namespace spanway::ospf {
namespace {

struct HelloWire {
  Ip4Wire mask;
  Be16 hello_interval;
  uint8_t options, priority;
  Be32 dead_interval;
  Ip4Wire designated, backup;
};
static_assert(sizeof(HelloWire) == 20 && alignof(HelloWire) == 1);

}  // namespace

Parsed<Hello> parse_hello(Bytes body) {
  HelloWire wire;
  if (!take(body, wire)) return Refusal::kTruncatedBody;
  if (body.size() % sizeof(Be32) != 0) return Refusal::kRaggedBody;
  Hello hello{.mask = wire.mask.addr(),
              .hello_interval_s = wire.hello_interval.host(),
              .options = wire.options,
              .priority = wire.priority,
              .dead_interval_s = wire.dead_interval.host(),
              .designated = wire.designated.addr(),
              .backup = wire.backup.addr(),
              .neighbours = {}};
  hello.neighbours.reserve(body.size() / sizeof(Be32));
  for (Be32 neighbour; take(body, neighbour);) hello.neighbours.emplace_back(neighbour.host());
  return hello;
}

std::vector<uint8_t> write_hello(const Envelope& envelope, const Hello& hello) {
  std::vector<uint8_t> packet = begin_packet(PacketType::kHello, envelope);
  append(packet, HelloWire{.mask = Ip4Wire::of(hello.mask),
                           .hello_interval = Be16(hello.hello_interval_s),
                           .options = hello.options,
                           .priority = hello.priority,
                           .dead_interval = Be32(hello.dead_interval_s),
                           .designated = Ip4Wire::of(hello.designated),
                           .backup = Ip4Wire::of(hello.backup)});
  const size_t said = std::min(hello.neighbours.size(), kMaxHelloNeighbours);
  for (const RouterId neighbour : std::span(hello.neighbours).first(said))
    append(packet, Be32(neighbour.value));
  finish_packet(packet);
  return packet;
}

}  // namespace spanway::ospf
