// SPDX-License-Identifier: BSD-3-Clause
#include "control/local/reassembly.h"

#include <algorithm>

#include "dataplane/base/random.h"
#include "tests/unit/control/local/pieces.h"

namespace spanway::local {
namespace {

constexpr size_t kL3 = 14;

class Reassembling : public testing::Test {
 protected:
  Reassembly::Result add(const Octets& frame) { return table_.add(kLeft, frame, kL3, now_); }
  void TearDown() override {
    expect_sound(table_.counts());
    // Everything goes in the end, and nothing is left that would cost.
    table_.expire(now_ + seconds(3600));
    EXPECT_EQ(table_.bytes(), 0u);
    EXPECT_EQ(table_.counts().waiting, 0u);
    expect_sound(table_.counts());
  }
  [[nodiscard]] uint64_t lost(Loss why) const { return local::lost(table_.counts(), why); }

  Reassembly table_;
  Nanos now_ = seconds(5);
};

TEST_F(Reassembling, AnyOrderAndCutGivesTheDatagram) {
  Random random(3);
  for (int round = 0; round < 400; ++round) {
    const Octets payload = counting(9 + random.below(9000));
    const size_t most = 8 * (1 + payload.size() / 8 / 200 + random.below(180));
    std::vector<Part> parts = parts_of(payload, most);
    if (parts.size() == 1) continue;
    std::shuffle(parts.begin(), parts.end(), random);
    const bool v4 = random.below(2) == 0;
    Ip4 ip4 = kToUs4;
    ip4.id = static_cast<uint16_t>(round);
    for (size_t i = 0; i < parts.size(); ++i) {
      const auto result = add(v4 ? piece4(ip4, payload, parts[i])
                                 : piece6(kToUs6, payload, parts[i], static_cast<uint32_t>(round)));
      EXPECT_FALSE(result.lost);
      ASSERT_EQ(result.whole.has_value(), i + 1 == parts.size());
      if (!result.whole) continue;
      EXPECT_EQ(result.whole->packet, v4 ? packet4(ip4, payload) : packet6(kToUs6, payload));
      EXPECT_EQ(result.whole->first.interface, kLeft);
      EXPECT_EQ(result.whole->first.frame, v4 ? piece4(ip4, payload, parts_of(payload, most)[0])
                                              : piece6(kToUs6, payload, parts_of(payload, most)[0],
                                                       static_cast<uint32_t>(round)));
    }
    EXPECT_EQ(table_.datagrams(), 0u);
  }
}

TEST_F(Reassembling, OptionsAndHeadersOfTheFirstFragmentStay) {
  Ip4 with_options = kToUs4;
  with_options.options = {148, 4, 0, 0};
  const Octets payload = counting(40);
  EXPECT_FALSE(add(piece4(kToUs4, payload, {24, 16, false})).whole);
  const auto four = add(piece4(with_options, payload, {0, 24, true}));
  ASSERT_TRUE(four.whole);
  EXPECT_EQ(four.whole->packet, packet4(with_options, payload));

  Ip6 chained = kToUs6;
  chained.next = 60;
  const auto six = [&](const Part& part) {
    return frame6(
        kIn, packet6(chained,
                     test::extension(44, Octets(6)) +
                         test::fragment_header(58, static_cast<uint16_t>(part.from), part.more, 3) +
                         slice(payload, part.from, part.bytes)));
  };
  EXPECT_FALSE(add(six({0, 24, true})).whole);
  const auto whole = add(six({24, 16, false}));
  ASSERT_TRUE(whole.whole);
  EXPECT_EQ(whole.whole->packet, packet6(chained, test::extension(58, Octets(6)) + payload));
}

TEST_F(Reassembling, DatagramsAreToldApart) {
  const Octets payload = counting(40);
  const auto base = piece4(kToUs4, payload, {0, 24, true});
  EXPECT_FALSE(add(base).whole);
  const auto tail = [&](Ip4 ip) { return add(piece4(ip, payload, {24, 16, false})).whole; };
  Ip4 other = kToUs4;
  other.id = 1;
  EXPECT_FALSE(tail(other));
  other = kToUs4;
  other.protocol = 17;
  EXPECT_FALSE(tail(other));
  other = kToUs4;
  other.from = test::ip4_of("10.0.0.3");
  EXPECT_FALSE(tail(other));
  other = kToUs4;
  other.to = test::ip4_of("10.0.0.9");
  EXPECT_FALSE(tail(other));
  EXPECT_TRUE(tail(kToUs4));

  // A link-local source is another one on each link; a wider one is the same on all.
  for (const char* source : {"fe80::2", "2001:db8::2"}) {
    Ip6 ip = kToUs6;
    ip.from = test::ip6_of(source);
    table_.add(IfIndex(1), piece6(ip, payload, {0, 24, true}), kL3, now_);
    const auto there = table_.add(IfIndex(2), piece6(ip, payload, {24, 16, false}), kL3, now_);
    EXPECT_EQ(there.whole.has_value(), !ip.from.is_link_local()) << source;
  }
}

// Each of these ends in the loss named, before or behind a first fragment of 0 to 24.
TEST_F(Reassembling, BadFragmentsByName) {
  struct Case {
    const char* what;
    Part part;
    Loss loss;
    bool poisons;  // what comes later is lost as well
  };
  const Octets payload = counting(4096);
  const std::vector<Case> cases = {
      {"the same again", {0, 24, true}, Loss::kDuplicate, false},
      {"the same front, shorter", {0, 16, true}, Loss::kOverlap, true},
      {"the same front, longer", {0, 32, true}, Loss::kOverlap, true},
      {"inside (teardrop)", {8, 8, true}, Loss::kOverlap, true},
      {"over the end", {16, 16, true}, Loss::kOverlap, true},
      {"the last, inside", {16, 4, false}, Loss::kOverlap, true},
      {"no payload", {24, 0, true}, Loss::kMalformed, false},
      {"no payload, the last", {24, 0, false}, Loss::kMalformed, false},
      {"an odd length", {24, 13, true}, Loss::kMalformed, false},
  };
  for (const bool v4 : {true, false}) {
    const auto piece = [&](const Part& part) {
      return v4 ? piece4(kToUs4, payload, part) : piece6(kToUs6, payload, part);
    };
    for (const Case& c : cases) {
      table_ = Reassembly();
      add(piece({0, 24, true}));
      EXPECT_EQ(add(piece(c.part)).lost, c.loss) << c.what;
      const auto last = add(piece({24, 100, false}));
      EXPECT_EQ(last.whole.has_value(), !c.poisons) << c.what;
      if (c.poisons) {
        EXPECT_EQ(last.lost, Loss::kOverlap) << c.what;
        EXPECT_EQ(lost(Loss::kOverlap), 3u) << c.what;
      }
      expect_sound(table_.counts());
    }
  }
}

// RFC 5722: the other bytes of an overlap do not matter, and neither does the order.
TEST_F(Reassembling, SameRangeOtherBytes) {
  const Octets payload = counting(48);
  Octets other = payload;
  other[30] ^= 1;
  add(piece6(kToUs6, payload, {24, 24, false}));
  EXPECT_EQ(add(piece6(kToUs6, other, {24, 24, false})).lost, Loss::kOverlap);
  EXPECT_EQ(add(piece6(kToUs6, payload, {0, 24, true})).lost, Loss::kOverlap);
}

TEST_F(Reassembling, AllMustAgreeOnTheEnd) {
  const Octets payload = counting(200);
  const Part last{48, 8, false};
  for (const Part& liar : {Part{56, 8, true}, Part{56, 8, false}, Part{40, 8, false}}) {
    for (const bool first : {true, false}) {
      table_ = Reassembly();
      add(piece4(kToUs4, payload, first ? last : liar));
      EXPECT_EQ(add(piece4(kToUs4, payload, first ? liar : last)).lost, Loss::kOverlap)
          << liar.from << liar.more << first;
    }
  }
}

TEST_F(Reassembling, PingOfDeath) {
  const Octets payload = counting(65535 + 1000);
  // 65535 bytes with the header: the longest there is.
  const size_t most4 = 65535 - 20, most6 = 65535 - 40;
  for (const size_t over : {size_t{0}, size_t{1}}) {
    add(piece4(kToUs4, payload, {0, 64000, true}));
    const auto four = add(piece4(kToUs4, payload, {64000, most4 - 64000 + over, false}));
    EXPECT_EQ(four.whole.has_value(), over == 0);
    EXPECT_EQ(four.lost == Loss::kTooLong, over == 1);
    add(piece6(kToUs6, payload, {0, 64000, true}, 70));
    const auto six = add(piece6(kToUs6, payload, {64000, most6 - 64000 + over, false}, 70));
    EXPECT_EQ(six.whole.has_value(), over == 0);
    EXPECT_EQ(six.lost == Loss::kTooLong, over == 1);
  }
  EXPECT_EQ(add(piece4(kToUs4, payload, {65528, 400, false})).lost, Loss::kTooLong);
  // Only together too long: the first has options.
  Ip4 ip = kToUs4;
  ip.id = 4;
  add(piece4(ip, payload, {32000, most4 - 32000, false}));
  ip.options = Octets(40, 1);
  EXPECT_EQ(add(piece4(ip, payload, {0, 32000, true})).lost, Loss::kTooLong);
  EXPECT_EQ(lost(Loss::kTooLong), 5u);
}

TEST_F(Reassembling, OldOnesEndAndTheirBeginningsAreTold) {
  const Octets payload = counting(64);
  const Octets beginning = piece4(kToUs4, payload, {0, 24, true});
  add(beginning);
  Ip4 headless = kToUs4;
  headless.id = 2;
  now_ = now_ + seconds(1);
  add(piece4(headless, payload, {24, 8, true}));
  EXPECT_EQ(table_.next_deadline(), seconds(65));
  EXPECT_TRUE(table_.expire(seconds(65) - Nanos(1)).empty());
  const auto told = table_.expire(seconds(65));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].frame, beginning);
  EXPECT_EQ(told[0].interface, kLeft);
  EXPECT_EQ(lost(Loss::kTimeout), 1u);
  EXPECT_TRUE(table_.expire(seconds(66)).empty());
  EXPECT_EQ(lost(Loss::kTimeout), 2u);
  EXPECT_EQ(table_.next_deadline(), Nanos::never());
  EXPECT_EQ(table_.bytes(), 0u);
}

