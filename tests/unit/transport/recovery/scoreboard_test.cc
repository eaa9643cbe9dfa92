// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/recovery/scoreboard.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace spanway::transport {
namespace {

struct Told {
  std::vector<uint32_t> delivered_, lost_, late_;
  void delivered(PacketNumber n) noexcept { delivered_.push_back(n.value()); }
  void lost(PacketNumber n) noexcept { lost_.push_back(n.value()); }
  void late(PacketNumber n) noexcept { late_.push_back(n.value()); }
};

AckRange range(uint32_t first, uint32_t last) { return {PacketNumber(first), PacketNumber(last)}; }

TEST(Scoreboard, InOrder) {
  Scoreboard board(64, PacketNumber(10));
  for (int i = 0; i < 5; ++i) board.sent(100, Cargo::kData, micros(i));
  EXPECT_EQ(board.bytes_in_flight(), 500u);
  Told told;
  Newly newly;
  board.acknowledge(range(0, 12), told, newly);
  board.settle_first();
  EXPECT_EQ(told.delivered_, (std::vector<uint32_t>{10, 11, 12}));
  EXPECT_EQ(newly.bytes, 300u);
  EXPECT_EQ(newly.newest, PacketNumber(12));
  EXPECT_EQ(board.first(), PacketNumber(13));
  EXPECT_EQ(board.at(PacketNumber(13)).sent, micros(3));
  board.acknowledge(range(13, 14), told, newly);
  board.settle_first();
  EXPECT_EQ(board.first(), board.next());
  EXPECT_EQ(board.bytes_in_flight(), 0u);
}

TEST(Scoreboard, LateIsToldOnce) {
  Scoreboard board(64, PacketNumber(0));
  for (int i = 0; i < 3; ++i) board.sent(100, Cargo::kData, Nanos(0));
  Told told;
  Newly newly;
  board.lose(PacketNumber(0), told);
  board.settle_first();
  EXPECT_EQ(board.bytes_in_flight(), 200u);
  board.acknowledge(range(0, 2), told, newly);
  board.acknowledge(range(0, 2), told, newly);
  EXPECT_EQ(told.late_, (std::vector<uint32_t>{0}));
  EXPECT_EQ(told.delivered_, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(newly.late, 1u);
}

TEST(Scoreboard, IsFullAtItsCapacityAndForgetsWhenItComesAround) {
  Scoreboard board(64, PacketNumber(0));
  Told told;
  Newly newly;
  board.sent(1, Cargo::kData, Nanos(0));
  board.lose(PacketNumber(0), told);
  board.settle_first();
  for (int i = 0; i < 64; ++i) {
    EXPECT_FALSE(board.full());
    board.sent(1, Cargo::kData, Nanos(0));
  }
  EXPECT_TRUE(board.full());
  EXPECT_EQ(board.remembered(), 0u);
  board.acknowledge(range(0, 0), told, newly);
  EXPECT_TRUE(told.late_.empty());
}

TEST(Scoreboard, NobodyWaitsForTheSilent) {
  Scoreboard board(64, PacketNumber(0));
  Told told;
  Newly newly;
  for (int i = 0; i < 200; ++i) board.sent(40, Cargo::kSilent, Nanos(0));
  EXPECT_EQ(board.bytes_in_flight(), 0u);
  EXPECT_EQ(board.first(), board.next());
  board.acknowledge(range(150, 199), told, newly);
  EXPECT_TRUE(told.delivered_.empty());
}

TEST(Scoreboard, TheSilentNeedNoRoom) {
  Scoreboard board(64, PacketNumber(0));
  Told told;
  Newly newly;
  board.sent(100, Cargo::kData, micros(7));
  for (int i = 0; i < 1000; ++i) board.sent(40, Cargo::kSilent, micros(9));
  EXPECT_TRUE(board.full());
  EXPECT_EQ(board.at(PacketNumber(0)).sent, micros(7));
  board.acknowledge(range(64, 1000), told, newly);  // 64 has the bit of 0
  EXPECT_TRUE(told.delivered_.empty());
  board.acknowledge(range(0, 1000), told, newly);
  board.settle_first();
  EXPECT_EQ(told.delivered_, (std::vector<uint32_t>{0}));
  EXPECT_EQ(board.first(), PacketNumber(1001));
}

// ---- against a map that does everything the slow way -------------------------------------------

struct Oracle {
  enum State { kOpen, kLost, kGone };
  struct Sent {
    uint32_t bytes;
    State state;
  };
  uint32_t capacity, next;  // `next` counts without wrapping, from `base`
  std::map<uint32_t, Sent> all;

  uint32_t first() const {
    for (const auto& [n, sent] : all)
      if (sent.state == kOpen) return n;
    return next;
  }
};

void compare(const Scoreboard& board, const Oracle& oracle, uint32_t base) {
  uint64_t bytes = 0;
  uint32_t packets = 0, lost = 0;
  for (const auto& [n, sent] : oracle.all) {
    if (sent.state == Oracle::kOpen) {
      bytes += sent.bytes;
      ++packets;
    }
    if (sent.state == Oracle::kLost && n + oracle.capacity >= oracle.next) ++lost;
    RC_ASSERT(board.in_flight(PacketNumber(base + n)) == (sent.state == Oracle::kOpen));
  }
  RC_ASSERT(board.bytes_in_flight() == bytes);
  RC_ASSERT(board.packets_in_flight() == packets);
  RC_ASSERT(board.remembered() == lost);
  RC_ASSERT(board.first() == PacketNumber(base + oracle.first()));
  RC_ASSERT(board.full() == (oracle.next - oracle.first() >= oracle.capacity));
}

void acknowledge(Scoreboard& board, Oracle& oracle, uint32_t base) {
  const uint32_t last = *rc::gen::inRange<uint32_t>(0, oracle.next);
  const uint32_t first = last - std::min(last, *rc::gen::inRange<uint32_t>(0, 150));
  Told told;
  Newly newly;
  const AckRange what = range(base + first, base + last);
  // The short road, when it may be taken, leads to the same.
  if (!*rc::gen::arbitrary<bool>() || !board.acknowledge_in_order(what, told, newly)) {
    board.acknowledge(what, told, newly);
    board.settle_first();
  }
  std::vector<uint32_t> delivered, late;
  for (uint32_t n = first; n <= last; ++n) {
    const auto found = oracle.all.find(n);
    if (found == oracle.all.end()) continue;
    if (found->second.state == Oracle::kOpen) delivered.push_back(base + n);
    if (found->second.state == Oracle::kLost && n + oracle.capacity >= oracle.next)
      late.push_back(base + n);
    found->second.state = Oracle::kGone;
  }
  RC_ASSERT(told.delivered_ == delivered);
  RC_ASSERT(told.late_ == late);
  RC_ASSERT(newly.packets == delivered.size() && newly.late == late.size());
  if (!delivered.empty()) {
    RC_ASSERT(newly.newest.value() == delivered.back());
    RC_ASSERT(newly.oldest.value() == delivered.front());
  }
}

void lose(Scoreboard& board, Oracle& oracle, uint32_t base) {
  const uint32_t from = *rc::gen::inRange<uint32_t>(0, 8);
  PacketNumber n = board.first();
  for (uint32_t i = 0; i < from && n < board.next(); ++i) n = board.next_in_flight(n);
  if (n >= board.next()) return;
  Told told;
  board.lose(n, told);
  board.settle_first();
  RC_ASSERT(told.lost_ == std::vector<uint32_t>{n.value()});
  oracle.all.at(n.value() - base).state = Oracle::kLost;
}

TEST(ScoreboardProperty, LikeAMapAlsoAroundTheWrap) {
  EXPECT_TRUE(rc::check("scoreboard == map", [] {
    const uint32_t base = *rc::gen::element<uint32_t>(0, 63, 0xffff'ff00, 0xffff'ffff, 0x7fff'ffe0);
    Scoreboard board(*rc::gen::element<uint32_t>(1, 64, 128, 200), PacketNumber(base));
    Oracle oracle{board.capacity(), 0, {}};
    const auto steps = *rc::gen::resize(
        200, rc::gen::container<std::vector<uint8_t>>(rc::gen::arbitrary<uint8_t>()));
    for (uint8_t step : steps) {
      if (step % 4 == 0 && oracle.next != 0) {
        acknowledge(board, oracle, base);
      } else if (step % 16 == 1) {
        lose(board, oracle, base);
      } else {
        const bool silent = step % 7 == 0;
        for (int i = 0; i < step / 8 && (silent || !board.full()); ++i) {
          board.sent(step + 1u, silent ? Cargo::kSilent : Cargo::kData, Nanos(i));
          if (!silent) oracle.all[oracle.next] = {step + 1u, Oracle::kOpen};
          ++oracle.next;
        }
      }
      compare(board, oracle, base);
    }
  }));
}

}  // namespace
}  // namespace spanway::transport
