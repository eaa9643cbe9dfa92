// SPDX-License-Identifier: BSD-3-Clause
// Up to 64 addresses walk side by side, level by level, as in the kernel of IPv4. As far as 32 bits
// all take the same steps. Below, each round lists who stands at a range node and who at a bitmap
// node and lets every list take its step without a branch: a walk that asks each address what it
// meets next guesses wrong about once an address, and what it had asked of memory ahead is lost.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>

#include "dataplane/table/avx512.h"
#include "dataplane/table/fib6_view.h"
#include "dataplane/table/lookup_hook.h"
#include "dataplane/table/tree6.h"

namespace spanway::table {
namespace {

SPANWAY_AVX512_INLINE __m512i even_lanes() noexcept {
  return _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
}

// The first 8 bytes of 16 addresses, in wire order.
struct Halves {
  __m512i first, second;
};

SPANWAY_AVX512_INLINE Halves halves_of(const Ip6Addr* addresses) noexcept {
  const __m512i evens = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i a = _mm512_loadu_si512(addresses), b = _mm512_loadu_si512(addresses + 4);
  const __m512i c = _mm512_loadu_si512(addresses + 8), d = _mm512_loadu_si512(addresses + 12);
  return {_mm512_permutex2var_epi64(a, evens, b), _mm512_permutex2var_epi64(c, evens, d)};
}

// The first 32 bits of 16 addresses.
SPANWAY_AVX512_INLINE __m512i heads_of(const Ip6Addr* addresses) noexcept {
  const Halves halves = halves_of(addresses);
  const __m512i swap =
      _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  return _mm512_shuffle_epi8(_mm512_permutex2var_epi32(halves.first, even_lanes(), halves.second),
                             swap);
}

// Bits 32 to 47 of 16 addresses, in the lower half.
SPANWAY_AVX512_INLINE __m512i values_of(const Ip6Addr* addresses) noexcept {
  const Halves halves = halves_of(addresses);
  const __m512i thirds = _mm512_castsi256_si512(
      _mm256_set_epi16(62, 58, 54, 50, 46, 42, 38, 34, 30, 26, 22, 18, 14, 10, 6, 2));
  const __m512i wire = _mm512_permutex2var_epi16(halves.first, thirds, halves.second);
  return _mm512_or_si512(_mm512_srli_epi16(wire, 8), _mm512_slli_epi16(wire, 8));
}

SPANWAY_AVX512_INLINE __mmask32 lanes_of(uint64_t count) noexcept {
  return static_cast<__mmask32>((uint64_t{1} << count) - 1);
}

// count_bounds() in one compare.
SPANWAY_AVX512_INLINE uint32_t count_bounds512(const uint16_t* bounds, uint32_t count,
                                               uint16_t value) noexcept {
  // What lies behind the bounds is of the pool, too.
  const __mmask32 not_above = _mm512_cmple_epu16_mask(_mm512_loadu_si512(bounds),
                                                      _mm512_set1_epi16(static_cast<short>(value)));
  return static_cast<uint32_t>(std::popcount(_bzhi_u32(not_above, count)));
}

// The leaves of 16 values in one range node. All its bounds fit into a register: a binary search
// of six steps answers all values, whatever the number of bounds.
SPANWAY_AVX512_INLINE __m512i leaves_of(const uint16_t* block, uint32_t count,
                                        __m512i values) noexcept {
  const __m512i bounds = _mm512_mask_loadu_epi16(_mm512_set1_epi16(-1), lanes_of(count), block);
  __m512i index = _mm512_setzero_si512();
#pragma GCC unroll 5
  for (short step = 16; step != 0; step = static_cast<short>(step / 2)) {
    const __m512i probe = _mm512_add_epi16(index, _mm512_set1_epi16(static_cast<short>(step - 1)));
    const __mmask32 not_above =
        _mm512_cmple_epu16_mask(_mm512_permutexvar_epi16(probe, bounds), values);
    index = _mm512_mask_add_epi16(index, not_above, index, _mm512_set1_epi16(step));
  }
  const __mmask32 not_above =
      _mm512_cmple_epu16_mask(_mm512_permutexvar_epi16(index, bounds), values);
  index = _mm512_mask_add_epi16(index, not_above, index, _mm512_set1_epi16(1));
  // Only 0xffff reaches the bounds that are not there.
  index = _mm512_min_epu16(index, _mm512_set1_epi16(static_cast<short>(count)));
  const uint16_t* leaves = block + count;  // count + 1 of them
  const uint64_t there = (uint64_t{2} << count) - 1;
  const __m512i low = _mm512_maskz_loadu_epi16(static_cast<__mmask32>(there), leaves);
  const __m512i high = _mm512_maskz_loadu_epi16(static_cast<__mmask32>(there >> 32), leaves + 32);
  return _mm512_permutex2var_epi16(low, index, high);
}

// Addresses of which the same is to be done: where in the pool, and how far from the first
// address's first byte the bytes stand that have not been looked at.
struct Waiting {
  uint32_t count = 0;
  // Whole groups are read and written, whatever of them counts.
  alignas(64) std::array<uint32_t, kBlock + kLanes> places, rests;