TEST_F(Reassembling, AFloodKeepsItsBounds) {
  const Limits limits;
  Random random(9);
  const Octets payload = counting(65000);
  for (unsigned i = 0; i < 20000; ++i) {
    Ip4 ip = kToUs4;
    ip.from = Ip4Addr(0x0a000000u + static_cast<uint32_t>(random.below(40)));
    ip.id = static_cast<uint16_t>(random.below(200));
    const size_t from = 8 * random.below(180);
    add(piece4(ip, payload, {from, 1480, true}));
    ASSERT_LE(table_.bytes(), limits.bytes);
    ASSERT_LE(table_.datagrams(), limits.datagrams);
  }
  EXPECT_GT(lost(Loss::kNoRoom), 0u);
  EXPECT_EQ(table_.datagrams(), limits.datagrams);
  // And an honest one still comes through.
  Ip4 honest = kToUs4;
  honest.from = test::ip4_of("10.9.9.9");
  EXPECT_FALSE(add(piece4(honest, payload, {0, 1480, true})).whole);
  EXPECT_TRUE(add(piece4(honest, payload, {1480, 600, false})).whole);
}

TEST_F(Reassembling, OneSourceDoesNotTakeTheRoomOfOthers) {
  const Limits limits;
  const Octets payload = counting(64);
  Ip4 victim = kToUs4;
  victim.from = test::ip4_of("10.9.9.9");
  add(piece4(victim, payload, {0, 24, true}));
  for (unsigned i = 0; i < 1000; ++i) {
    Ip4 ip = kToUs4;
    ip.id = static_cast<uint16_t>(i);
    add(piece4(ip, payload, {0, 24, true}));
    ASSERT_LE(table_.datagrams(), limits.datagrams_per_source + 1);
  }
  EXPECT_TRUE(add(piece4(victim, payload, {24, 40, false})).whole);
}

