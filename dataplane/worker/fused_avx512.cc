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

#include "dataplane/worker/fused_plain.h"

#define SPANWAY_AVX512 [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]]
#define SPANWAY_AVX512_INLINE [[gnu::always_inline]] SPANWAY_AVX512 inline

namespace spanway::worker {
namespace {

constexpr unsigned kLanes = 16;

using Group = Packet* const*;  // kLanes of them
using Frames = std::array<const uint8_t*, kLanes>;

SPANWAY_AVX512_INLINE __m128i load16(const void* at) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

// The 16 bytes at four places, one in each quarter.
SPANWAY_AVX512_INLINE __m512i quarters(const void* a, const void* b, const void* c,
                                       const void* d) noexcept {
  __m512i all = _mm512_castsi128_si512(load16(a));
  all = _mm512_inserti32x4(all, load16(b), 1);
  all = _mm512_inserti32x4(all, load16(c), 2);
  return _mm512_inserti32x4(all, load16(d), 3);
}

// Word w of the 16 bytes at `at[i] + offset`, for every packet i, in order of i.
struct Words {
  __m512i v[4];
};
template <class At>
SPANWAY_AVX512_INLINE Words words(const At& at, size_t offset) noexcept {
  __m512i row[4];
  for (size_t i = 0; i < 4; ++i) {
    const auto* a = reinterpret_cast<const uint8_t*>(at[i]) + offset;
    const auto* b = reinterpret_cast<const uint8_t*>(at[i + 4]) + offset;
    const auto* c = reinterpret_cast<const uint8_t*>(at[i + 8]) + offset;
    const auto* d = reinterpret_cast<const uint8_t*>(at[i + 12]) + offset;
    row[i] = quarters(a, b, c, d);
  }
  const __m512i low01 = _mm512_unpacklo_epi32(row[0], row[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(row[2], row[3]);
  const __m512i high01 = _mm512_unpackhi_epi32(row[0], row[1]);
  const __m512i high23 = _mm512_unpackhi_epi32(row[2], row[3]);
  return {{_mm512_unpacklo_epi64(low01, low23), _mm512_unpackhi_epi64(low01, low23),
           _mm512_unpacklo_epi64(high01, high23), _mm512_unpackhi_epi64(high01, high23)}};
}

// Every buffer of the group is sound and holds at least `bytes`: then its frame may be read.
SPANWAY_AVX512_INLINE bool readable(Group group, __m512i lengths, uint32_t bytes) noexcept {
  static_assert(offsetof(Packet, nb_segs) == 20 && offsetof(Packet, ol_flags) == 24);
  __m128i seen = load16(&group[0]->rearm_data);
  for (unsigned i = 1; i < kLanes; ++i) seen = _mm_or_si128(seen, load16(&group[i]->rearm_data));
  const auto segments = static_cast<uint16_t>(_mm_extract_epi16(seen, 2));
  const auto flags = static_cast<uint64_t>(_mm_extract_epi64(seen, 1));
  return segments == 1 && (flags & RTE_MBUF_F_RX_IP_CKSUM_BAD) == 0 &&
         _mm512_cmplt_epu32_mask(lengths, _mm512_set1_epi32(static_cast<int>(bytes))) == 0;
}

SPANWAY_AVX512_INLINE __m512i lengths_of(Group group) noexcept {
  static_assert(offsetof(Packet, pkt_len) == offsetof(Packet, packet_type) + 4);
  return words(group, offsetof(Packet, packet_type)).v[1];
}

// What a frame of ours begins with, and which bits of it count: both MACs' place, the ether type,
// the byte with the version.
struct Opening {
  __m128i want, count;
};
SPANWAY_AVX512_INLINE Opening opening(const EtherAddr& mac, uint16_t type, uint8_t version,
                                      uint8_t version_bits) noexcept {
  alignas(16) std::array<uint8_t, 16> want{}, count{};
  std::copy(mac.bytes.begin(), mac.bytes.end(), want.begin());
  std::fill_n(count.begin(), 6, uint8_t{0xff});
  want[12] = static_cast<uint8_t>(type >> 8);
  want[13] = static_cast<uint8_t>(type);
  count[12] = count[13] = 0xff;
  want[14] = version;
  count[14] = version_bits;
  return {load16(want.data()), load16(count.data())};
}
SPANWAY_AVX512_INLINE bool opens_alike(const Frames& frames, const Opening& opening) noexcept {
  __m128i wrong = _mm_setzero_si128();
  for (const uint8_t* frame : frames)  // wrong | (frame ^ want)
    wrong = _mm_ternarylogic_epi32(wrong, load16(frame), opening.want, 0xf6);
  return _mm_testz_si128(wrong, opening.count) != 0;
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

SPANWAY_AVX512_INLINE uint64_t group4(Group group, const Opening& want, const EtherAddr& mac,
                                      unsigned place, unsigned number, Sums& sums,
                                      PlainBurst& out) noexcept {
  const __m512i lengths = lengths_of(group);
  Frames frames;
  const bool sound = readable(group, lengths, kEtherBytes + sizeof(Ip4Header));
  if (sound) [[likely]] {
    for (unsigned i = 0; i < kLanes; ++i) frames[i] = data(group[i]);
  }
  if (!sound || !opens_alike(frames, want)) [[unlikely]] {
    uint64_t plain = 0;
    for (unsigned i = 0; i < number; ++i)
      plain |= uint64_t{is_plain4(group[i], mac, place + i, out)} << i;
    return plain;
  }
  const __m512i opening_word = words(frames, kEtherBytes).v[0];  // version, service, total length
  const auto [rest] = words(frames, kEtherBytes + 4);            // the other four header words

  const __m512i swap16 = _mm512_broadcast_i32x4(
      _mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3));
  const __m512i swap32 =
      _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  const __m512i total = _mm512_shuffle_epi8(opening_word, swap16);
  __mmask16 plain = _mm512_cmpge_epu32_mask(total, all(sizeof(Ip4Header)));
  plain = _mm512_mask_cmple_epu32_mask(plain, total, _mm512_sub_epi32(lengths, all(kEtherBytes)));
  plain = _mm512_mask_cmpgt_epu32_mask(plain, _mm512_and_si512(rest[1], all(0xff)), all(1));
  plain &= plain_addresses4(rest[2]) & plain_addresses4(rest[3]);
  // The two halves of the sum, added to each other with the carry, are all ones when it is sound.
  __m512i sum = add_carry(add_carry(opening_word, rest[0]), add_carry(rest[1], rest[2]));
  sum = add_carry(sum, rest[3]);
  sum = _mm512_add_epi32(sum, _mm512_rol_epi32(sum, 16));
  plain = _mm512_mask_cmpge_epu32_mask(plain, sum, all(0xffff0000));

  // TTL less one, checksum more one in memory order, with the carry of RFC 1624.
  const __m512i carry =
      _mm512_maskz_mov_epi32(_mm512_cmpge_epu32_mask(rest[1], all(0xfffe0000)), all(0x10000));
  _mm512_storeu_si512(&out.destination4[place], _mm512_shuffle_epi8(rest[3], swap32));
  _mm512_storeu_si512(&out.ttl_word[place],
                      _mm512_add_epi32(_mm512_add_epi32(rest[1], all(0xffff)), carry));
  _mm512_storeu_si512(&out.l3_bytes[place], total);
  return add_up(plain, number, lengths, total, sums);
}

SPANWAY_AVX512_INLINE __mmask16 plain_addresses6(__m512i first_words) noexcept {
  const __m512i first = _mm512_and_si512(first_words, all(0xff));
  const __mmask16 unicast = _mm512_cmplt_epu32_mask(_mm512_sub_epi32(first, all(1)), all(0xff - 1));
  return _mm512_mask_cmpneq_epu32_mask(unicast, _mm512_and_si512(first_words, all(0xc0ff)),
                                       all(0x80fe));
}

SPANWAY_AVX512_INLINE uint64_t group6(Group group, const Opening& want, const EtherAddr& mac,
                                      unsigned place, unsigned number, Sums& sums,
                                      PlainBurst& out) noexcept {
  const __m512i lengths = lengths_of(group);
  Frames frames;
  const bool sound = readable(group, lengths, kEtherBytes + sizeof(Ip6Header));
  if (sound) [[likely]] {
    for (unsigned i = 0; i < kLanes; ++i) frames[i] = data(group[i]);
  }
  if (!sound || !opens_alike(frames, want)) [[unlikely]] {
    uint64_t plain = 0;
    for (unsigned i = 0; i < number; ++i)
      plain |= uint64_t{is_plain6(group[i], mac, place + i, out)} << i;
    return plain;
  }
  const auto [head] = words(frames, kEtherBytes + 4);  // lengths and limits; then the source
  const __m512i destination = words(frames, kEtherBytes + 24).v[0];
  for (unsigned i = 0; i < kLanes; ++i)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(&out.destination6[place + i]),
                     load16(frames[i] + kEtherBytes + 24));

  const __m512i swap16 = _mm512_broadcast_i32x4(
      _mm_set_epi8(-1, -1, 12, 13, -1, -1, 8, 9, -1, -1, 4, 5, -1, -1, 0, 1));
  const __m512i total =
      _mm512_add_epi32(_mm512_shuffle_epi8(head[0], swap16), all(sizeof(Ip6Header)));
  __mmask16 plain = _mm512_cmple_epu32_mask(total, _mm512_sub_epi32(lengths, all(kEtherBytes)));
  const __m512i next = _mm512_and_si512(head[0], all(0xff0000));
  for (const uint8_t extension : kExtensions6)
    plain = _mm512_mask_cmpneq_epu32_mask(plain, next, all(uint32_t{extension} << 16));
  plain = _mm512_mask_cmpge_epu32_mask(plain, head[0], all(0x02000000));
  plain &= plain_addresses6(head[1]) & plain_addresses6(destination);
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
  const Opening want = opening(mac, ether_type::kIp4, 0x45, 0xff);
  start_burst(out);
  Sums sums{_mm512_setzero_si512(), _mm512_setzero_si512(), 0};
  uint64_t plain = 0;
  for (unsigned at = 0; at < count; at += kLanes) {
    const unsigned number = std::min(kLanes, count - at);
    plain |= group4(GroupAt(packets, at, count), want, mac, at, number, sums, out) << at;
  }
  finish(sums, out);
  return plain;
}

SPANWAY_AVX512 uint64_t plain6(Packet* const* packets, unsigned count, const EtherAddr& mac,
                               PlainBurst& out) noexcept {
  const Opening want = opening(mac, ether_type::kIp6, 0x60, 0xf0);
  start_burst(out);
  Sums sums{_mm512_setzero_si512(), _mm512_setzero_si512(), 0};
  uint64_t plain = 0;
  for (unsigned at = 0; at < count; at += kLanes) {
    const unsigned number = std::min(kLanes, count - at);
    plain |= group6(GroupAt(packets, at, count), want, mac, at, number, sums, out) << at;
  }
  finish(sums, out);
  return plain;
}

void rewrite4(Packet* const* packets, const table::NextHop* const* hops, const uint32_t* ttl_word,
              unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one4(packets[i], *hops[i], ttl_word[i]);
}

void rewrite6(Packet* const* packets, const table::NextHop* const* hops, unsigned count) noexcept {
  for (unsigned i = 0; i < count; ++i) rewrite_one6(packets[i], *hops[i]);
}

}  // namespace

const FusedKernel kAvx512Kernel = {"avx512", plain4, plain6, rewrite4, rewrite6};

}  // namespace spanway::worker