  SPANWAY_AVX512_INLINE void add(__mmask16 lanes, __m512i where, __m512i from) noexcept {
    _mm512_storeu_si512(&places[count], _mm512_maskz_compress_epi32(lanes, where));
    _mm512_storeu_si512(&rests[count], _mm512_maskz_compress_epi32(lanes, from));
    count += static_cast<uint32_t>(std::popcount(static_cast<unsigned>(lanes)));
  }
  // Those of the 16 from the first on that count.
  [[nodiscard]] SPANWAY_AVX512_INLINE __mmask16 lanes_from(uint32_t first) const noexcept {
    return static_cast<__mmask16>(_bzhi_u32(0xffff, count - first));
  }
};

// Those of a block whose walk goes on below /32.
class Below {
 public:
  Below(PoolWords pool, const Ip6Addr* addresses, NextHopId* out) noexcept
      : pool_(pool), bytes_(addresses->bytes.data()), out_(out) {}

  // Those `lanes` of a group, with where their nodes' Refs stand.
  SPANWAY_AVX512_INLINE void add(size_t group, __mmask16 lanes, __m512i places,
                                 unsigned seen_bytes) noexcept {
    enter(group, lanes, pairs_at(pool_, lanes, places), seen_bytes);
  }
  SPANWAY_AVX512_INLINE void enter(size_t group, __mmask16 lanes, __m512i refs,
                                   unsigned seen_bytes) noexcept {
    const __m512i starts =
        _mm512_set_epi32(240, 224, 208, 192, 176, 160, 144, 128, 112, 96, 80, 64, 48, 32, 16, 0);
    static_assert(sizeof(Ip6Addr) == 16);
    const __m512i rests = _mm512_add_epi32(
        starts, _mm512_set1_epi32(static_cast<int>(group * kLanes * sizeof(Ip6Addr) + seen_bytes)));
    sort(lanes, refs, rests);
  }

  // Walks to the end of all.
  SPANWAY_AVX512_INLINE void finish() noexcept {
    while ((ranges_.count | bitmaps_.count) != 0) {
      between_levels();
      deeper_.count = 0;
      step_ranges();
      step_bitmaps();
      between_levels();
      ranges_.count = bitmaps_.count = 0;
      for (uint32_t i = 0; i < deeper_.count; i += kLanes) {
        const __mmask16 lanes = deeper_.lanes_from(i);
        sort(lanes, pairs_at(pool_, lanes, _mm512_load_si512(&deeper_.places[i])),
             _mm512_load_si512(&deeper_.rests[i]));
      }
    }
  }

 private:
  // Lists those that stand at these nodes by kind.
  SPANWAY_AVX512_INLINE void sort(__mmask16 lanes, __m512i refs, __m512i rests) noexcept {
    const __m512i kinds = _mm512_and_si512(refs, _mm512_set1_epi32(kKindMask));
    const __mmask16 crowded =
        _mm512_mask_cmpeq_epi32_mask(lanes, kinds, _mm512_set1_epi32(kBitmapKind));
    bitmaps_.add(crowded, refs, rests);
    ranges_.add(static_cast<__mmask16>(lanes & ~crowded), refs, rests);
  }
  SPANWAY_AVX512_INLINE void step_ranges() noexcept {
    for (uint32_t i = 0, all = ranges_.count; i < all; ++i) {
      const uint32_t at = ranges_.places[i] & ~kKindMask, rest = ranges_.rests[i];
      const uint32_t count = 8u << (ranges_.places[i] & kKindMask);
      const uint32_t index =
          count_bounds512(pool_.words(at), count, load_big<uint16_t>(bytes_ + rest));
      between_levels();
      note(i, rest, pool_.word(at + count + index).load(std::memory_order_acquire));
    }
    go_deeper(ranges_, kRangeWidth / 8);
  }
  SPANWAY_AVX512_INLINE void step_bitmaps() noexcept {
    for (uint32_t i = 0, all = bitmaps_.count; i < all; ++i) {
      const uint32_t at = bitmaps_.places[i] & ~kKindMask, rest = bitmaps_.rests[i];
      note(i, rest, node_leaf(pool_, at, bytes_[rest]));
    }
    go_deeper(bitmaps_, kBitmapWidth / 8);
  }
  // The answer, if the leaf is one.
  SPANWAY_AVX512_INLINE void note(uint32_t i, uint32_t rest, uint16_t leaf) noexcept {
    out_[rest / sizeof(Ip6Addr)].value = leaf;
    leaves_[i] = leaf;
  }
  // Lists those whose leaf is a child, with the places of the children's Refs.
  SPANWAY_AVX512_INLINE void go_deeper(const Waiting& from, unsigned width) noexcept {
    for (uint32_t i = 0; i < from.count; i += kLanes) {
      const __m512i leaf = _mm512_load_si512(&leaves_[i]);
      const __m512i at =
          _mm512_andnot_si512(_mm512_set1_epi32(kKindMask), _mm512_load_si512(&from.places[i]));
      deeper_.add(
          _mm512_mask_test_epi32_mask(from.lanes_from(i), leaf, _mm512_set1_epi32(kChildFlag)),
          _mm512_add_epi32(at, _mm512_and_si512(leaf, _mm512_set1_epi32(kChildFlag - 1))),
          _mm512_add_epi32(_mm512_load_si512(&from.rests[i]),
                           _mm512_set1_epi32(static_cast<int>(width))));
    }
  }

