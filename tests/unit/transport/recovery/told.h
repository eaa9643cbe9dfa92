// SPDX-License-Identifier: BSD-3-Clause
// A sender driven by hand, and what it told.
#pragma once

#include <initializer_list>
#include <vector>

#include "dataplane/transport/recovery/sender.h"

namespace spanway::transport::test {

struct Told {
  std::vector<uint32_t> delivered_, lost_, late_;
  void delivered(PacketNumber n) noexcept { delivered_.push_back(n.value()); }
  void lost(PacketNumber n) noexcept { lost_.push_back(n.value()); }
  void late(PacketNumber n) noexcept { late_.push_back(n.value()); }
};

using Numbers = std::vector<uint32_t>;

// Numbers begin at 0, packets have 1000 bytes, a segment as well.
struct Driven {
  static constexpr uint32_t kBytes = 1000;
  static SenderOptions plain() {
    SenderOptions options{};
    options.segment = kBytes;
    options.probe_floor = Nanos(0);
    options.max_ack_delay = millis(5);
    options.pacing = false;
    return options;
  }

  explicit Driven(const SenderOptions& o = plain())
      : options(o), sender(options, PacketNumber(0)) {}

  Driven(const Driven&) = delete;  // the sender refers to the options
  Driven& operator=(const Driven&) = delete;

  void send(uint32_t count, Nanos now) {
    for (uint32_t i = 0; i < count; ++i) sender.on_sent(kBytes, now);
  }
  // Ranges newest first, both ends included.
  AckVerdict ack(std::initializer_list<std::pair<uint32_t, uint32_t>> ranges, Nanos now,
                 uint32_t ce_count = 0) {
    std::vector<AckRange> list;
    for (auto [first, last] : ranges) list.push_back({PacketNumber(first), PacketNumber(last)});
    return sender.on_ack(Ack{list, Nanos(0), ce_count}, now, told);
  }
  TimerVerdict timer(Nanos now) { return sender.on_timer(now, told); }
  uint64_t window() const { return sender.congestion().window(); }

  const SenderOptions options;
  Sender sender;
  Told told;
};

}  // namespace spanway::transport::test
