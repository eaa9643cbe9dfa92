// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/attach/layout.h"

#include <gtest/gtest.h>

#include "dataplane/attach/shared_memory.h"
#include "dataplane/transport/message/wire.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spanway::attach {
namespace {

TEST(Layout, PartsLieOnPagesAndDoNotOverlap) {
  const ChannelPlan channel{64, 4096};
  ASSERT_TRUE(channel.is_valid());
  EXPECT_EQ(channel.completions_at() % kPage, 0U);
  EXPECT_GE(channel.submissions_at(), sizeof(ChannelHead));
  EXPECT_GE(channel.completions_at(), channel.submissions_at() + ring_bytes(64));
  EXPECT_GE(channel.bytes(), channel.completions_at() + ring_bytes(4096));

  const RegionPlan region{
      .streams = 3, .window_bytes = 4096, .send_streams = 5, .send_bytes = 8192};
  ASSERT_TRUE(region.is_valid());
  EXPECT_GE(region.receive_at(), sizeof(RegionHead));
  EXPECT_EQ(region.send_at() % kPage, 0U);
  EXPECT_GE(region.send_at(), region.receive_at() + 3 * 4096);
  EXPECT_GE(region.bytes(), region.send_at() + 5 * 8192);
}

TEST(Layout, PlansHaveLimits) {
  EXPECT_FALSE((ChannelPlan{63, 64}.is_valid()));
  EXPECT_FALSE((ChannelPlan{64, kMostRing * 2}.is_valid()));
  const struct {
    const char* what;
    void (*spoil)(RegionPlan&);
  } cases[] = {
      {"no stream", [](RegionPlan& p) { p.streams = 0; }},
      {"too many streams", [](RegionPlan& p) { p.send_streams = kMostStreams + 1; }},
      {"a window that is no power of two", [](RegionPlan& p) { p.window_bytes = 3 << 20; }},
      {"too small a window", [](RegionPlan& p) { p.window_bytes = kLeastArea / 2; }},
      {"too large a window", [](RegionPlan& p) { p.send_bytes = kMostArea * 2; }},
      {"no message", [](RegionPlan& p) { p.window_messages = 0; }},
      {"too many messages", [](RegionPlan& p) { p.send_messages = kMostMessages + 1; }},
      {"too much in all",
       [](RegionPlan& p) {
         p.streams = 2;
         p.window_bytes = kMostArea;
       }},
  };
  EXPECT_TRUE(RegionPlan{}.is_valid());
  for (const auto& one : cases) {
    RegionPlan plan;
    one.spoil(plan);
    EXPECT_FALSE(plan.is_valid()) << one.what;
  }
}

TEST(Layout, PlacesLieWithinTheirArea) {
  EXPECT_TRUE(lies_within(0, 0, 0));
  EXPECT_TRUE(lies_within(900, 124, 1024));
  EXPECT_FALSE(lies_within(900, 125, 1024));
  EXPECT_FALSE(lies_within(UINT32_MAX, 1, 1024));
  EXPECT_FALSE(lies_within(2, UINT32_MAX, 1024)) << "the sum wraps in 32 bits";
}

TEST(Layout, AKeyTellsTheConnectionsOfASlotApart) {
  EXPECT_EQ(ConnectionKey::of(7, 1).slot(), 7U);
  EXPECT_NE(ConnectionKey::of(7, 1), ConnectionKey::of(7, 2));
  EXPECT_EQ(ConnectionKey::of(ConnectionKey::kMostSlots - 1, UINT32_MAX).slot(),
            ConnectionKey::kMostSlots - 1);
}

TEST(SharedMemory, TwoMappingsShowTheSame) {
  auto mine = SharedMemory::create("spanway-test", 2 * kPage);
  ASSERT_TRUE(mine) << mine.error().message;
  auto theirs = SharedMemory::open(Fd(dup(mine->fd())), 2 * kPage);
  ASSERT_TRUE(theirs) << theirs.error().message;
  EXPECT_EQ(mine->bytes()[kPage], 0);
  theirs->bytes()[kPage] = 7;
  EXPECT_EQ(mine->bytes()[kPage], 7);
}

TEST(SharedMemory, NobodyChangesItsSizeOrOpensItByName) {
  auto memory = SharedMemory::create("spanway-test", kPage);
  ASSERT_TRUE(memory);
  EXPECT_NE(ftruncate(memory->fd(), 0), 0);
  EXPECT_NE(ftruncate(memory->fd(), 2 * kPage), 0);
  struct stat found {};
  ASSERT_EQ(fstat(memory->fd(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  EXPECT_NE(fcntl(memory->fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SharedMemory, WhatCouldShrinkIsRefused) {
  Fd plain(memfd_create("spanway-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(plain.get(), kPage), 0);
  EXPECT_FALSE(SharedMemory::open(Fd(dup(plain.get())), kPage)) << "not sealed";
  ASSERT_EQ(fcntl(plain.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_TRUE(SharedMemory::open(Fd(dup(plain.get())), kPage));
  EXPECT_FALSE(SharedMemory::open(Fd(dup(plain.get())), kPage + 1)) << "too small";
  EXPECT_FALSE(SharedMemory::open(Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), kPage));
}

}  // namespace
}  // namespace spanway::attach
