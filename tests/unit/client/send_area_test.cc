// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/client/send_area.h"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/random.h"

namespace spanway::client {
namespace {

TEST(SendArea, AMessageLiesInOnePieceAndAroundTheEndIsNoPiece) {
  SendArea area(1'024, 8);
  ASSERT_EQ(area.find(600), 0U);
  area.add(0, 600);
  EXPECT_EQ(area.find(384), 640U) << "behind it, on a line of its own";
  EXPECT_FALSE(area.find(385)) << "not around the end";
  area.add(640, 100);
  EXPECT_TRUE(area.remove(0));
  EXPECT_EQ(area.find(640), 0U) << "the front is free again";
  EXPECT_FALSE(area.find(641));
  area.add(0, 640);
  EXPECT_FALSE(area.find(1)) << "now it is full";
  EXPECT_TRUE(area.remove(640));
  EXPECT_EQ(area.find(384), 640U);
  EXPECT_FALSE(area.remove(640)) << "that is done already";
  EXPECT_TRUE(area.remove(0));
  EXPECT_EQ(area.find(1'024), 0U);
}

TEST(SendArea, WhatIsDoneOutOfOrderIsFreeWhenTheOldestIs) {
  SendArea area(1'024, 3);
  for (const uint32_t place : {0U, 64U, 128U}) area.add(place, 64);
  EXPECT_FALSE(area.find(64)) << "three messages are as many as there may be";
  EXPECT_TRUE(area.remove(64) && area.remove(128));
  EXPECT_FALSE(area.find(64));
  EXPECT_TRUE(area.remove(0));
  EXPECT_EQ(area.count(), 0U);
}

TEST(SendArea, NoByteIsGivenOutTwice) {
  Random random(4);
  constexpr uint32_t kBytes = 4'096;
  SendArea area(kBytes, 16);
  struct Piece {
    uint32_t place, bytes;
  };
  std::vector<Piece> out;
  std::vector<bool> taken(kBytes);
  unsigned given = 0;
  for (unsigned i = 0; i < 4'000; ++i) {
    const auto bytes = static_cast<uint32_t>(1 + random.below(1'500));
    if (const auto place = area.find(bytes); place && random.below(3) != 0) {
      ASSERT_LE(*place + bytes, kBytes);
      for (uint32_t at = *place; at < *place + bytes; ++at) {
        ASSERT_FALSE(taken[at]) << at;
        taken[at] = true;
      }
      area.add(*place, bytes);
      out.push_back({*place, bytes});
      ++given;
    } else if (!out.empty()) {
      const auto which = static_cast<std::ptrdiff_t>(random.below(out.size()));
      const Piece piece = out[static_cast<size_t>(which)];
      ASSERT_TRUE(area.remove(piece.place));
      for (uint32_t at = piece.place; at < piece.place + piece.bytes; ++at) taken[at] = false;
      out.erase(out.begin() + which);
    }
  }
  EXPECT_GT(given, 1'000U);
}

}  // namespace
}  // namespace spanway::client
