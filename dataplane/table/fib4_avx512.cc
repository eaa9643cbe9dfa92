// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/table/avx512.h"
#include "dataplane/table/fib4_view.h"

namespace spanway::table {
namespace {

SPANWAY_AVX512_INLINE __m512i records_at(const Fib4View& view, __m256i index) noexcept {
  const FreshGather gather(0xff);
  return _mm512_mask_i32gather_epi64(gather.zero, static_cast<__mmask8>(gather.lanes), index,
                                     view.records, 8);
}

// follow_node() for the lanes whose leaf is a child.
SPANWAY_AVX512 __m512i follow_nodes(const BlockPool& pool, __mmask16 lanes, __m512i address,
                                    __m512i base, __m512i leaf) noexcept {
  const __m512i child_at =
      _mm512_add_epi32(base, _mm512_and_si512(leaf, _mm512_set1_epi32(kChildFlag - 1)));
  const __m512i node = pairs_at(pool, lanes, child_at);
  const __m512i slot = _mm512_and_si512(address, _mm512_set1_epi32(kNodeSlots - 1));
  const __m512i word = _mm512_srli_epi32(slot, 5);
  const __m512i bits = pairs_at(pool, lanes, _mm512_add_epi32(node, _mm512_slli_epi32(word, 1)));
  // Eight ranks of a byte: the two bytes that hold ours, then the right one of them.
  const __m512i two_ranks =
      words_at(pool, lanes,
               _mm512_add_epi32(_mm512_add_epi32(node, _mm512_set1_epi32(kNodeRanks)),
                                _mm512_srli_epi32(word, 1)));
  const __m512i odd = _mm512_slli_epi32(_mm512_and_si512(word, _mm512_set1_epi32(1)), 3);
  const __m512i before =
      _mm512_and_si512(_mm512_srlv_epi32(two_ranks, odd), _mm512_set1_epi32(0xff));
  const __m512i in_word = rank(bits, _mm512_and_si512(slot, _mm512_set1_epi32(31)));
  const __m512i at = _mm512_add_epi32(_mm512_add_epi32(node, _mm512_set1_epi32(kNodeLeaves)),
                                      _mm512_add_epi32(before, in_word));
  return words_at(pool, lanes, at);
}

// A record is gathered as one aligned 64-bit element, so bitmap and base belong together.
SPANWAY_AVX512_INLINE __m512i search16(const Fib4View& view, __m512i address) noexcept {
  const __m512i index = _mm512_srli_epi32(address, Fib4View::kRecordShift);
  const __m512i low = records_at(view, _mm512_castsi512_si256(index));
  const __m512i high = records_at(view, _mm512_extracti64x4_epi64(index, 1));
  const __m512i evens = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i bitmap = _mm512_permutex2var_epi32(low, evens, high);
  const __m512i base =
      _mm512_permutex2var_epi32(low, _mm512_or_si512(evens, _mm512_set1_epi32(1)), high);
  const __m512i slot = _mm512_and_si512(_mm512_srli_epi32(address, Fib4View::kSlotShift),
                                        _mm512_set1_epi32(kRecordSlots - 1));
  const __m512i leaf = words_at(*view.pool, 0xffff, _mm512_add_epi32(base, rank(bitmap, slot)));
  const __mmask16 children = _mm512_test_epi32_mask(leaf, _mm512_set1_epi32(kChildFlag));
  if (children == 0) [[likely]]
    return leaf;
  return _mm512_mask_mov_epi32(leaf, children,
                               follow_nodes(*view.pool, children, address, base, leaf));
}

}  // namespace

SPANWAY_AVX512 void lookup4_avx512(const Fib4View& view, const uint32_t* addresses, NextHopId* out,
                                   size_t count) noexcept {
  size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) {
    const DefaultRoute::Seen fallback = view.fallback->before();
    __m512i hop = search16(view, _mm512_loadu_si512(addresses + done));
    const __mmask16 none = _mm512_testn_epi32_mask(hop, hop);
    if (none != 0) {
      // The default may have changed in between; the other kernel knows how to go on.
      if (!view.fallback->still(fallback)) [[unlikely]] {
        lookup4_scalar(view, addresses + done, out + done, kLanes);
        continue;
      }
      hop = _mm512_mask_mov_epi32(hop, none, _mm512_set1_epi32(fallback.hop()));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + done), _mm512_cvtepi32_epi16(hop));
  }
  if (done != count) lookup4_scalar(view, addresses + done, out + done, count - done);
}

}  // namespace spanway::table
