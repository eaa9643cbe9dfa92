// SPDX-License-Identifier: BSD-3-Clause
// Sixteen packets at a time. Target attributes rather than compiler flags for the file: an inline
// function that the linker may keep for others must never be compiled for this CPU.
#include <immintrin.h>

#if !defined(__clang__)
// GCC 12 takes the deliberately undefined operand inside its own intrinsics for a mistake (its bug
// 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/worker/fused_plain.h"

#define SPANWAY_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
#define SPANWAY_AVX512_INLINE [[gnu::always_inline]] SPANWAY_AVX512 inline

namespace spanway::worker {
namespace {

constexpr unsigned kLanes = 16;

using Group = Packet* const*;    // kLanes of them
using Frames = uint8_t* const*;  // as many

SPANWAY_AVX512_INLINE __m128i load16(const void* at) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

// The 32 bytes at `offset` from each of 16 places: row j holds those of j and of j + 4, row 4 + j
// those of j + 8 and of j + 12.
struct Rows {
  __m512i row[8];
};
SPANWAY_AVX512_INLINE __m512i pair(const uint8_t* a, const uint8_t* b) noexcept {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
  return _mm512_inserti64x4(_mm512_castsi256_si512(low),
                            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b)), 1);
}
template <class Place>
SPANWAY_AVX512_INLINE Rows rows_at(Place* const* at, size_t offset) noexcept {
  const auto byte = [&](size_t i) { return reinterpret_cast<const uint8_t*>(at[i]) + offset; };
  Rows rows;
  for (size_t j = 0; j < 4; ++j) {
    rows.row[j] = pair(byte(j), byte(j + 4));
    rows.row[j + 4] = pair(byte(j + 8), byte(j + 12));
  }
  return rows;
}

// Word w of all 32-byte strings, in order. (Words 0 to 3 lie in even quarters of the rows, 4 to 7
// in odd ones; unpacking works within quarters.)
template <unsigned w>
SPANWAY_AVX512_INLINE __m512i word(const Rows& rows) noexcept {
  __m512i part[2];
  for (unsigned i = 0; i < 2; ++i) {
    const __m512i* row = rows.row + 4 * i;
    const __m512i first =
        w % 4 < 2 ? _mm512_unpacklo_epi32(row[0], row[1]) : _mm512_unpackhi_epi32(row[0], row[1]);
    const __m512i second =
        w % 4 < 2 ? _mm512_unpacklo_epi32(row[2], row[3]) : _mm512_unpackhi_epi32(row[2], row[3]);
    part[i] =
        w % 2 == 0 ? _mm512_unpacklo_epi64(first, second) : _mm512_unpackhi_epi64(first, second);
  }
  return w < 4 ? _mm512_shuffle_i32x4(part[0], part[1], 0x88)
               : _mm512_shuffle_i32x4(part[0], part[1], 0xdd);
}

// Lane by lane: bits that are set anywhere, or that differ anywhere from what is wanted.
SPANWAY_AVX512_INLINE __m512i set_anywhere(const Rows& rows) noexcept {
  __m512i seen = rows.row[0];
  for (unsigned i = 1; i < 8; ++i) seen = _mm512_or_si512(seen, rows.row[i]);
  return seen;
}
SPANWAY_AVX512_INLINE __m512i wrong_anywhere(const Rows& rows, __m512i want) noexcept {
  __m512i wrong = _mm512_setzero_si512();
  for (unsigned i = 0; i < 8; ++i)  // wrong | (row ^ want)
    wrong = _mm512_ternarylogic_epi32(wrong, rows.row[i], want, 0xf6);
  return wrong;
}

// A group's buffers: the 32 bytes of each that begin with its data offset.
constexpr size_t kBufferFields = offsetof(Packet, data_off);
static_assert(offsetof(Packet, nb_segs) == kBufferFields + 4 &&
              offsetof(Packet, ol_flags) == kBufferFields + 8 &&
              offsetof(Packet, pkt_len) == kBufferFields + 20);

// Every buffer is sound and holds at least `bytes`: then its frame may be read.
SPANWAY_AVX512_INLINE bool readable(const Rows& buffers, __m512i lengths, uint32_t bytes) noexcept {
  const __m512i seen = set_anywhere(buffers);
  const __m256i halves =
      _mm256_or_si256(_mm512_castsi512_si256(seen), _mm512_extracti64x4_epi64(seen, 1));
  const __m128i fields = _mm256_castsi256_si128(halves);
  const auto segments = static_cast<uint16_t>(_mm_extract_epi16(fields, 2));
  const auto flags = static_cast<uint64_t>(_mm_extract_epi64(fields, 1));
  return segments == 1 && (flags & RTE_MBUF_F_RX_IP_CKSUM_BAD) == 0 &&
         _mm512_cmplt_epu32_mask(lengths, _mm512_set1_epi32(static_cast<int>(bytes))) == 0;
}

