// SPDX-License-Identifier: BSD-3-Clause
// The same walk as that of the AVX-512 kernel (level by level, up to 64 addresses side by side;
// below /32 a list for each kind of node) for CPUs with AVX2, eight addresses a register. What
// stands for the instruction that AVX2 has not, to put some lanes of a register side by side, is a
// table.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "dataplane/table/avx2.h"
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/tree6.h"

namespace spanway::table {
namespace {

SPANWAY_AVX2_INLINE __m256i all_lanes(uint32_t value) noexcept {
  return _mm256_set1_epi32(static_cast<int>(value));
}
SPANWAY_AVX2_INLINE __m256i load(const void* from) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
SPANWAY_AVX2_INLINE void store(void* to, __m256i lanes) noexcept {
  _mm256_storeu_si256(static_cast<__m256i*>(to), lanes);
}
SPANWAY_AVX2_INLINE uint32_t top_bits(__m256i lanes) noexcept {
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}
// All bits of a lane when the leaf in it is a child, so that a gather reads for those only.
SPANWAY_AVX2_INLINE __m256i are_children(__m256i leaves) noexcept {
  static_assert(kChildFlag == 1 << 15);
  return _mm256_srai_epi32(_mm256_slli_epi32(leaves, 16), 31);
}

// The numbers of the bits set in a byte, in order.
constexpr auto kBitsOf = [] {
  std::array<std::array<uint8_t, kLanes>, 1 << kLanes> table{};
  for (unsigned mask = 0; mask < table.size(); ++mask)
    for (unsigned lane = 0, count = 0; lane < kLanes; ++lane)
      if ((mask >> lane & 1) != 0) table[mask][count++] = static_cast<uint8_t>(lane);
  return table;
}();

// This address and the fourth one after it.
SPANWAY_AVX2_INLINE __m256i two_of(const Ip6Addr* addresses) noexcept {
  const auto* from = reinterpret_cast<const __m128i*>(addresses);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(from)),
                                 _mm_loadu_si128(from + 4), 1);
}

// The first 32 bits of 8 addresses.
SPANWAY_AVX2_INLINE __m256i heads_of(const Ip6Addr* addresses) noexcept {
  const __m256i wire =
      _mm256_unpacklo_epi64(_mm256_unpacklo_epi32(two_of(addresses), two_of(addresses + 1)),
                            _mm256_unpacklo_epi32(two_of(addresses + 2), two_of(addresses + 3)));
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm256_shuffle_epi8(wire, _mm256_broadcastsi128_si256(swap));
}

// count_bounds() without a branch. With eight bounds the first load reads leaves, too; with less
// than 32 the second one reads the first again: neither is counted.
SPANWAY_AVX2_INLINE uint32_t count_bounds256(const uint16_t* bounds, uint32_t count,
                                             uint16_t value) noexcept {
  const __m256i wanted = _mm256_set1_epi16(static_cast<short>(value));
  const __m256i low = load(bounds), high = load(bounds + (count / 2 & 16));
  const __m256i low_le = _mm256_cmpeq_epi16(_mm256_min_epu16(low, wanted), low);
  const __m256i high_le = _mm256_cmpeq_epi16(_mm256_min_epu16(high, wanted), high);
  const __m256i all = _mm256_permute4x64_epi64(_mm256_packs_epi16(low_le, high_le), 0xd8);
  const auto not_above = std::bit_cast<uint32_t>(_mm256_movemask_epi8(all));
  return static_cast<uint32_t>(std::popcount(_bzhi_u32(not_above, count)));
}

// 8 pairs of words of the pool, by word offset; those of `lanes`.
SPANWAY_AVX2_INLINE __m256i pairs_at(PoolWords pool, __m256i lanes, __m256i at) noexcept {
  const int* words = reinterpret_cast<const int*>(pool.words(0));
  return _mm256_mask_i32gather_epi32(_mm256_setzero_si256(), words, at, lanes, 2);
}

// Addresses of which the same is to be done: where in the pool, and how far from the first
// address's first byte the bytes stand that have not been looked at.
struct Waiting {
  uint32_t count = 0;
  // Whole registers are read and written, whatever of them counts.
  alignas(32) std::array<uint32_t, kBlock + kLanes> places, rests;

