// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbour/nd_message.h"

#include <algorithm>
#include <cstring>

#include "control/neighbour/arp_message.h"
#include "dataplane/packet/checksum.h"

namespace spanway::neighbour {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint8_t kNdHopLimit = 255;
constexpr uint8_t kSourceMacOption = 1, kTargetMacOption = 2, kNonceOption = 14;
constexpr uint32_t kRouterFlag = 1u << 31, kSolicitedFlag = 1u << 30, kOverrideFlag = 1u << 29;
constexpr size_t kOptionUnit = 8;

struct TargetMessage {  // solicitation and advertisement
  IcmpHeader icmp;      // rest: the three flags, and reserved bits
  Ip6Addr target;
};
static_assert(sizeof(TargetMessage) == 24);

struct Option {  // link-layer address and nonce: both carry six bytes on Ethernet
  uint8_t type, units;
  std::array<uint8_t, 6> value;
};
static_assert(sizeof(Option) == kOptionUnit);

template <class T>
bool read(Bytes from, T& out) {
  if (from.size() < sizeof out) return false;
  std::memcpy(&out, from.data(), sizeof out);
  return true;
}

template <class T>
void append(std::vector<uint8_t>& to, const T& value) {
  const auto* first = reinterpret_cast<const uint8_t*>(&value);
  to.insert(to.end(), first, first + sizeof value);
}

bool checksum_ok(const Ip6Header& ip, Bytes icmp) {
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(icmp.size()));
  return checksum_finish(checksum_add(sum, icmp)) == 0;
}

// Steps over a hop-by-hop header, the only one that ND and MLD packets come with.
bool skip_hop_by_hop(uint8_t& next, Bytes& payload) {
  if (next != ip_proto::kHopByHop) return true;
  if (payload.size() < 8) return false;
  const size_t bytes = (size_t{payload[1]} + 1) * 8;
  if (payload.size() < bytes) return false;
  next = payload[0];
  payload = payload.subspan(bytes);
  return true;
}

// RFC 4861 section 4.6: length 0 or past the end makes the packet invalid, an unknown option not.
bool read_options(Bytes options, NdMessage& out) {
  while (!options.empty()) {
    if (options.size() < kOptionUnit) return false;
    const size_t bytes = size_t{options[1]} * kOptionUnit;
    if (bytes == 0 || bytes > options.size()) return false;
    Option option;
    if (bytes == sizeof option && read(options, option)) {
      if (option.type == kSourceMacOption) out.source_mac = EtherAddr{option.value};
      if (option.type == kTargetMacOption) out.target_mac = EtherAddr{option.value};
      if (option.type == kNonceOption) out.nonce = option.value;
    }
    options = options.subspan(bytes);
  }
  return true;
}

bool is_solicited_node(const Ip6Addr& group) { return group == group.solicited_node(); }

// RFC 4861 sections 7.1.1 and 7.1.2, the parts that both messages share, then their own.
bool read_target(Bytes icmp, NdMessage& out) {
  TargetMessage wire;
  if (!read(icmp, wire) || !read_options(icmp.subspan(sizeof wire), out)) return false;
  out.target = wire.target;
  if (out.target.is_multicast() || out.target.is_unspecified()) return false;
  if (out.type == icmp6_type::kSolicit)
    return !out.source.is_unspecified() ||
           (is_solicited_node(out.destination) && !out.source_mac.has_value());
  const uint32_t flags = wire.icmp.rest.host();
  out.router = (flags & kRouterFlag) != 0;
  out.solicited = (flags & kSolicitedFlag) != 0;
  out.override_mac = (flags & kOverrideFlag) != 0;
  return !out.source.is_unspecified() && !(out.destination.is_multicast() && out.solicited);
}

bool read_query(Bytes icmp, const Ip6Header& ip, NdMessage& out) {
  TargetMessage wire;  // RFC 2710 section 3 has the same shape: delay, reserved, group
  if (!read(icmp, wire) || ip.hop_limit != 1 || !out.source.is_link_local()) return false;
  out.max_response_ms = static_cast<uint16_t>(wire.icmp.rest.host() >> 16);
  out.target = wire.target;
  return true;
}

// How many bytes stand before the options of a message that we only check.
size_t fixed_bytes(uint8_t type) {
  switch (type) {
    case icmp6_type::kRouterSolicit:
      return 8;
    case icmp6_type::kRouterAdvert:
      return 16;
    case icmp6_type::kRedirect:
      return 40;
    default:
      return 0;
  }
}

bool read_icmp(const Ip6Header& ip, Bytes icmp, NdMessage& out) {
  IcmpHeader header;
  if (!read(icmp, header) || header.code != 0 || !checksum_ok(ip, icmp)) return false;
  out.type = header.type;
  if (out.type == icmp6_type::kMldQuery) return read_query(icmp, ip, out);
  if (ip.hop_limit != kNdHopLimit) return false;
  if (out.type == icmp6_type::kSolicit || out.type == icmp6_type::kAdvert)
    return read_target(icmp, out);
  const size_t fixed = fixed_bytes(out.type);
  return fixed != 0 && icmp.size() >= fixed && read_options(icmp.subspan(fixed), out);
}

