// SPDX-License-Identifier: BSD-3-Clause
// A sender and a peer that says anything at all. Each transmission is told delivered or lost once,
// and late only after lost; the window never grows by more than was sent; there is always something
// in flight, or something may be sent.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "dataplane/transport/recovery/sender.h"

namespace spanway::transport {
namespace {

struct Judge {
  enum Fate : uint8_t { kOut, kDelivered, kLost, kLate };
  void delivered(PacketNumber n) noexcept { step(n, kOut, kDelivered); }
  void lost(PacketNumber n) noexcept { step(n, kOut, kLost); }
  void late(PacketNumber n) noexcept { step(n, kLost, kLate); }
  void step(PacketNumber n, Fate from, Fate to) noexcept {
    const auto found = fates.find(n.value());
    if (found == fates.end() || found->second != from)
      wrong = true;
    else
      found->second = to;
    if (to == kDelivered) ++acknowledged;
  }
  std::map<uint32_t, Fate> fates;
  uint64_t acknowledged = 0;
  bool wrong = false;
};

struct Step {
  uint8_t what;
  uint32_t by;
  uint8_t length;
  uint16_t gap;
};

constexpr uint32_t kBytes = 1000;

Ack any_ack(const Step& step, PacketNumber next, AckRanges& room, std::vector<AckRange>& list) {
  Ack ack;
  ack.delay = Nanos(int64_t{step.gap} << step.what % 32);
  ack.ce_count = step.what % 5 == 0 ? step.by : 0;
  // Mostly about what was sent, now and then about what was not.
  const PacketNumber largest = next - 1u - (step.what % 7 == 0 ? step.by : step.by % 48);
  if (step.what % 2 == 0) {
    const uint64_t bits = step.by * 0x9e37'79b9'7f4a'7c15;
    ack.ranges = ranges_of({largest, step.length % 16u, bits & (bits << 3)}, room);
  } else {
    list = {{largest - step.length, largest}};
    if (step.what % 3 == 0) list.push_back({largest - 100u, largest - 90u});
    ack.ranges = list;
  }
  return ack;
}

void hostile_peer() {
  SenderOptions options{};
  options.segment = kBytes;
  options.capacity = 256;
  options.algorithm = *rc::gen::element(Algorithm::kReno, Algorithm::kCubic);
  Sender sender(options, PacketNumber(*rc::gen::element<uint32_t>(0, 0xffff'ffe0, 0x7fff'fff0)));
  Judge judge;
  Nanos now = seconds(1);
  const uint64_t initial = sender.congestion().window();
  uint64_t greatest = initial;
  const auto steps =
      *rc::gen::resize(400, rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
                                rc::gen::set(&Step::what), rc::gen::set(&Step::by),
                                rc::gen::set(&Step::length), rc::gen::set(&Step::gap))));
  for (const Step& step : steps) {
    now += Nanos(step.gap * 1000);
    if (step.what % 11 == 0) sender.skip(now);
    for (uint32_t i = 0; i < step.by % 32 && sender.may_send(kBytes, now); ++i) {
      judge.fates[sender.next().value()] = Judge::kOut;
      sender.on_sent(kBytes, now, step.what % 13 == 0 ? Cargo::kPathProbe : Cargo::kData);
    }
    if (step.what % 4 == 0) {
      now = std::max(now, sender.deadline() == Nanos::never() ? now : sender.deadline());
      sender.on_timer(now, judge);
    } else {
      AckRanges room;
      std::vector<AckRange> list;
      sender.on_ack(any_ack(step, sender.next(), room, list), now, judge);
    }
    RC_ASSERT(!judge.wrong);
    // RFC 3465 and what RFC 9438 section 4.9 restores: never beyond what was acknowledged.
    greatest = std::max(greatest, sender.congestion().window());
    RC_ASSERT(greatest <= initial + judge.acknowledged * kBytes + 2 * kBytes);
    uint64_t out = 0;
    for (const auto& [n, fate] : judge.fates) out += fate == Judge::kOut ? kBytes : 0;
    RC_ASSERT(sender.scoreboard().bytes_in_flight() == out);
    RC_ASSERT((sender.deadline() == Nanos::never()) == (out == 0));
    if (out == 0) RC_ASSERT(sender.may_send(kBytes, std::max(now, sender.paced_until())));
  }
}

TEST(SenderProperty, HoldsWhateverThePeerSays) {
  EXPECT_TRUE(rc::check("books balance", hostile_peer));
}

}  // namespace
}  // namespace spanway::transport
