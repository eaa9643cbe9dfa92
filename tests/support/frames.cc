// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/frames.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "tests/support/eal.h"

namespace spanway::test {
namespace {

void put16(Bytes& bytes, size_t at, uint32_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}

template <class Ip>
Bytes with_checksum(const Ip& ip, uint8_t protocol, Bytes message, size_t at) {
  put16(message, at, 0);
  const uint16_t sum = plain_checksum(pseudo(ip, protocol, message.size()) + message);
  put16(message, at, sum == 0 && protocol == 17 ? 0xffff : sum);
  return message;
}

template <class Ip>
Bytes udp_over(const Ip& ip, uint16_t from, uint16_t to, const Bytes& payload) {
  const auto bytes = static_cast<uint32_t>(8 + payload.size());
  return with_checksum(ip, 17, be16(from) + be16(to) + be16(bytes) + be16(0) + payload, 6);
}

template <class Ip>
Bytes tcp_over(const Ip& ip, uint16_t from, uint16_t to) {
  const Bytes head = be16(from) + be16(to) + be32(1) + be32(0);
  const Bytes rest = Bytes{0x50, 0x02} + be16(0xffff) + be16(0) + be16(0);
  return with_checksum(ip, 6, head + rest, 16);
}

Bytes wire(Ip4Addr a) { return be32(a.value()); }
Bytes wire(const Ip6Addr& a) { return Bytes(a.bytes.begin(), a.bytes.end()); }
Bytes wire(const EtherAddr& a) { return Bytes(a.bytes.begin(), a.bytes.end()); }

}  // namespace

uint16_t plain_checksum(const Bytes& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const uint32_t low = i + 1 < bytes.size() ? bytes[i + 1] : 0u;
    sum += uint32_t{bytes[i]} << 8 | low;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<uint16_t>(~sum);
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Bytes be16(uint32_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}
Bytes be32(uint32_t value) { return be16(value >> 16) + be16(value); }
Bytes counting(size_t count) {
  Bytes out(count);
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(i);
  return out;
}

Ip4Addr ip4_of(std::string_view text) { return Ip4Addr::parse(text).value(); }
Ip6Addr ip6_of(std::string_view text) { return Ip6Addr::parse(text).value(); }
EtherAddr mac_of(std::string_view text) { return EtherAddr::parse(text).value(); }

Bytes frame(const Ether& ether, uint16_t type, const Bytes& payload) {
  Bytes head = wire(ether.to) + wire(ether.from);
  if (ether.vlan >= 0) head = head + be16(0x8100) + be16(static_cast<uint32_t>(ether.vlan));
  return head + be16(type) + payload;
}
Bytes frame4(const Ether& ether, const Bytes& packet) { return frame(ether, 0x0800, packet); }
Bytes frame6(const Ether& ether, const Bytes& packet) { return frame(ether, 0x86dd, packet); }

Bytes packet4(const Ip4& ip, const Bytes& payload) {
  const size_t header = 20 + ip.options.size();
  Bytes out = {static_cast<uint8_t>(0x40 | header / 4), ip.dscp};
  out = out + be16(static_cast<uint32_t>(header + payload.size())) + be16(ip.id) +
        be16(ip.fragment) + Bytes{ip.ttl, ip.protocol, 0, 0} + wire(ip.from) + wire(ip.to) +
        ip.options;
  put16(out, 10, plain_checksum(out));
  return out + payload;
}

Bytes packet6(const Ip6& ip, const Bytes& payload) {
  return Bytes{0x60, 0, 0, 0} + be16(static_cast<uint32_t>(payload.size())) +
         Bytes{ip.next, ip.hop_limit} + wire(ip.from) + wire(ip.to) + payload;
}

Bytes udp(const Ip4& ip, uint16_t from, uint16_t to, const Bytes& payload) {
  return udp_over(ip, from, to, payload);
}
Bytes udp(const Ip6& ip, uint16_t from, uint16_t to, const Bytes& payload) {
  return udp_over(ip, from, to, payload);
}
Bytes tcp(const Ip4& ip, uint16_t from, uint16_t to) { return tcp_over(ip, from, to); }
Bytes tcp(const Ip6& ip, uint16_t from, uint16_t to) { return tcp_over(ip, from, to); }

Bytes icmp4(uint8_t type, uint8_t code, uint32_t rest, const Bytes& payload) {
  Bytes out = Bytes{type, code, 0, 0} + be32(rest) + payload;
  put16(out, 2, plain_checksum(out));
  return out;
}
Bytes icmp6(const Ip6& ip, uint8_t type, uint8_t code, uint32_t rest, const Bytes& payload) {
  return with_checksum(ip, 58, Bytes{type, code, 0, 0} + be32(rest) + payload, 2);
}

Bytes pseudo(const Ip4& ip, uint8_t protocol, size_t bytes) {
  return wire(ip.from) + wire(ip.to) + Bytes{0, protocol} + be16(static_cast<uint32_t>(bytes));
}
Bytes pseudo(const Ip6& ip, uint8_t protocol, size_t bytes) {
  return wire(ip.from) + wire(ip.to) + be32(static_cast<uint32_t>(bytes)) +
         Bytes{0, 0, 0, protocol};
}

Bytes extension(uint8_t next, const Bytes& body) {
  const size_t total = (2 + body.size() + 7) / 8 * 8;
  Bytes out = Bytes{next, static_cast<uint8_t>(total / 8 - 1)} + body;
  out.resize(total);
  return out;
}
Bytes fragment_header(uint8_t next, uint16_t offset_bytes, bool more, uint32_t id) {
  return Bytes{next, 0} + be16(offset_bytes | (more ? 1u : 0u)) + be32(id);
}

Bytes arp_request(const EtherAddr& mac, Ip4Addr from, Ip4Addr to) {
  const Bytes head = be16(1) + be16(0x0800) + Bytes{6, 4} + be16(1);
  return frame({EtherAddr::broadcast(), mac}, 0x0806,
               head + wire(mac) + wire(from) + Bytes(6) + wire(to));
}

Packet* packet_of(const Bytes& bytes) {
  Packet* p = buffers().allocate();
  SPANWAY_CHECK(p != nullptr);
  uint8_t* at = append(p, static_cast<uint16_t>(bytes.size()));
  SPANWAY_CHECK(at != nullptr);
  std::copy(bytes.begin(), bytes.end(), at);
  return p;
}

namespace {
void free_bytes(void* bytes, void* shared) {
  delete[] static_cast<uint8_t*>(bytes);
  delete static_cast<rte_mbuf_ext_shared_info*>(shared);
}
}  // namespace

Packet* exact_packet_of(const Bytes& bytes) {
  Packet* p = buffers().allocate();
  SPANWAY_CHECK(p != nullptr);
  auto* shared = new rte_mbuf_ext_shared_info;
  shared->free_cb = free_bytes;
  shared->fcb_opaque = shared;
  rte_mbuf_ext_refcnt_set(shared, 1);
  const auto size = static_cast<uint16_t>(bytes.size());
  auto* copy = new uint8_t[size];
  std::copy(bytes.begin(), bytes.end(), copy);
  rte_pktmbuf_attach_extbuf(p, copy, 0, size, shared);
  append(p, size);
  return p;
}

Bytes bytes_of(const Packet* packet) { return Bytes(data(packet), data(packet) + length(packet)); }

}  // namespace spanway::test