SPANWAY_AVX512_INLINE __m512i all(uint32_t word) noexcept {
  return _mm512_set1_epi32(static_cast<int>(word));
}

// One's-complement sum of two words.
SPANWAY_AVX512_INLINE __m512i add_carry(__m512i a, __m512i b) noexcept {
  const __m512i sum = _mm512_add_epi32(a, b);
  return _mm512_mask_sub_epi32(sum, _mm512_cmplt_epu32_mask(sum, a), sum, all(0xffffffff));
}

SPANWAY_AVX512_INLINE __mmask16 plain_addresses4(__m512i wire) noexcept {
  const __m512i first = _mm512_and_si512(wire, all(0xff));
  // 1 to 223 is, less one, below 223.
  const __mmask16 unicast = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(first, all(1)), all(223));
  return _mm512_mask_cmpneq_epu32_mask(unicast, first, all(127));
}

// Over the plain packets of a burst, lane by lane.
struct Sums {
  __m512i bytes, longest;
  __mmask16 padded;
};
SPANWAY_AVX512_INLINE uint64_t add_up(__mmask16 plain, unsigned number, __m512i lengths,
                                      __m512i total, Sums& sums) noexcept {
  plain &= static_cast<__mmask16>((1u << number) - 1);
  sums.bytes = _mm512_mask_add_epi32(sums.bytes, plain, sums.bytes, lengths);
  sums.longest = _mm512_mask_max_epu32(sums.longest, plain, sums.longest, total);
  sums.padded |=
      _mm512_mask_cmpneq_epu32_mask(plain, total, _mm512_sub_epi32(lengths, all(kEtherBytes)));
  return plain;
}
SPANWAY_AVX512_INLINE void finish(const Sums& sums, PlainBurst& out) noexcept {
  out.bytes += static_cast<uint32_t>(_mm512_reduce_add_epi32(sums.bytes));
  out.longest = std::max(out.longest, static_cast<uint32_t>(_mm512_reduce_max_epu32(sums.longest)));
  out.padded |= sums.padded != 0;
}

struct Mac {
  uint16_t first;
  uint32_t rest;
};
inline Mac mac_of(const EtherAddr& address) noexcept {
  Mac mac;
  std::memcpy(&mac.first, address.bytes.data(), sizeof mac.first);
  std::memcpy(&mac.rest, address.bytes.data() + sizeof mac.first, sizeof mac.rest);
  return mac;
}
inline uint32_t first_bytes_differ(Frames frames, uint16_t want) noexcept {
  uint32_t differ = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    uint16_t first;
    std::memcpy(&first, frames[i], sizeof first);
    differ |= static_cast<uint32_t>(first ^ want);
  }
  return differ;
}
// `want` and `count` are laid over the first 16 of each frame's 32 bytes: quarters 0 and 2.
SPANWAY_AVX512_INLINE bool opens_alike(const Rows& rows, __m128i want, __m128i count) noexcept {
  const __m512i wrong = wrong_anywhere(rows, _mm512_broadcast_i32x4(want));
  return _mm512_mask_test_epi32_mask(0x0f0f, wrong, _mm512_broadcast_i32x4(count)) == 0;
}
// From offset 2 on: the MAC but for its first two bytes, the ether type, and the byte behind it.
SPANWAY_AVX512_INLINE bool opens_as4(const Rows& rows, const Mac& mac) noexcept {
  const auto type = static_cast<int>(uint32_t{byte_swap(ether_type::kIp4)} << 16);
  return opens_alike(rows, _mm_set_epi32(0x45, type, 0, static_cast<int>(mac.rest)),
                     _mm_set_epi32(0xff, static_cast<int>(0xffff0000), 0, -1));
}
// The same from offset 0 on.
SPANWAY_AVX512_INLINE bool opens_as6(const Rows& rows, const Mac& mac) noexcept {
  const auto type = static_cast<int>(uint32_t{byte_swap(ether_type::kIp6)} | 0x60u << 16);
  const auto front = static_cast<int>(uint32_t{mac.first} | mac.rest << 16);
  return opens_alike(rows, _mm_set_epi32(type, 0, static_cast<int>(mac.rest >> 16), front),
                     _mm_set_epi32(0x00f0ffff, 0, 0xffff, -1));
}

