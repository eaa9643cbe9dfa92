// SPDX-License-Identifier: BSD-3-Clause
// One change of a table, prepared in private and made visible at the end, or not at all.
//
// Control thread. Blocks are built first; stores that readers can see are only noted. commit()
// performs them in order, each a single atomic store, and sends the blocks that they replace to
// the graveyard; abort() gives the new blocks back, and nobody has seen anything. One of several
// builders show()s its changes one after the other on its own thread; control bury()s what they
// replaced when all are done.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "dataplane/seam/qsbr.h"
#include "dataplane/table/block_pool.h"
#include "dataplane/table/pool_lot.h"

namespace spanway::table {

class Edit {
 public:
  explicit Edit(BlockPool& pool, Builders builders = Builders::kOne) noexcept
      : pool_(pool), lot_(pool, builders) {}

  // Whether this edit only removes, and may use what the pool keeps for that.
  void use_reserve(bool use) noexcept { reserve_ = use; }
  // A fresh block, or 0 when the pool is full; the edit has then failed and can only be aborted.
  uint32_t allocate(uint32_t words);
  // A block that the noted stores unlink.
  void retire(uint32_t at, uint32_t words) { old_.push_back({at, words}); }
  void store_word(uint32_t at, uint16_t value) { stores_.push_back({nullptr, at, 2, value}); }
  void store_pair(uint32_t at, uint32_t value) { stores_.push_back({nullptr, at, 4, value}); }
  void store_quad(uint32_t at, uint64_t value) { stores_.push_back({nullptr, at, 8, value}); }
  void store(std::atomic<uint64_t>& where, uint64_t value) {
    stores_.push_back({&where, 0, 9, value});
  }
  void store(std::atomic<uint32_t>& where, uint32_t value) {
    stores_.push_back({&where, 0, 5, value});
  }

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] BlockPool& pool() const noexcept { return pool_; }
  // Both halves of commit(). bury() is control's, after the last show().
  void show();
  void bury(seam::Graveyard& graveyard);
  void commit(seam::Graveyard& graveyard) {
    show();
    bury(graveyard);
  }
  void abort();

 private:
  struct Block {
    uint32_t at, words;
  };
  struct Store {
    void* where;  // a word outside of the pool
    uint32_t at;  // or an offset in it
    uint32_t kind;
    uint64_t value;
  };

  BlockPool& pool_;
  PoolLot lot_;
  bool failed_ = false;
  bool reserve_ = false;
  std::vector<Block> fresh_, old_;
  size_t shown_ = 0;  // of old_: unlinked already
  std::vector<Store> stores_;
};

}  // namespace spanway::table
