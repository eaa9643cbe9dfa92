// SPDX-License-Identifier: BSD-3-Clause
// Builds frames for tests, byte by byte, without the code that is under test.
//
// Every function returns new bytes; lengths and checksums come out right unless the test spoils
// them afterwards.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/base/ether_addr.h"
#include "dataplane/base/ip_addr.h"
#include "dataplane/packet/packet.h"

namespace spanway::test {

using Bytes = std::vector<uint8_t>;

// Sums 16-bit big-endian words the slow way: the oracle for every checksum. 0 over correct bytes.
uint16_t plain_checksum(const Bytes& bytes);

Bytes operator+(Bytes left, const Bytes& right);
Bytes be16(uint32_t value);
Bytes be32(uint32_t value);
// `count` bytes 0, 1, 2, ...
Bytes counting(size_t count);

Ip4Addr ip4_of(std::string_view text);
Ip6Addr ip6_of(std::string_view text);
EtherAddr mac_of(std::string_view text);

struct Ether {
  EtherAddr to, from;
  int vlan = -1;  // -1: untagged
};
Bytes frame(const Ether& ether, uint16_t type, const Bytes& payload);
Bytes frame4(const Ether& ether, const Bytes& packet);
Bytes frame6(const Ether& ether, const Bytes& packet);

struct Ip4 {
  Ip4Addr from, to;
  uint8_t protocol = 17;
  uint8_t ttl = 64;
  uint16_t id = 0x1234;
  uint16_t fragment = 0;  // flags and offset as they stand on the wire
  Bytes options{};        // a multiple of four bytes
  uint8_t dscp = 0;
};
Bytes packet4(const Ip4& ip, const Bytes& payload);

struct Ip6 {
  Ip6Addr from, to;
  uint8_t next = 17;  // what `payload` begins with
  uint8_t hop_limit = 64;
};
Bytes packet6(const Ip6& ip, const Bytes& payload);

// Transport messages with their checksums.
Bytes udp(const Ip4& ip, uint16_t from, uint16_t to, const Bytes& payload);
Bytes udp(const Ip6& ip, uint16_t from, uint16_t to, const Bytes& payload);
Bytes tcp(const Ip4& ip, uint16_t from, uint16_t to);
Bytes tcp(const Ip6& ip, uint16_t from, uint16_t to);
Bytes icmp4(uint8_t type, uint8_t code, uint32_t rest, const Bytes& payload);
Bytes icmp6(const Ip6& ip, uint8_t type, uint8_t code, uint32_t rest, const Bytes& payload);
// The pseudo header of RFC 8200 section 8.1 (or of RFC 768), for checking what came out.
Bytes pseudo(const Ip4& ip, uint8_t protocol, size_t bytes);
Bytes pseudo(const Ip6& ip, uint8_t protocol, size_t bytes);

// An extension header of `type`'s general shape: next header, length, `body` padded with zeros.
Bytes extension(uint8_t next, const Bytes& body);
Bytes fragment_header(uint8_t next, uint16_t offset_bytes, bool more, uint32_t id);

Bytes arp_request(const EtherAddr& mac, Ip4Addr from, Ip4Addr to);

// A buffer of the test pool that holds these bytes.
Packet* packet_of(const Bytes& bytes);
// The same with the bytes in heap memory of exactly their size, without room before or behind, so
// that AddressSanitizer guards both ends.
Packet* exact_packet_of(const Bytes& bytes);
Bytes bytes_of(const Packet* packet);

}  // namespace spanway::test