// What a source lost is not held against it.
TEST_F(Reassembling, LostPiecesAreNoLongerCharged) {
  const Octets payload = counting(65000);
  Ip4 ip = kToUs4;
  for (uint16_t id = 1; id < 3000; ++id) {
    ip.id = id;
    add(piece4(ip, payload, {0, 1480, true}));
    EXPECT_EQ(add(piece4(ip, payload, {8, 1480, true})).lost, Loss::kOverlap);
  }
  ip.id = 3000;
  const std::vector<Part> parts = parts_of(payload, 1480);
  for (size_t i = 0; i < parts.size(); ++i)
    EXPECT_EQ(add(piece4(ip, payload, parts[i])).whole.has_value(), i + 1 == parts.size());
}

TEST_F(Reassembling, TinyFragmentsHaveABound) {
  const Octets payload = counting(8 * 400);
  const Limits limits;
  for (size_t i = 0; i <= limits.fragments_per_datagram; ++i) {
    const bool fits = i < limits.fragments_per_datagram;
    EXPECT_EQ(add(piece4(kToUs4, payload, {8 * i, 8, true})).lost,
              fits ? std::optional<Loss>() : std::optional(Loss::kNoRoom));
  }
  EXPECT_EQ(table_.datagrams(), 0u);
  EXPECT_EQ(lost(Loss::kNoRoom), limits.fragments_per_datagram + 1);
}

}  // namespace
}  // namespace spanway::local