// The frame up to the ICMPv6 message; payload_length counts what stands behind the IPv6 header.
std::vector<uint8_t> start_frame(const EtherAddr& from, const EtherAddr& to, const Ip6Header& ip) {
  std::vector<uint8_t> frame;
  append(frame, EtherHeader{to, from, Be16(ether_type::kIp6)});
  append(frame, ip);
  return frame;
}

// Fills the checksum of the message that begins at `at`, and pads.
void finish_frame(std::vector<uint8_t>& frame, const Ip6Header& ip, size_t at) {
  const Bytes icmp = Bytes(frame).subspan(at);
  const uint64_t sum = pseudo_sum(ip, ip_proto::kIcmp6, static_cast<uint32_t>(icmp.size()));
  const Be16 checksum = Be16::from_raw(checksum_finish(checksum_add(sum, icmp)));
  std::memcpy(frame.data() + at + offsetof(IcmpHeader, checksum), &checksum, sizeof checksum);
  frame.resize(std::max(frame.size(), kMinFrame));
}

Ip6Header ip_header(size_t payload, uint8_t next, uint8_t hops, const Ip6Addr& from,
                    const Ip6Addr& to) {
  return Ip6Header{.version_class_flow = Be32(6u << 28),
                   .payload_length = Be16(static_cast<uint16_t>(payload)),
                   .next_header = next,
                   .hop_limit = hops,
                   .source = from,
                   .destination = to};
}

}  // namespace

std::optional<NdMessage> parse_nd(Bytes frame) {
  EtherHeader ether;
  Ip6Header ip;
  if (!read(frame, ether) || ether.type.host() != ether_type::kIp6) return std::nullopt;
  frame = frame.subspan(sizeof ether);
  if (!read(frame, ip) || ip.version() != 6) return std::nullopt;
  frame = frame.subspan(sizeof ip);
  if (frame.size() < ip.payload_length.host()) return std::nullopt;
  Bytes payload = frame.first(ip.payload_length.host());
  uint8_t next = ip.next_header;
  if (!skip_hop_by_hop(next, payload) || next != ip_proto::kIcmp6) return std::nullopt;
  NdMessage out{.frame_source = ether.source,
                .frame_destination = ether.destination,
                .source = ip.source,
                .destination = ip.destination};
  if (out.source.is_multicast() || !read_icmp(ip, payload, out)) return std::nullopt;
  return out;
}

std::vector<uint8_t> write_nd(const NdMessage& message) {
  const bool advert = message.type == icmp6_type::kAdvert;
  uint32_t flags = 0;
  if (message.router) flags |= kRouterFlag;
  if (message.solicited) flags |= kSolicitedFlag;
  if (message.override_mac) flags |= kOverrideFlag;
  std::vector<Option> options;
  if (message.source_mac) options.push_back({kSourceMacOption, 1, message.source_mac->bytes});
  if (message.target_mac) options.push_back({kTargetMacOption, 1, message.target_mac->bytes});
  if (message.nonce) options.push_back({kNonceOption, 1, *message.nonce});

  const Ip6Header ip =
      ip_header(sizeof(TargetMessage) + options.size() * kOptionUnit, ip_proto::kIcmp6, kNdHopLimit,
                message.source, message.destination);
  std::vector<uint8_t> frame = start_frame(message.frame_source, message.frame_destination, ip);
  const size_t at = frame.size();
  append(frame, TargetMessage{{message.type, 0, Be16(), Be32(advert ? flags : 0)}, message.target});
  for (const Option& option : options) append(frame, option);
  finish_frame(frame, ip, at);
  return frame;
}

std::vector<uint8_t> write_mld_report(const EtherAddr& mac, const Ip6Addr& source,
                                      GroupRecord record, std::span<const Ip6Addr> groups) {
  constexpr Ip6Addr kReportGroup{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};
  // RFC 3810 section 5: a router alert (RFC 2711, value 0), padded to eight bytes.
  constexpr std::array<uint8_t, 8> kAlert{ip_proto::kIcmp6, 0, 5, 2, 0, 0, 1, 0};
  struct Record {
    uint8_t type, auxiliary;
    Be16 sources;
    Ip6Addr group;
  };
  static_assert(sizeof(Record) == 20);

  const size_t bytes = sizeof kAlert + sizeof(IcmpHeader) + groups.size() * sizeof(Record);
  const Ip6Header ip = ip_header(bytes, ip_proto::kHopByHop, 1, source, kReportGroup);
  std::vector<uint8_t> frame = start_frame(mac, group_mac(kReportGroup), ip);
  append(frame, kAlert);
  const size_t at = frame.size();
  append(frame, IcmpHeader{icmp6_type::kMld2Report, 0, Be16(),
                           Be32(static_cast<uint32_t>(groups.size()))});
  for (const Ip6Addr& group : groups)
    append(frame, Record{static_cast<uint8_t>(record), 0, Be16(), group});
  finish_frame(frame, ip, at);
  return frame;
}

EtherAddr group_mac(const Ip6Addr& group) {
  return EtherAddr{
      {0x33, 0x33, group.bytes[12], group.bytes[13], group.bytes[14], group.bytes[15]}};
}

Ip6Addr link_local_of(const EtherAddr& mac) {
  const auto& m = mac.bytes;
  const auto flipped = static_cast<uint8_t>(m[0] ^ 2);
  return Ip6Addr{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, flipped, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]}};
}

}  // namespace spanway::neighbour
