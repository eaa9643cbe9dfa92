// SPDX-License-Identifier: BSD-3-Clause
// The header that every OSPF packet begins with (RFC 2328 appendix A.3.1): taken off a received
// packet, put on one to be sent. Pure functions; control thread.
//
// On the way in: parse_packet(), Authenticator::verify() (auth.h), then the parser of the body that
// `type` names. On the way out: a write_... function of the body's header, Authenticator::sign().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "control/ospf/ids.h"
#include "control/ospf/refusal.h"

namespace spanway::ospf {

enum class PacketType : uint8_t {
  kHello = 1,
  kDescription = 2,
  kRequest = 3,
  kUpdate = 4,
  kAck = 5,
};

// RFC 2328 appendix D.
enum class AuthType : uint16_t { kNone = 0, kSimple = 1, kCryptographic = 2 };

namespace options {  // RFC 2328 appendix A.2; the byte of a Hello, a description and an LSA header
inline constexpr uint8_t kExternal = 0x02;  // E: the area is no stub
}

inline constexpr size_t kHeaderBytes = 24;
// The length field's limit, less the IPv4 header that has to share its own 16 bits with us.
inline constexpr size_t kMaxPacketBytes = 65'535 - 20;

// A received packet. The spans look into the bytes that were parsed.
struct Packet {
  PacketType type = PacketType::kHello;
  RouterId router;
  AreaId area;
  uint16_t auth_type = 0;              // an AuthType, or what the sender made up
  std::array<uint8_t, 8> auth_data{};  // appendix D: a password, or key and sequence
  std::span<const uint8_t> bytes;      // the header and the body: what the length field says
  std::span<const uint8_t> body;
  std::span<const uint8_t> trailer;  // what came behind: a digest
};

// `bytes` is an IP packet's payload. Version, type and length are checked (section 8.2); checksum
// and authentication are verify()'s, since which of them is there depends on the interface.
Parsed<Packet> parse_packet(std::span<const uint8_t> bytes);

// Who a packet is from, and how large it may get.
struct Envelope {
  RouterId router;
  AreaId area;
  // The largest packet, header included: room_in() of the interface. Lists that go on in another
  // packet end here. A single thing that is larger goes out nonetheless and IP fragments it
  // (appendix A.1).
  size_t room_bytes = kMaxPacketBytes;
};

// A packet made from the front of a list: the first `taken` entries are in it. Where there were
// any, at least one is, so a sender that goes on behind them gets to the end.
struct Filled {
  std::vector<uint8_t> packet;
  size_t taken = 0;
};

// What is left of an IP packet of mtu_bytes for us, the IPv4 header and the digest taken off.
size_t room_in(size_t mtu_bytes, size_t digest_bytes);

// For the writers of bodies: how many entries of that size go into the room behind what `packet`
// has.
size_t entries_that_fit(const std::vector<uint8_t>& packet, size_t entry_bytes,
                        const Envelope& envelope);

// For the writers of bodies. begin_packet() gives the header, finish_packet() fills in the length
// and the checksum (RFC 2328 section D.4.1), with authentication type none. packet: at most
// kMaxPacketBytes.
std::vector<uint8_t> begin_packet(PacketType type, const Envelope& envelope);
void finish_packet(std::vector<uint8_t>& packet);

// Over the packet without the eight bytes of authentication data (appendix D.4); in `packet` the
// field holds what came, so a right packet sums to zero. packet: at least kHeaderBytes.
uint16_t packet_checksum(std::span<const uint8_t> packet) noexcept;

// Where the fields lie that authentication writes.
namespace offset {
inline constexpr size_t kLength = 2, kChecksum = 12, kAuthType = 14, kAuthData = 16;
}

}  // namespace spanway::ospf
