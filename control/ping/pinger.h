// SPDX-License-Identifier: BSD-3-Clause
// One ping: echo requests at an interval, each ending in exactly one reply or failure.
//
// Control thread; time is passed in. What is kept is bounded by kKept, whatever the count.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/ping/probe_packet.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/units.h"

namespace spanway::ping {

// How probes leave and from where. Must not call back into the caller.
class Outlet {
 public:
  virtual ~Outlet() = default;
  // Our address that packets for `destination` leave with; nullopt when no route leads there. With
  // a `link`: the one that we speak as to a neighbour on that interface.
  virtual std::optional<IpAddr> source_for(const IpAddr& destination, IfIndex link) = 0;
  // A whole IP packet, to be routed as one of ours, or for a neighbour on `link`. False when it
  // could not be sent. The bytes are good for the call only.
  virtual bool send_probe(std::span<const uint8_t> packet, IfIndex link) = 0;
};

struct PingOptions {
  IpAddr address;
  IfIndex link = kNoInterface;     // where a link-local address is; else as routed
  std::optional<IpAddr> source{};  // of the same family; default: as routed
  uint64_t count = 0;              // 0: until stopped
  Nanos interval = seconds(1), timeout = seconds(1);
  uint16_t payload_bytes = 56;
  uint8_t ttl = 64;
  bool dont_fragment = true;
};

enum class Outcome : uint8_t { kReply, kTimeout, kUnreachable, kTtlExpired, kTooBig, kNoRoute };
std::string_view name_of(Outcome outcome);

struct PingReply {
  uint64_t number = 0;    // from 1, in the order in which the outcomes became known
  uint64_t sequence = 0;  // from 1, in the order of sending
  Outcome outcome = Outcome::kTimeout;
  IpAddr from{};       // who answered; meaningless for kTimeout and kNoRoute
  Nanos rtt{};         // these three likewise
  uint8_t ttl = 0;     // of the answer
  uint16_t bytes = 0;  // of its ICMP message
  std::string detail{};
  [[nodiscard]] bool answered() const noexcept {
    return outcome != Outcome::kTimeout && outcome != Outcome::kNoRoute;
  }
};

// Times are meaningless while `received` is 0.
struct PingStatistics {
  uint64_t sent = 0, received = 0, duplicates = 0, errors = 0;
  Nanos elapsed{};  // from the first request to the last outcome
  Nanos rtt_min{}, rtt_avg{}, rtt_max{}, rtt_mdev{};
  [[nodiscard]] double loss_percent() const noexcept;  // 0 while nothing was sent
};

class Pinger {
 public:
  static constexpr size_t kKept = 4096;  // of replies, and of requests that may still be answered

  // `id` is the echo identifier, of no other session. The first request goes out at the first step.
  Pinger(const PingOptions& options, uint16_t id, Outlet& outlet, Nanos now);

  void step(Nanos now);
  [[nodiscard]] Nanos next_deadline() const;
  // True when the answer was to one of ours, also when it came too late.
  bool on_answer(const Answer& answer, Nanos now);
  // Sends no more; what is open is forgotten.
  void stop();

  [[nodiscard]] bool done() const noexcept { return done_; }
  [[nodiscard]] const PingOptions& options() const noexcept { return options_; }
  [[nodiscard]] uint16_t id() const noexcept { return id_; }
  // Those with a greater number that are still kept, oldest first.
  [[nodiscard]] std::vector<PingReply> replies_after(uint64_t number) const;
  [[nodiscard]] PingStatistics statistics() const;

 private:
  struct Request {
    IpAddr source;
    Nanos sent;
    bool open = true;
    bool answered = false;
  };
  void send(Nanos now);
  void expire(Nanos now);
  void record(PingReply reply, Nanos now);
  Request* find(uint16_t sequence, uint64_t& number);
  void on_reply(Request& request, uint64_t sequence, const Answer& answer, Nanos now);
  void finish_when_complete();

  PingOptions options_;
  uint16_t id_;
  Outlet& outlet_;
  Nanos next_send_;
  uint64_t sent_ = 0, received_ = 0, duplicates_ = 0, errors_ = 0;
  size_t open_ = 0;
  uint64_t first_kept_ = 1;  // sequence of requests_.front()
  uint64_t first_open_ = 1;  // no request before this one is open
  std::deque<Request> requests_;
  std::deque<PingReply> replies_;
  uint64_t last_number_ = 0;
  Nanos started_{}, last_outcome_{};
  Nanos rtt_min_ = Nanos::never(), rtt_max_{};
  double rtt_sum_ = 0, rtt_squares_ = 0;
  bool done_ = false;
};

}  // namespace spanway::ping