  const PoolWords pool_;
  const uint8_t* bytes_;
  NextHopId* out_;
  Waiting ranges_, bitmaps_, deeper_;
  alignas(64) std::array<uint32_t, kBlock + kLanes> leaves_;
};

SPANWAY_AVX512_INLINE __m128i two_records(PoolWords pool, const uint32_t* at) noexcept {
  const __m128i first = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(pool.words(at[0])));
  const uint64_t second = *reinterpret_cast<const uint64_t*>(pool.words(at[1]));
  return _mm_insert_epi64(first, std::bit_cast<int64_t>(second), 1);
}

// Eight records, each loaded as one aligned word, by their offsets in the pool.
SPANWAY_AVX512_INLINE __m512i eight_records(PoolWords pool, const uint32_t* at) noexcept {
  const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(two_records(pool, at)),
                                              two_records(pool, at + 2), 1);
  const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(two_records(pool, at + 4)),
                                               two_records(pool, at + 6), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// 16 * kCount addresses.
template <size_t kCount>
SPANWAY_AVX512_INLINE void search_apart(const Fib6View& view, const Ip6Addr* addresses,
                                        const __m512i* heads, NextHopId* out) noexcept {
  const PoolWords pool = view.pool;
  alignas(64) std::array<uint32_t, kCount * kLanes> records_at;
  __m512i pages[kCount];  // std::array drops the attributes of its elements
  __mmask16 paged[kCount];
#pragma GCC unroll 4
  for (size_t i = 0; i < kCount; ++i) {
    const FreshGather gather(0xffff);
    pages[i] = _mm512_mask_i32gather_epi32(
        gather.zero, gather.lanes, _mm512_srli_epi32(heads[i], Fib6View::kTopWidth), view.top, 4);
    paged[i] = _mm512_cmpge_epu32_mask(pages[i], _mm512_set1_epi32(kFirstChild));
    const __m512i index = _mm512_and_si512(_mm512_srli_epi32(heads[i], Fib6View::kSlotWidth),
                                           _mm512_set1_epi32(Fib6View::kPageRecords - 1));
    static_assert(Fib6View::kRecordWords == 4);
    // Without a page: the pool's first words, which are there and mean nothing.
    _mm512_store_si512(&records_at[i * kLanes],
                       _mm512_maskz_add_epi32(paged[i], pages[i], _mm512_slli_epi32(index, 2)));
  }
  between_levels();
  const __m512i evens = even_lanes(), odds = _mm512_or_si512(evens, _mm512_set1_epi32(1));
  __m512i low[kCount], high[kCount];
#pragma GCC unroll 4
  for (size_t i = 0; i < kCount; ++i) {
    low[i] = eight_records(pool, &records_at[i * kLanes]);
    high[i] = eight_records(pool, &records_at[i * kLanes + kLanes / 2]);
  }
  between_levels();
  __m512i places[kCount];
  __mmask16 children[kCount];
#pragma GCC unroll 4
  for (size_t i = 0; i < kCount; ++i) {
    const __m512i bitmap = _mm512_permutex2var_epi32(low[i], evens, high[i]);
    const __m512i base = _mm512_permutex2var_epi32(low[i], odds, high[i]);
    const __m512i slot = _mm512_and_si512(heads[i], _mm512_set1_epi32(kRecordSlots - 1));
    const __m512i leaf = words_at(pool, paged[i], _mm512_add_epi32(base, rank(bitmap, slot)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * kLanes),
                        _mm512_cvtepi32_epi16(_mm512_mask_mov_epi32(pages[i], paged[i], leaf)));
    children[i] = _mm512_mask_test_epi32_mask(paged[i], leaf, _mm512_set1_epi32(kChildFlag));
    places[i] = _mm512_add_epi32(base, _mm512_and_si512(leaf, _mm512_set1_epi32(kChildFlag - 1)));
  }
  between_levels();
  Below below(pool, addresses, out);
#pragma GCC unroll 4
  for (size_t i = 0; i < kCount; ++i) below.add(i, children[i], places[i], Fib6View::kHeadBytes);
  below.finish();
}

// The same when all begin with the same 32 bits, as in a burst to one's own /32: one walk that far
// for all of them.
template <size_t kCount>
SPANWAY_AVX512 void search_shared(const Fib6View& view, const Ip6Addr* addresses, uint32_t head,
                                  NextHopId* out) noexcept {
  const PoolWords pool = view.pool;
  const Ref ref = view.follow_head(head);
  if (ref < kFirstChild) {
    std::fill_n(out, kCount * kLanes, NextHopId{static_cast<uint16_t>(ref)});
    return;
  }
  between_levels();
  Below below(pool, addresses, out);
  const uint32_t kind = ref & kKindMask, at = ref & ~kKindMask;
  for (size_t i = 0; i < kCount; ++i) {
    if (kind == kBitmapKind) {
      below.enter(i, 0xffff, _mm512_set1_epi32(static_cast<int>(ref)), Fib6View::kHeadBytes);
      continue;
    }
    const __m256i leaves = _mm512_castsi512_si256(
        leaves_of(pool.words(at), 8u << kind, values_of(addresses + i * kLanes)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i * kLanes), leaves);
    const __mmask16 children = _mm256_movepi16_mask(leaves);
    if (children == 0) [[likely]]
      continue;
    between_levels();
    const __m512i offsets =
        _mm512_and_si512(_mm512_cvtepu16_epi32(leaves), _mm512_set1_epi32(kChildFlag - 1));
    below.add(i, children, _mm512_add_epi32(offsets, _mm512_set1_epi32(static_cast<int>(at))),
              Fib6View::kHeadBytes + kRangeWidth / 8);
  }
  below.finish();
}

// Gives those of a group that matched nothing the default.
SPANWAY_AVX512_INLINE void use_default(const Fib6View& view, DefaultRoute::Seen fallback,
                                       const Ip6Addr* addresses, NextHopId* out) noexcept {
  const __m256i hops = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(out));
  const __mmask16 none = _mm256_testn_epi16_mask(hops, hops);
  if (none == 0) return;
  // The default may have changed in between; the other kernel knows how to go on.
  if (!view.fallback->still(fallback)) [[unlikely]]
    return lookup6_scalar(view, addresses, out, kLanes);
  _mm256_mask_storeu_epi16(out, none, _mm256_set1_epi16(static_cast<int16_t>(fallback.hop())));
}

