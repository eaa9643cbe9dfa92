// SPDX-License-Identifier: BSD-3-Clause
// Eight packets at a time. Target attributes rather than compiler flags for the file: an inline
// function that the linker may keep for others must never be compiled for this CPU.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/worker/fused_plain.h"

#define SPANWAY_AVX2 [[gnu::target("avx2")]]
#define SPANWAY_AVX2_INLINE [[gnu::always_inline]] SPANWAY_AVX2 inline

namespace spanway::worker {
namespace {

constexpr unsigned kLanes = 8;

using Group = Packet* const*;    // kLanes of them
using Frames = uint8_t* const*;  // as many

SPANWAY_AVX2_INLINE __m128i load16(const void* at) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}
SPANWAY_AVX2_INLINE __m256i halves(const void* a, const void* b) noexcept {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(load16(a)), load16(b), 1);
}

// Word w of the 16 bytes at `at[i] + offset`, for every packet i, in order of i.
struct Words {
  __m256i v[4];
};
template <class At>
SPANWAY_AVX2_INLINE Words words(const At& at, size_t offset) noexcept {
  __m256i row[4];
  for (size_t i = 0; i < 4; ++i)
    row[i] = halves(reinterpret_cast<const uint8_t*>(at[i]) + offset,
                    reinterpret_cast<const uint8_t*>(at[i + 4]) + offset);
  const __m256i low01 = _mm256_unpacklo_epi32(row[0], row[1]);
  const __m256i low23 = _mm256_unpacklo_epi32(row[2], row[3]);
  const __m256i high01 = _mm256_unpackhi_epi32(row[0], row[1]);
  const __m256i high23 = _mm256_unpackhi_epi32(row[2], row[3]);
  return {{_mm256_unpacklo_epi64(low01, low23), _mm256_unpackhi_epi64(low01, low23),
           _mm256_unpacklo_epi64(high01, high23), _mm256_unpackhi_epi64(high01, high23)}};
}

SPANWAY_AVX2_INLINE __m256i all(uint32_t word) noexcept {
  return _mm256_set1_epi32(static_cast<int>(word));
}
// Lane by lane, unsigned: all ones where it holds.
SPANWAY_AVX2_INLINE __m256i at_most(__m256i a, __m256i b) noexcept {
  return _mm256_cmpeq_epi32(_mm256_min_epu32(a, b), a);
}
SPANWAY_AVX2_INLINE __m256i at_least(__m256i a, __m256i b) noexcept { return at_most(b, a); }

// Every buffer of the group is sound and holds at least `bytes`: then its frame may be read.
SPANWAY_AVX2_INLINE bool readable(Group group, __m256i lengths, uint32_t bytes) noexcept {
  static_assert(offsetof(Packet, nb_segs) == 20 && offsetof(Packet, ol_flags) == 24);
  __m128i seen = load16(&group[0]->rearm_data);
  for (unsigned i = 1; i < kLanes; ++i) seen = _mm_or_si128(seen, load16(&group[i]->rearm_data));
  const auto segments = static_cast<uint16_t>(_mm_extract_epi16(seen, 2));
  const auto flags = static_cast<uint64_t>(_mm_extract_epi64(seen, 1));
  return segments == 1 && (flags & RTE_MBUF_F_RX_IP_CKSUM_BAD) == 0 &&
         _mm256_movemask_epi8(at_least(lengths, all(bytes))) == -1;
}

SPANWAY_AVX2_INLINE __m256i lengths_of(Group group) noexcept {
  static_assert(offsetof(Packet, pkt_len) == offsetof(Packet, packet_type) + 4);
  return words(group, offsetof(Packet, packet_type)).v[1];
}

// What a frame of ours begins with, and which bits of it count: our MAC, the ether type, the byte
// with the version.
struct Opening {
  __m128i want, count;
};
SPANWAY_AVX2_INLINE Opening opening(const EtherAddr& mac, uint16_t type, uint8_t version,
                                    uint8_t version_bits) noexcept {
  uint32_t first;
  uint16_t last;
  std::memcpy(&first, mac.bytes.data(), sizeof first);
  std::memcpy(&last, mac.bytes.data() + sizeof first, sizeof last);
  const uint64_t low = uint64_t{last} << 32 | first;
  const auto high = [](uint16_t ether_type_raw, uint8_t byte) {
    return static_cast<int64_t>(uint64_t{ether_type_raw} << 32 | uint64_t{byte} << 48);
  };
  return {_mm_set_epi64x(high(byte_swap(type), version), static_cast<int64_t>(low)),
          _mm_set_epi64x(high(0xffff, version_bits), 0xffffffffffff)};
}
SPANWAY_AVX2_INLINE bool opens_alike(Frames frames, const Opening& opening) noexcept {
  __m128i wrong = _mm_setzero_si128();
  for (unsigned i = 0; i < kLanes; ++i)
    wrong = _mm_or_si128(wrong, _mm_xor_si128(load16(frames[i]), opening.want));
  return _mm_testz_si128(wrong, opening.count) != 0;
}