  SPANWAY_AVX2_INLINE void add(uint32_t lanes, __m256i where, __m256i from) noexcept {
    const __m256i bits = _mm256_cvtepu8_epi32(
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kBitsOf[lanes].data())));
    store(&places[count], _mm256_permutevar8x32_epi32(where, bits));
    store(&rests[count], _mm256_permutevar8x32_epi32(from, bits));
    count += static_cast<uint32_t>(std::popcount(lanes));
  }
  // Those of the 8 from the first on that count.
  [[nodiscard]] SPANWAY_AVX2_INLINE __m256i lanes_from(uint32_t first) const noexcept {
    return _mm256_cmpgt_epi32(all_lanes(count - first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
};

// Those of a block whose walk goes on below /32.
class Below {
 public:
  Below(PoolWords pool, const Ip6Addr* addresses, NextHopId* out) noexcept
      : pool_(pool), bytes_(addresses->bytes.data()), out_(out) {}

  // Those `lanes` of eight addresses from `first` on, with their nodes' Refs.
  SPANWAY_AVX2_INLINE void enter(size_t first, uint32_t lanes, __m256i refs) noexcept {
    static_assert(sizeof(Ip6Addr) == 16);
    const __m256i starts = _mm256_setr_epi32(0, 16, 32, 48, 64, 80, 96, 112);
    const auto seen = static_cast<uint32_t>(first * sizeof(Ip6Addr)) + Fib6View::kHeadBytes;
    sort(lanes, refs, _mm256_add_epi32(starts, all_lanes(seen)));
  }

  // Walks to the end of all.
  SPANWAY_AVX2_INLINE void finish() noexcept {
    while ((ranges_.count | bitmaps_.count) != 0) {
      between_levels();
      deeper_.count = 0;
      step_ranges();
      step_bitmaps();
      between_levels();
      ranges_.count = bitmaps_.count = 0;
      for (uint32_t i = 0; i < deeper_.count; i += kLanes) {
        const __m256i lanes = deeper_.lanes_from(i);
        sort(top_bits(lanes), pairs_at(pool_, lanes, load(&deeper_.places[i])),
             load(&deeper_.rests[i]));
      }
    }
  }

 private:
  // Lists those that stand at these nodes by kind.
  SPANWAY_AVX2_INLINE void sort(uint32_t lanes, __m256i refs, __m256i rests) noexcept {
    const __m256i kinds = _mm256_and_si256(refs, all_lanes(kKindMask));
    const uint32_t crowded = top_bits(_mm256_cmpeq_epi32(kinds, all_lanes(kBitmapKind)));
    bitmaps_.add(lanes & crowded, refs, rests);
    ranges_.add(lanes & ~crowded, refs, rests);
  }
  SPANWAY_AVX2_INLINE void step_ranges() noexcept {
    const PoolWords pool = pool_;
    const uint8_t* bytes = bytes_;
    for (uint32_t i = 0, all = ranges_.count; i < all; ++i) {
      const uint32_t at = ranges_.places[i] & ~kKindMask, rest = ranges_.rests[i];
      const uint32_t count = 8u << (ranges_.places[i] & kKindMask);
      const uint32_t index =
          count_bounds256(pool.words(at), count, load_big<uint16_t>(bytes + rest));
      between_levels();
      note(i, rest, pool.word(at + count + index).load(std::memory_order_acquire));
    }
    go_deeper(ranges_, kRangeWidth / 8);
  }
  SPANWAY_AVX2_INLINE void step_bitmaps() noexcept {
    for (uint32_t i = 0, all = bitmaps_.count; i < all; ++i) {
      const uint32_t at = bitmaps_.places[i] & ~kKindMask, rest = bitmaps_.rests[i];
      note(i, rest, node_leaf(pool_, at, bytes_[rest]));
    }
    go_deeper(bitmaps_, kBitmapWidth / 8);
  }
  // The answer, if the leaf is one.
  SPANWAY_AVX2_INLINE void note(uint32_t i, uint32_t rest, uint16_t leaf) noexcept {
    out_[rest / sizeof(Ip6Addr)].value = leaf;
    leaves_[i] = leaf;
  }
  // Lists those whose leaf is a child, with the places of the children's Refs.
  SPANWAY_AVX2_INLINE void go_deeper(const Waiting& from, uint32_t width) noexcept {
    for (uint32_t i = 0; i < from.count; i += kLanes) {
      const __m256i leaves = load(&leaves_[i]);
      const uint32_t lanes = top_bits(_mm256_and_si256(from.lanes_from(i), are_children(leaves)));
      if (lanes == 0) [[likely]]
        continue;
      const __m256i at = _mm256_andnot_si256(all_lanes(kKindMask), load(&from.places[i]));
      deeper_.add(lanes, _mm256_add_epi32(at, _mm256_and_si256(leaves, all_lanes(kChildFlag - 1))),
                  _mm256_add_epi32(load(&from.rests[i]), all_lanes(width)));
    }
  }

  const PoolWords pool_;
  const uint8_t* bytes_;
  NextHopId* out_;
  Waiting ranges_, bitmaps_, deeper_;
  alignas(32) std::array<uint32_t, kBlock + kLanes> leaves_;
};

// What the levels up to /32 know of eight addresses.
struct Eight {
  __m256i heads, pages, paged, base, leaves;
};

// Where the leaf of each stands in the pool. A next hop in the place of a page is its own place.
SPANWAY_AVX2_INLINE __m256i leaf_places(PoolWords pool, Eight& eight, const uint32_t* at) noexcept {
  const auto where = [pool](uint32_t place) {
    return reinterpret_cast<const uint64_t*>(pool.words(place));
  };
  const EightRecords of = eight_records(where, at);
  eight.base = of.base;
  const __m256i place = _mm256_add_epi32(of.base, rank(of.bitmap, eight.heads));
  return _mm256_blendv_epi8(eight.pages, place, eight.paged);
}

// Whole groups, at most kBlock addresses.
SPANWAY_AVX2_INLINE void search_apart(const Fib6View& view, const Ip6Addr* addresses, Eight* eights,
                                      NextHopId* out, size_t count) noexcept {
  const PoolWords pool = view.pool;
  alignas(32) std::array<uint32_t, kBlock> records_at;
  for (size_t i = 0; i < count; i += kLanes) {
    Eight& eight = eights[i / kLanes];
    eight.pages = _mm256_i32gather_epi32(reinterpret_cast<const int*>(view.top),
                                         _mm256_srli_epi32(eight.heads, Fib6View::kTopWidth), 4);
    eight.paged = _mm256_cmpgt_epi32(eight.pages, all_lanes(kFirstChild - 1));
    const __m256i index = _mm256_and_si256(_mm256_srli_epi32(eight.heads, Fib6View::kSlotWidth),
                                           all_lanes(Fib6View::kPageRecords - 1));
    static_assert(Fib6View::kRecordWords == 4);
    // Without a page: the pool's first words, which are there and mean nothing.
    store(
        &records_at[i],
        _mm256_and_si256(_mm256_add_epi32(eight.pages, _mm256_slli_epi32(index, 2)), eight.paged));
  }
  between_levels();
  alignas(32) std::array<uint32_t, kBlock> places;
  for (size_t i = 0; i < count; i += kLanes)
    store(&places[i], leaf_places(pool, eights[i / kLanes], &records_at[i]));
  between_levels();
  for (size_t i = 0; i < count; i += kGroup) {
    Eight &low = eights[i / kLanes], &high = eights[i / kLanes + 1];
    const __m256i all = all_lanes(~0u), word = all_lanes(0xffff);
    low.leaves = _mm256_and_si256(pairs_at(pool, all, load(&places[i])), word);
    high.leaves = _mm256_and_si256(pairs_at(pool, all, load(&places[i + kLanes])), word);
    store(out + i, _mm256_permute4x64_epi64(_mm256_packus_epi32(low.leaves, high.leaves), 0xd8));
  }
  between_levels();
  Below below(pool, addresses, out);
  for (size_t i = 0; i < count; i += kLanes) {
    const Eight& eight = eights[i / kLanes];
    const __m256i children = are_children(eight.leaves);
    const __m256i offset = _mm256_and_si256(eight.leaves, all_lanes(kChildFlag - 1));
    below.enter(i, top_bits(children),
                pairs_at(pool, children, _mm256_add_epi32(eight.base, offset)));
  }
  below.finish();
}

// The same when all begin with the same 32 bits, as in a burst to one's own /32: one walk that far
// for all of them.
SPANWAY_AVX2_INLINE void search_shared(const Fib6View& view, const Ip6Addr* addresses,
                                       NextHopId* out, size_t count) noexcept {
  const Ref ref = view.follow_head(load_big<uint32_t>(addresses->bytes.data()));
  if (ref < kFirstChild) {
    std::fill_n(out, count, NextHopId{static_cast<uint16_t>(ref)});
    return;
  }
  between_levels();
  Below below(view.pool, addresses, out);
  for (size_t i = 0; i < count; i += kLanes) below.enter(i, 0xff, all_lanes(ref));
  below.finish();
}

// Whole groups, at most kBlock addresses.
SPANWAY_AVX2 void look_up(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                          size_t count) noexcept {
  const DefaultRoute::Seen fallback = view.fallback->before();
  Eight eights[kBlock / kLanes];  // std::array drops the attributes of its elements
  __m256i others = _mm256_setzero_si256();
  for (size_t i = 0; i < count; i += kLanes) {
    const __m256i heads = heads_of(addresses + i);
    eights[i / kLanes].heads = heads;
    const __m256i first = _mm256_broadcastd_epi32(_mm256_castsi256_si128(eights[0].heads));
    others = _mm256_or_si256(others, _mm256_xor_si256(heads, first));
  }
  if (_mm256_testz_si256(others, others) != 0)
    search_shared(view, addresses, out, count);
  else
    search_apart(view, addresses, eights, out, count);
  std::atomic_signal_fence(std::memory_order_seq_cst);  // no load of the search is put off
  const __m256i fallback_hop = _mm256_set1_epi16(static_cast<int16_t>(fallback.hop()));
  for (size_t i = 0; i < count; i += kGroup) {
    const __m256i hops = load(out + i);
    const __m256i none = _mm256_cmpeq_epi16(hops, _mm256_setzero_si256());
    if (_mm256_testz_si256(none, none) != 0) continue;
    // The default may have changed in between; the scalar kernel knows how to go on.
    if (view.fallback->still(fallback)) [[likely]]
      store(out + i, _mm256_blendv_epi8(hops, fallback_hop, none));
    else
      lookup6_scalar(view, addresses + i, out + i, kGroup);
  }
}

}  // namespace

SPANWAY_AVX2 void lookup6_avx2(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                               size_t count) noexcept {
  in_groups<look_up, lookup6_scalar, 4>(view, addresses, out, count);
}

}  // namespace spanway::table