struct Walk {
  template <size_t kCount>
  SPANWAY_AVX512 static void look_up(const Fib6View& view, const Ip6Addr* addresses,
                                     NextHopId* out) noexcept {
    const DefaultRoute::Seen fallback = view.fallback->before();
    __m512i heads[kCount];
    __mmask16 others = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < kCount; ++i) {
      heads[i] = heads_of(addresses + i * kLanes);
      others |= _mm512_cmpneq_epi32_mask(heads[i],
                                         _mm512_broadcastd_epi32(_mm512_castsi512_si128(heads[0])));
    }
    if (others == 0)
      search_shared<kCount>(view, addresses, load_big<uint32_t>(addresses->bytes.data()), out);
    else
      search_apart<kCount>(view, addresses, heads, out);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // no load of the search is put off
    for (size_t i = 0; i < kCount; ++i)
      use_default(view, fallback, addresses + i * kLanes, out + i * kLanes);
  }
  static void one_by_one(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                         size_t count) noexcept {
    lookup6_scalar(view, addresses, out, count);
  }
};

}  // namespace

SPANWAY_AVX512 void lookup6_avx512(const Fib6View& view, const Ip6Addr* addresses, NextHopId* out,
                                   size_t count) noexcept {
  in_groups<Walk>(view, addresses, out, count);
}

}  // namespace spanway::table
