// SPDX-License-Identifier: BSD-3-Clause
// One builder's way to a pool's memory.
//
// Alone, it is the pool itself: used blocks first. When several threads build at the same time,
// each has a lot of its own that takes fresh memory in chunks and shares nothing else, so that no
// two of them ever wait; what is left over goes back when control closes the lot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/table/block_pool.h"

namespace spanway::table {

enum class Builders { kOne, kSeveral };

class PoolLot {
 public:
  static constexpr uint32_t kChunkWords = 8192;

  explicit PoolLot(BlockPool& pool, Builders builders = Builders::kOne) noexcept
      : pool_(pool), alone_(builders == Builders::kOne) {}

  // The builder's thread. As the pool's; several builders leave the reserve alone.
  uint32_t allocate(uint32_t words, bool from_reserve);
  // The builder's thread. A block that no reader knows.
  void release(uint32_t at, uint32_t words);
  // Control thread, when no builder is at work.
  void close();

  // Fresh words that `lots` of several builders may take for blocks of `words` in all: the end of a
  // chunk is left over when the next block, a quarter of a chunk at most, does not fit.
  static constexpr size_t most_taken(size_t words, size_t lots) noexcept {
    return words + words / 3 + lots * kChunkWords;
  }

 private:
  struct Block {
    uint32_t at, words;
  };
  uint32_t take(uint32_t words);

  BlockPool& pool_;
  bool alone_;
  uint32_t next_ = 0, end_ = 0;  // of the chunk
  size_t taken_ = 0;
  std::vector<Block> released_;
};

}  // namespace spanway::table