// One's-complement sum of two words.
SPANWAY_AVX2_INLINE __m256i add_carry(__m256i a, __m256i b) noexcept {
  const __m256i sum = _mm256_add_epi32(a, b);
  const __m256i no_carry = at_least(sum, a);
  return _mm256_sub_epi32(sum, _mm256_xor_si256(no_carry, all(0xffffffff)));
}

SPANWAY_AVX2_INLINE __m256i plain_addresses4(__m256i wire) noexcept {
  const __m256i first = _mm256_and_si256(wire, all(0xff));
  // 1 to 223 is, less one, at most 222.
  const __m256i unicast = at_most(_mm256_sub_epi32(first, all(1)), all(222));
  return _mm256_andnot_si256(_mm256_cmpeq_epi32(first, all(127)), unicast);
}

SPANWAY_AVX2_INLINE uint64_t mask_of(__m256i lanes) noexcept {
  return static_cast<uint8_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}
SPANWAY_AVX2_INLINE void store(void* at, __m256i value) noexcept {
  _mm256_storeu_si256(static_cast<__m256i*>(at), value);
}

// Over the plain packets of a burst, lane by lane.
struct Sums {
  __m256i bytes, longest, padded;
};
SPANWAY_AVX2_INLINE uint64_t add_up(__m256i plain, unsigned number, __m256i lengths, __m256i total,
                                    Sums& sums) noexcept {
  const __m256i lane = _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  plain = _mm256_and_si256(plain, _mm256_cmpgt_epi32(all(number), lane));
  const __m256i unpadded = _mm256_cmpeq_epi32(_mm256_add_epi32(total, all(kEtherBytes)), lengths);
  sums.bytes = _mm256_add_epi32(sums.bytes, _mm256_and_si256(plain, lengths));
  sums.longest = _mm256_max_epu32(sums.longest, _mm256_and_si256(plain, total));
  sums.padded = _mm256_or_si256(sums.padded, _mm256_andnot_si256(unpadded, plain));
  return mask_of(plain);
}
SPANWAY_AVX2_INLINE void finish(const Sums& sums, PlainBurst& out) noexcept {
  std::array<uint32_t, kLanes> lanes;
  store(lanes.data(), sums.bytes);
  for (const uint32_t bytes : lanes) out.bytes += bytes;
  store(lanes.data(), sums.longest);
  out.longest = std::max(out.longest, *std::max_element(lanes.begin(), lanes.end()));
  out.padded |= _mm256_testz_si256(sums.padded, sums.padded) == 0;
}

SPANWAY_AVX2_INLINE uint64_t group4(Group group, const Opening& want, const EtherAddr& mac,
                                    unsigned place, unsigned number, Sums& sums,
                                    PlainBurst& out) noexcept {
  const __m256i lengths = lengths_of(group);
  uint8_t** frames = &out.frame[place];
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
  const __m256i opening_word = words(frames, kEtherBytes).v[0];  // version, service, total length
  const auto [rest] = words(frames, kEtherBytes + 4);            // the other four header words

  const __m256i swap16 = _mm256_broadcastsi128_si256(
      _mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3));
  const __m256i swap32 = _mm256_broadcastsi128_si256(
      _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
  const __m256i total = _mm256_shuffle_epi8(opening_word, swap16);
  __m256i plain = at_least(total, all(sizeof(Ip4Header)));
  plain = _mm256_and_si256(plain, at_most(total, _mm256_sub_epi32(lengths, all(kEtherBytes))));
  plain = _mm256_and_si256(plain, at_least(_mm256_and_si256(rest[1], all(0xff)), all(2)));
  plain = _mm256_and_si256(plain,
                           _mm256_and_si256(plain_addresses4(rest[2]), plain_addresses4(rest[3])));
  // The two halves of the sum, added to each other with the carry, are all ones when it is sound.
  __m256i sum = add_carry(add_carry(opening_word, rest[0]), add_carry(rest[1], rest[2]));
  sum = add_carry(sum, rest[3]);
  sum = _mm256_add_epi32(sum,
                         _mm256_or_si256(_mm256_slli_epi32(sum, 16), _mm256_srli_epi32(sum, 16)));
  plain = _mm256_and_si256(plain, at_least(sum, all(0xffff0000)));

  // TTL less one, checksum more one in memory order, with the carry of RFC 1624.
  const __m256i carry = _mm256_and_si256(at_least(rest[1], all(0xfffe0000)), all(0x10000));
  store(&out.destination4[place], _mm256_shuffle_epi8(rest[3], swap32));
  store(&out.ttl_word[place], _mm256_add_epi32(_mm256_add_epi32(rest[1], all(0xffff)), carry));
  store(&out.l3_bytes[place], total);
  return add_up(plain, number, lengths, total, sums);
}