// Which of the frames open as they should, when not all do.
SPANWAY_AVX512_INLINE __mmask16 opened_as4(const Rows& rows, Frames frames,
                                           const Mac& mac) noexcept {
  unsigned opened = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    uint16_t first;
    std::memcpy(&first, frames[i], sizeof first);
    opened |= static_cast<unsigned>(first == mac.first) << i;
  }
  const __m512i type = _mm512_and_si512(word<2>(rows), all(0xffff0000));
  const __m512i version = _mm512_and_si512(word<3>(rows), all(0xff));
  __mmask16 lanes = static_cast<__mmask16>(opened);
  lanes = _mm512_mask_cmpeq_epu32_mask(lanes, word<0>(rows), all(mac.rest));
  lanes =
      _mm512_mask_cmpeq_epu32_mask(lanes, type, all(uint32_t{byte_swap(ether_type::kIp4)} << 16));
  return _mm512_mask_cmpeq_epu32_mask(lanes, version, all(0x45));
}
SPANWAY_AVX512_INLINE __mmask16 opened_as6(const Rows& rows, const Mac& mac) noexcept {
  const __m512i middle = _mm512_and_si512(word<1>(rows), all(0xffff));
  const __m512i type = _mm512_and_si512(word<3>(rows), all(0x00f0ffff));
  __mmask16 lanes =
      _mm512_cmpeq_epu32_mask(word<0>(rows), all(uint32_t{mac.first} | mac.rest << 16));
  lanes = _mm512_mask_cmpeq_epu32_mask(lanes, middle, all(mac.rest >> 16));
  return _mm512_mask_cmpeq_epu32_mask(lanes, type,
                                      all(uint32_t{byte_swap(ether_type::kIp6)} | 0x60u << 16));
}

SPANWAY_AVX512_INLINE uint64_t group4(Group group, const EtherAddr& mac, unsigned place,
                                      unsigned number, Sums& sums, PlainBurst& out) noexcept {
  const Rows buffers = rows_at(group, kBufferFields);
  const __m512i lengths = word<5>(buffers);
  if (!readable(buffers, lengths, kEtherBytes + sizeof(Ip4Header))) [[unlikely]] {
    uint64_t plain = 0;
    for (unsigned i = 0; i < number; ++i)
      plain |= uint64_t{is_plain4(group[i], mac, place + i, out)} << i;
    return plain;
  }
  uint8_t** frames = &out.frame[place];
  for (unsigned i = 0; i < kLanes; ++i) frames[i] = data(group[i]);
  const Mac want = mac_of(mac);
  const Rows rows = rows_at(frames, sizeof want.first);
  __mmask16 plain = 0xffff;
  if (!opens_as4(rows, want) || first_bytes_differ(frames, want.first) != 0) [[unlikely]]
    plain = opened_as4(rows, frames, want);
  const __m512i front = word<3>(rows);  // version, service, total length
  const __m512i piece = word<4>(rows), ttl = word<5>(rows), source = word<6>(rows),
                destination = word<7>(rows);

  const __m512i swap16 = _mm512_broadcast_i32x4(
      _mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3));
  const __m512i swap32 =
      _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  const __m512i total = _mm512_shuffle_epi8(front, swap16);
  plain = _mm512_mask_cmpge_epu32_mask(plain, total, all(sizeof(Ip4Header)));
  plain = _mm512_mask_cmple_epu32_mask(plain, total, _mm512_sub_epi32(lengths, all(kEtherBytes)));
  plain = _mm512_mask_cmpgt_epu32_mask(plain, _mm512_and_si512(ttl, all(0xff)), all(1));
  plain &= plain_addresses4(source) & plain_addresses4(destination);
  // The two halves of the sum, added to each other with the carry, are all ones when it is sound.
  __m512i sum = add_carry(add_carry(front, piece), add_carry(ttl, source));
  sum = add_carry(sum, destination);
  sum = _mm512_add_epi32(sum, _mm512_rol_epi32(sum, 16));
  plain = _mm512_mask_cmpge_epu32_mask(plain, sum, all(0xffff0000));

  // TTL less one, checksum more one in memory order, with the carry of RFC 1624.
  const __m512i carry =
      _mm512_maskz_mov_epi32(_mm512_cmpge_epu32_mask(ttl, all(0xfffe0000)), all(0x10000));
  _mm512_storeu_si512(&out.destination4[place], _mm512_shuffle_epi8(destination, swap32));
  _mm512_storeu_si512(&out.ttl_word[place],
                      _mm512_add_epi32(_mm512_add_epi32(ttl, all(0xffff)), carry));
  _mm512_storeu_si512(&out.l3_bytes[place], total);
  return add_up(plain, number, lengths, total, sums);
}

SPANWAY_AVX512_INLINE __mmask16 plain_addresses6(__m512i first_words) noexcept {
  const __m512i first = _mm512_and_si512(first_words, all(0xff));
  const __mmask16 unicast = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(first, all(1)), all(0xff - 1));
  return _mm512_mask_cmpneq_epu32_mask(unicast, _mm512_and_si512(first_words, all(0xc0ff)),
                                       all(0x80fe));
}

