// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/edit.h"

#include "dataplane/table/lookup_hook.h"

namespace spanway::table {
namespace {

// A rare wide edit should not pin its working memory for ever.
constexpr size_t kKeep = 4096;

template <class T>
void empty(std::vector<T>& list) {
  list.clear();
  if (list.capacity() > kKeep) list.shrink_to_fit();
}

void release_block(void* pool, uint64_t block) {
  static_cast<BlockPool*>(pool)->release(static_cast<uint32_t>(block >> 32),
                                         static_cast<uint32_t>(block));
}

}  // namespace

uint32_t Edit::allocate(uint32_t words) {
  const uint32_t at = failed_ ? 0 : lot_.allocate(words, reserve_);
  if (at == 0)
    failed_ = true;
  else
    fresh_.push_back({at, words});
  return at;
}

void Edit::show() {
  // Release: whoever sees the store sees the blocks behind it complete.
  constexpr auto kOrder = std::memory_order_release;
  for (const Store& one : stores_) {
    between_stores();
    switch (one.kind) {
      case 2:
        pool_.word(one.at).store(static_cast<uint16_t>(one.value), kOrder);
        break;
      case 4:
        pool_.pair(one.at).store(static_cast<uint32_t>(one.value), kOrder);
        break;
      case 8:
        pool_.quad(one.at).store(one.value, kOrder);
        break;
      case 5:
        static_cast<std::atomic<uint32_t>*>(one.where)->store(static_cast<uint32_t>(one.value),
                                                              kOrder);
        break;
      default:
        static_cast<std::atomic<uint64_t>*>(one.where)->store(one.value, kOrder);
    }
  }
  shown_ = old_.size();
  empty(fresh_);
  empty(stores_);
}

void Edit::bury(seam::Graveyard& graveyard) {
  for (const Block& one : old_)
    graveyard.retire(release_block, &pool_, uint64_t{one.at} << 32 | one.words);
  shown_ = 0;
  empty(old_);
  lot_.close();
}

void Edit::abort() {
  // Newest first: the pool's fresh memory becomes whole again.
  for (auto one = fresh_.rbegin(); one != fresh_.rend(); ++one) lot_.release(one->at, one->words);
  failed_ = false;
  old_.resize(shown_);
  empty(fresh_);
  empty(stores_);
}

}  // namespace spanway::table
