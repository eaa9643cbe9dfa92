// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/packet.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/eal.h"

namespace spanway::test {
namespace {

using Some = std::array<Packet*, 5>;

Some some() {
  Some packets;
  for (Packet*& p : packets) p = buffers().allocate();
  return packets;
}

TEST(ReleaseBurst, GivesBackAll) {
  Some packets = some();
  EXPECT_EQ(buffers_in_use(), packets.size());
  release_burst(packets.data(), packets.size());
  EXPECT_EQ(buffers_in_use(), 0u);
  release_burst(packets.data(), 0);
}

TEST(ReleaseBurst, LeavesWhatSomebodyElseHoldsToThem) {
  Some packets = some();
  rte_mbuf_refcnt_update(packets[2], 1);
  release_burst(packets.data(), packets.size());
  EXPECT_EQ(buffers_in_use(), 1u);
  EXPECT_EQ(rte_mbuf_refcnt_read(packets[2]), 1);
  release(packets[2]);
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(ReleaseBurst, GivesBackEverySegment) {
  Some packets = some();
  Packet* tail = buffers().allocate();
  ASSERT_EQ(rte_pktmbuf_chain(packets[4], tail), 0);
  release_burst(packets.data(), packets.size());
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(ReleaseBurst, GivesBackWhatAnIndirectBufferStandsFor) {
  Some packets = some();
  Packet* original = buffers().allocate();
  rte_pktmbuf_attach(packets[1], original);
  release(original);
  release_burst(packets.data(), packets.size());
  EXPECT_EQ(buffers_in_use(), 0u);
}

TEST(ReleaseBurst, GivesEachToThePoolThatItCameFrom) {
  rte_mempool* const other =
      rte_pktmbuf_pool_create("other", 15, 0, sizeof(Meta), 2048, SOCKET_ID_ANY);
  ASSERT_NE(other, nullptr);
  Some packets = some();
  release(packets[3]);
  packets[3] = BufferSource(other).allocate();
  EXPECT_EQ(rte_mempool_in_use_count(other), 1u);
  release_burst(packets.data(), packets.size());
  EXPECT_EQ(rte_mempool_in_use_count(other), 0u);
  EXPECT_EQ(buffers_in_use(), 0u);
  rte_mempool_free(other);
}

}  // namespace
}  // namespace spanway::test
