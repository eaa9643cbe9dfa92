// SPDX-License-Identifier: BSD-3-Clause
// An Outlet that keeps what it was told, as text that tests can compare.
#pragma once

#include <string>
#include <vector>

#include "control/neighbour/arp_message.h"
#include "control/neighbour/nd_message.h"
#include "control/neighbour/neighbours.h"

namespace spanway::neighbour::test {

inline const IfIndex kIf{1};
inline const EtherAddr kOurMac{{2, 0, 0, 0, 0, 1}};
inline const EtherAddr kPeerMac{{2, 0, 0, 0, 0, 2}};
inline const EtherAddr kOtherMac{{2, 0, 0, 0, 0, 3}};

inline IpAddr ip(const char* text) { return *IpAddr::parse(text); }
inline IpWithLength net(const char* text) { return *IpWithLength::parse(text); }

class Recorder final : public Outlet {
 public:
  struct Frame {
    IfIndex interface;
    std::vector<uint8_t> bytes;
  };
  std::vector<Frame> frames;
  std::vector<std::string> events;
  bool keep_frames = true;
  uint64_t frame_count = 0;

  void send_frame(IfIndex interface, std::span<const uint8_t> frame) override {
    ++frame_count;
    if (keep_frames) frames.push_back({interface, {frame.begin(), frame.end()}});
  }
  void resolved(IfIndex, const IpAddr& who, const EtherAddr& mac) override {
    events.push_back("resolved " + who.to_string() + " " + mac.to_string());
  }
  void failed(IfIndex, const IpAddr& who) override {
    events.push_back("failed " + who.to_string());
  }
  void gone(IfIndex, const IpAddr& who) override { events.push_back("gone " + who.to_string()); }
  void duplicate_address(IfIndex, const IpAddr& own, const EtherAddr& who) override {
    events.push_back("duplicate " + own.to_string() + " " + who.to_string());
  }
  void address_ready(IfIndex, const IpAddr& own) override {
    events.push_back("ready " + own.to_string());
  }
  void address_lost(IfIndex, const IpAddr& own) override {
    events.push_back("lost " + own.to_string());
  }

  std::vector<std::string> take_events() { return std::exchange(events, {}); }
  std::vector<Frame> take_frames() { return std::exchange(frames, {}); }
  // Every frame kept so far that is ARP, or ND; forgets all.
  std::vector<ArpMessage> take_arp() {
    std::vector<ArpMessage> out;
    for (const Frame& frame : take_frames())
      if (const auto message = parse_arp(frame.bytes)) out.push_back(*message);
    return out;
  }
  std::vector<NdMessage> take_nd() {
    std::vector<NdMessage> out;
    for (const Frame& frame : take_frames())
      if (const auto message = parse_nd(frame.bytes)) out.push_back(*message);
    return out;
  }
};

// IPv4 addresses are ready at once.
inline Settings without_probes(Settings settings = {}) {
  settings.probes = 0;
  return settings;
}

// One interface with tables on it, in virtual time.
struct Bench {
  Recorder out;
  Neighbours tables;
  Nanos now = seconds(100);

  explicit Bench(std::vector<IpWithLength> addresses, bool ip6 = false,
                 Settings settings = without_probes())
      : tables(out, 1, settings) {
    configure(std::move(addresses), ip6);
  }
  void configure(std::vector<IpWithLength> addresses, bool ip6 = false, bool up = true,
                 bool point_to_point = false) {
    const InterfaceConfig config{.index = kIf,
                                 .mac = kOurMac,
                                 .up = up,
                                 .ip6 = ip6,
                                 .point_to_point = point_to_point,
                                 .addresses = std::move(addresses)};
    tables.set_interfaces({&config, 1}, now);
  }
  void arp(const ArpMessage& message) { tables.on_arp(kIf, write_arp(message), now); }
  void nd(const NdMessage& message) { tables.on_nd(kIf, write_nd(message), now); }
  void want(const char* who) { tables.on_unresolved(kIf, ip(who), now); }
  // Runs every deadline up to `span` from now.
  void run(Nanos span) {
    const Nanos end = now + span;
    for (Nanos next = tables.next_deadline(); next <= end; next = tables.step(now))
      now = std::max(now, next);
    now = end;
  }
  [[nodiscard]] const Info* entry(const char* who) {
    listed = tables.list(now);
    for (const Info& info : listed)
      if (info.ip == ip(who)) return &info;
    return nullptr;
  }
  [[nodiscard]] State state(const char* who) {
    const Info* info = entry(who);
    return info == nullptr ? State::kFailed : info->state;
  }
  std::vector<Info> listed;
};

}  // namespace spanway::neighbour::test
