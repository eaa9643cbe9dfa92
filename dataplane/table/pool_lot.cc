// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/pool_lot.h"

namespace spanway::table {

uint32_t PoolLot::allocate(uint32_t words, bool from_reserve) {
  if (alone_) return pool_.allocate(words, from_reserve);
  const uint32_t size = pool_.rounded(words);
  if (size > kChunkWords / 4) return take(size);
  if (end_ - next_ < size) {
    const uint32_t chunk = take(kChunkWords);
    if (chunk == 0) return 0;
    if (end_ != next_) released_.push_back({next_, end_ - next_});
    next_ = chunk;
    end_ = chunk + kChunkWords;
  }
  const uint32_t at = next_;
  next_ += size;
  return at;
}

uint32_t PoolLot::take(uint32_t words) {
  const uint32_t at = pool_.take_fresh(words);
  if (at != 0) taken_ += words;
  return at;
}

void PoolLot::release(uint32_t at, uint32_t words) {
  if (alone_)
    pool_.release(at, words);
  else
    released_.push_back({at, words});
}

void PoolLot::close() {
  pool_.count_taken(taken_);
  if (end_ != next_) released_.push_back({next_, end_ - next_});
  for (const Block& one : released_) pool_.release(one.at, one.words);
  released_.clear();
  next_ = end_ = 0;
  taken_ = 0;
}

}  // namespace spanway::table