SPANWAY_AVX512_INLINE uint64_t group6(Group group, const EtherAddr& mac, unsigned place,
                                      unsigned number, Sums& sums, PlainBurst& out) noexcept {
  const Rows buffers = rows_at(group, kBufferFields);
  const __m512i lengths = word<5>(buffers);
  if (!readable(buffers, lengths, kEtherBytes + sizeof(Ip6Header))) [[unlikely]] {
    uint64_t plain = 0;
    for (unsigned i = 0; i < number; ++i)
      plain |= uint64_t{is_plain6(group[i], mac, place + i, out)} << i;
    return plain;
  }
  uint8_t** frames = &out.frame[place];
  for (unsigned i = 0; i < kLanes; ++i) frames[i] = data(group[i]);
  const Mac want = mac_of(mac);
  const Rows rows = rows_at(frames, 0);
  __mmask16 plain = 0xffff;
  if (!opens_as6(rows, want)) [[unlikely]]
    plain = opened_as6(rows, want);
  // Destinations go out one by one, as the lookup wants them.
  constexpr size_t kAddresses = kEtherBytes + offsetof(Ip6Header, source);
  for (unsigned i = 0; i < kLanes; ++i)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(&out.destination6[place + i]),
                     load16(frames[i] + kAddresses + sizeof(Ip6Addr)));
  const __m512i destination = word<4>(rows_at(frames, kAddresses));
  const __m512i payload = word<4>(rows);  // its length in the upper half
  const __m512i limits = word<5>(rows);   // next header, hop limit, source

  const __m512i swap16 = _mm512_broadcast_i32x4(
      _mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3));
  const __m512i total =
      _mm512_add_epi32(_mm512_shuffle_epi8(payload, swap16), all(sizeof(Ip6Header)));
  plain = _mm512_mask_cmple_epu32_mask(plain, total, _mm512_sub_epi32(lengths, all(kEtherBytes)));
  const __m512i next = _mm512_and_si512(limits, all(0xff));
  for (const uint8_t extension : kExtensions6)
    plain = _mm512_mask_cmpneq_epu32_mask(plain, next, all(extension));
  plain = _mm512_mask_cmpge_epu32_mask(plain, _mm512_and_si512(limits, all(0xff00)), all(0x0200));
  plain &= plain_addresses6(_mm512_srli_epi32(limits, 16)) & plain_addresses6(destination);
  _mm512_storeu_si512(&out.l3_bytes[place], total);
  return add_up(plain, number, lengths, total, sums);
}

// The packets from `at` on; where fewer are left, the last one stands in for those that are not
// there.
class GroupAt {
 public:
  GroupAt(Group packets, unsigned at, unsigned count) noexcept : group_(packets + at) {
    if (count - at >= kLanes) [[likely]]
      return;
    for (unsigned i = 0; i < kLanes; ++i) padded_[i] = packets[std::min(at + i, count - 1)];
    group_ = padded_.data();
  }
  GroupAt(const GroupAt&) = delete;
  GroupAt& operator=(const GroupAt&) = delete;
  operator Group() const noexcept { return group_; }  // NOLINT: it is one

 private:
  Group group_;
  std::array<Packet*, kLanes> padded_;
};

SPANWAY_AVX512 uint64_t plain4(Packet* const* packets, unsigned count, const EtherAddr& mac,
                               PlainBurst& out) noexcept {
  start_burst(out);
  Sums sums{_mm512_setzero_si512(), _mm512_setzero_si512(), 0};
  uint64_t plain = 0;
  for (unsigned at = 0; at < count; at += kLanes) {
    const unsigned number = std::min(kLanes, count - at);
    plain |= group4(GroupAt(packets, at, count), mac, at, number, sums, out) << at;
  }
  finish(sums, out);
  return plain;
}

SPANWAY_AVX512 uint64_t plain6(Packet* const* packets, unsigned count, const EtherAddr& mac,
                               PlainBurst& out) noexcept {
  start_burst(out);
  Sums sums{_mm512_setzero_si512(), _mm512_setzero_si512(), 0};
  uint64_t plain = 0;
  for (unsigned at = 0; at < count; at += kLanes) {
    const unsigned number = std::min(kLanes, count - at);
    plain |= group6(GroupAt(packets, at, count), mac, at, number, sums, out) << at;
  }
  finish(sums, out);
  return plain;
}

void rewrite4(uint8_t* const* frames, const table::NextHop* const* hops, const uint32_t* ttl_word,
              unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one4(frames[i], *hops[i], ttl_word[i]);
}

void rewrite6(uint8_t* const* frames, const table::NextHop* const* hops, unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one6(frames[i], *hops[i]);
}

}  // namespace

const FusedKernel kAvx512Kernel = {"avx512", plain4, plain6, rewrite4, rewrite6};

}  // namespace spanway::worker
