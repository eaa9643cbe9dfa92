// SPDX-License-Identifier: BSD-3-Clause
// A world that answers probes: routers on the way, a host at the end, each with its delay.
#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <vector>

#include "control/ping/sessions.h"
#include "dataplane/packet/checksum.h"
#include "dataplane/packet/headers.h"

namespace spanway::ping::test {

using Bytes = std::vector<uint8_t>;

inline IpAddr ip(const char* text) { return *IpAddr::parse(text); }

// Packets as the other side would send them, put together byte by byte, apart from the code tested.
inline Bytes icmp4(const char* from, const char* to, uint8_t type, uint8_t code, uint32_t rest,
                   const Bytes& body, uint8_t ttl = 60) {
  Bytes out(28 + body.size());
  Ip4Header header{.version_ihl = 0x45,
                   .dscp_ecn = 0,
                   .total_length = Be16(static_cast<uint16_t>(out.size())),
                   .id = {},
                   .fragment = {},
                   .ttl = ttl,
                   .protocol = 1,
                   .checksum = {},
                   .source = Ip4Wire::of(ip(from).v4()),
                   .destination = Ip4Wire::of(ip(to).v4())};
  ip4_checksum_fill(header);
  std::memcpy(out.data(), &header, 20);
  out[20] = type;
  out[21] = code;
  const Be32 wire(rest);
  std::memcpy(out.data() + 24, &wire, 4);
  std::copy(body.begin(), body.end(), out.begin() + 28);
  const Be16 sum = checksum_of(std::span(out).subspan(20));
  std::memcpy(out.data() + 22, &sum, 2);
  return out;
}

inline Bytes icmp6(const char* from, const char* to, uint8_t type, uint8_t code, uint32_t rest,
                   const Bytes& body, uint8_t hops = 60) {
  Bytes out(48 + body.size());
  const Ip6Header header{.version_class_flow = Be32(6u << 28),
                         .payload_length = Be16(static_cast<uint16_t>(8 + body.size())),
                         .next_header = 58,
                         .hop_limit = hops,
                         .source = ip(from).v6(),
                         .destination = ip(to).v6()};
  std::memcpy(out.data(), &header, 40);
  out[40] = type;
  out[41] = code;
  const Be32 wire(rest);
  std::memcpy(out.data() + 44, &wire, 4);
  std::copy(body.begin(), body.end(), out.begin() + 48);
  const std::span<const uint8_t> message = std::span(out).subspan(40);
  const Be16 sum = Be16::from_raw(checksum_finish(
      checksum_add(pseudo_sum(header, 58, static_cast<uint32_t>(message.size())), message)));
  std::memcpy(out.data() + 42, &sum, 2);
  return out;
}

// The echo reply to one of our requests.
inline Bytes reply_to(const Bytes& request) {
  uint32_t rest;
  if (request[0] >> 4 == 4) {
    Ip4Header header;
    std::memcpy(&header, request.data(), 20);
    std::memcpy(&rest, request.data() + 24, 4);
    return icmp4(header.destination.addr().to_string().c_str(),
                 header.source.addr().to_string().c_str(), 0, 0, byte_swap(rest),
                 Bytes(request.begin() + 28, request.end()));
  }
  Ip6Header header;
  std::memcpy(&header, request.data(), 40);
  std::memcpy(&rest, request.data() + 44, 4);
  return icmp6(header.destination.to_string().c_str(), header.source.to_string().c_str(), 129, 0,
               byte_swap(rest), Bytes(request.begin() + 48, request.end()));
}

class World final : public Outlet {
 public:
  Sessions sessions{*this, 1, 2000};
  Nanos now = seconds(50);
  std::optional<IpAddr> source4 = ip("10.0.0.1"), source6 = ip("2001:db8::1");
  bool can_send = true;
  std::vector<Bytes> sent;
  // What a probe brings back, and after how long; nothing when unset.
  std::function<std::optional<Bytes>(const Bytes&)> answer;
  Nanos delay = millis(5);

  std::optional<IpAddr> source_for(const IpAddr& destination, IfIndex) override {
    return destination.is4() ? source4 : source6;
  }
  bool send_probe(std::span<const uint8_t> packet, IfIndex) override {
    if (!can_send) return false;
    sent.emplace_back(packet.begin(), packet.end());
    if (answer)
      if (auto back = answer(sent.back())) coming_.push_back({now + delay, std::move(*back)});
    return true;
  }

  void run(Nanos span) {
    const Nanos end = now + span;
    for (;;) {
      Nanos next = sessions.next_deadline();
      if (!coming_.empty()) next = std::min(next, coming_.front().first);
      if (next > end) break;
      now = std::max(now, next);
      if (!coming_.empty() && coming_.front().first <= now) {
        const Bytes packet = std::move(coming_.front().second);
        coming_.pop_front();
        sessions.on_packet(packet, now);
      }
      sessions.step(now);
    }
    now = end;
  }

 private:
  std::deque<std::pair<Nanos, Bytes>> coming_;
};

}  // namespace spanway::ping::test