SPANWAY_AVX2_INLINE __m256i plain_addresses6(__m256i first_words) noexcept {
  const __m256i first = _mm256_and_si256(first_words, all(0xff));
  const __m256i unicast = at_most(_mm256_sub_epi32(first, all(1)), all(0xff - 2));
  const __m256i link_local =
      _mm256_cmpeq_epi32(_mm256_and_si256(first_words, all(0xc0ff)), all(0x80fe));
  return _mm256_andnot_si256(link_local, unicast);
}

SPANWAY_AVX2_INLINE uint64_t group6(Group group, const Opening& want, const EtherAddr& mac,
                                    unsigned place, unsigned number, Sums& sums,
                                    PlainBurst& out) noexcept {
  const __m256i lengths = lengths_of(group);
  uint8_t** frames = &out.frame[place];
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
  const __m256i destination = words(frames, kEtherBytes + 24).v[0];
  for (unsigned i = 0; i < kLanes; ++i)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(&out.destination6[place + i]),
                     load16(frames[i] + kEtherBytes + 24));

  const __m256i swap16 = _mm256_broadcastsi128_si256(
      _mm_set_epi8(-1, -1, 12, 13, -1, -1, 8, 9, -1, -1, 4, 5, -1, -1, 0, 1));
  const __m256i total =
      _mm256_add_epi32(_mm256_shuffle_epi8(head[0], swap16), all(sizeof(Ip6Header)));
  __m256i plain = at_most(total, _mm256_sub_epi32(lengths, all(kEtherBytes)));
  const __m256i next = _mm256_and_si256(head[0], all(0xff0000));
  for (const uint8_t extension : kExtensions6)
    plain = _mm256_andnot_si256(_mm256_cmpeq_epi32(next, all(uint32_t{extension} << 16)), plain);
  plain = _mm256_and_si256(plain, at_least(head[0], all(0x02000000)));
  plain = _mm256_and_si256(
      plain, _mm256_and_si256(plain_addresses6(head[1]), plain_addresses6(destination)));
  store(&out.l3_bytes[place], total);
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

SPANWAY_AVX2 uint64_t plain4(Packet* const* packets, unsigned count, const EtherAddr& mac,
                             PlainBurst& out) noexcept {
  const Opening want = opening(mac, ether_type::kIp4, 0x45, 0xff);
  start_burst(out);
  Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  uint64_t plain = 0;
  for (unsigned at = 0; at < count; at += kLanes) {
    const unsigned number = std::min(kLanes, count - at);
    plain |= group4(GroupAt(packets, at, count), want, mac, at, number, sums, out) << at;
  }
  finish(sums, out);
  return plain;
}

SPANWAY_AVX2 uint64_t plain6(Packet* const* packets, unsigned count, const EtherAddr& mac,
                             PlainBurst& out) noexcept {
  const Opening want = opening(mac, ether_type::kIp6, 0x60, 0xf0);
  start_burst(out);
  Sums sums{_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256()};
  uint64_t plain = 0;
  for (unsigned at = 0; at < count; at += kLanes) {
    const unsigned number = std::min(kLanes, count - at);
    plain |= group6(GroupAt(packets, at, count), want, mac, at, number, sums, out) << at;
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

const FusedKernel kAvx2Kernel = {"avx2", plain4, plain6, rewrite4, rewrite6};

}  // namespace spanway::worker
