// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/block_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "dataplane/base/random.h"

namespace spanway::table {
namespace {

constexpr uint32_t kGranule = 4, kSmall = 8, kLarge = 4096;
constexpr size_t kBytes = size_t{1} << 18;

std::vector<uint32_t> fill(BlockPool& pool, uint32_t words) {
  std::vector<uint32_t> blocks;
  while (const uint32_t at = pool.allocate(words, false)) blocks.push_back(at);
  return blocks;
}

// What was cut into small blocks serves for large ones again, in whatever order they came back.
TEST(BlockPool, JoinsWhatLiesSideBySide) {
  BlockPool pool(kBytes, kGranule);
  const size_t large = fill(pool, kLarge).size();
  ASSERT_GT(large, 20u);

  BlockPool again(kBytes, kGranule);
  for (unsigned round = 0; round < 3; ++round) {
    std::vector<uint32_t> blocks = fill(again, kSmall);
    ASSERT_GE(blocks.size(), large * (kLarge / kSmall));
    Random random(round + 1);
    for (size_t i = blocks.size() - 1; i != 0; --i)
      std::swap(blocks[i], blocks[random.below(i + 1)]);
    for (const uint32_t at : blocks) again.release(at, kSmall);
    EXPECT_EQ(again.used_bytes(), 0u);
    std::vector<uint32_t> whole = fill(again, kLarge);
    EXPECT_EQ(whole.size(), large);
    std::sort(whole.begin(), whole.end());
    for (size_t i = 1; i < whole.size(); ++i) ASSERT_GE(whole[i] - whole[i - 1], kLarge);
    for (const uint32_t at : whole) again.release(at, kLarge);
  }
}

// Blocks in use between free ones are never handed out a second time.
TEST(BlockPool, KeepsWhatIsInUseApart) {
  BlockPool pool(kBytes, kGranule);
  const std::vector<uint32_t> blocks = fill(pool, kSmall);
  for (size_t i = 0; i < blocks.size(); ++i)
    if (i % 8 != 0) pool.release(blocks[i], kSmall);
  const std::vector<uint32_t> wider = fill(pool, 7 * kSmall);
  EXPECT_EQ(wider.size(), blocks.size() / 8);
  EXPECT_EQ(pool.allocate(8 * kSmall, false), 0u);
  for (const uint32_t at : wider) {
    const auto next = std::lower_bound(blocks.begin(), blocks.end(), at);
    ASSERT_EQ((next - blocks.begin()) % 8, 1);
  }
}

}  // namespace
}  // namespace spanway::table
