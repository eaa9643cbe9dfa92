// SPDX-License-Identifier: BSD-3-Clause
// The fused road's validation, a group of frames at a time, written once for every instruction set:
// what fused_scalar.cc and fused_fault.cc say of one frame, said of as many as a register has
// lanes.
//
// A kernel's .cc names its instruction set in SPANWAY_TARGET, includes this, writes down what its
// registers can do in a struct L, and publishes Lanewise<L>. Target attributes rather than compiler
// flags for the file: an inline function that the linker may keep for others must never be compiled
// for one CPU; so L, and with it all of Lanewise<L>, lives in a nameless namespace. Frame i of a
// group is lane i. L has:
//
//   kLanes                    frames of a group
//   Word                      32 bits a lane; + - & << >> work lane by lane
//   Mask                      a set of lanes; & | ~ work
//   all(w)                    w in every lane
//   first(n), bits(m)         the lanes below n; a mask as an integer
//   equal, differ, below, at_most(a, b, among)   those of `among` where it holds, unsigned
//   add, larger(a, b, where)  a + b, or the larger one; a in lanes that are not in `where`
//   sum, largest(a)           over all lanes
//   add_carry(a, b)           the one's-complement sum
//   turned(a)                 the 16-bit halves of each lane changed over
//   host16, host32(a)         from wire order: the second half of each lane, all of it
//   Strings, strings(at, o)   the 32 bytes that begin o bytes behind at[i], for each lane i
//   word<w>(s)                word w of each of these strings
//   opening(s)                the first 16 bytes of all of them, ORed
//   stray(seen, a, want)      seen, and the bits in which a differs from want (16 bytes)
//   pairs(frames)             the first two bytes of each frame
//   store(at, a)
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "dataplane/worker/fused_plain.h"

#ifndef SPANWAY_TARGET
#error "name the instruction set in SPANWAY_TARGET first"
#endif
#define SPANWAY_KERNEL [[gnu::target(SPANWAY_TARGET)]]
#define SPANWAY_LANES [[gnu::always_inline]] SPANWAY_KERNEL inline

namespace spanway::worker {

// The 32 bytes of a buffer's header that begin with its data offset.
inline constexpr size_t kBufferFields = offsetof(Packet, data_off);
static_assert(offsetof(Packet, nb_segs) == kBufferFields + 4 &&
              offsetof(Packet, ol_flags) == kBufferFields + 8 &&
              offsetof(Packet, pkt_len) == kBufferFields + 20);

// The first two bytes of eight frames.
SPANWAY_LANES __m128i pairs8(uint8_t* const* frames) noexcept {
  const auto pair = [frames](unsigned i) noexcept {
    uint16_t bytes;
    std::memcpy(&bytes, frames[i], sizeof bytes);
    return bytes;
  };
  __m128i pairs = _mm_cvtsi32_si128(pair(0));
  pairs = _mm_insert_epi16(pairs, pair(1), 1);
  pairs = _mm_insert_epi16(pairs, pair(2), 2);
  pairs = _mm_insert_epi16(pairs, pair(3), 3);
  pairs = _mm_insert_epi16(pairs, pair(4), 4);
  pairs = _mm_insert_epi16(pairs, pair(5), 5);
  pairs = _mm_insert_epi16(pairs, pair(6), 6);
  return _mm_insert_epi16(pairs, pair(7), 7);
}

template <class L>
struct Lanewise {
  static constexpr unsigned kLanes = L::kLanes;
  using Word = typename L::Word;
  using Mask = typename L::Mask;
  using Strings = typename L::Strings;
  using Group = Packet* const*;  // kLanes of them
  static constexpr size_t kMostSigns = 10;

  // What a plain frame opens with: our MAC, the ether type, the byte with the version.
  struct Opening {
    uint16_t mac_front = 0;
    uint32_t mac_rest = 0;
    uint16_t type;  // as it is on the wire
    uint8_t version, version_bits;
    __m128i want, count;  // as the first 16 bytes of a frame; which bits of them count

    Opening(const EtherAddr& mac, uint16_t ether_type, uint8_t first, uint8_t first_bits) noexcept
        : type(byte_swap(ether_type)), version(first), version_bits(first_bits) {
      std::memcpy(&mac_front, mac.bytes.data(), sizeof mac_front);
      std::memcpy(&mac_rest, mac.bytes.data() + sizeof mac_front, sizeof mac_rest);
      want = laid(uint64_t{mac_rest} << 16 | mac_front, type, version);
      count = laid(0xffffffffffff, 0xffff, version_bits);
    }

   private:
    static __m128i laid(uint64_t mac, uint16_t wire_type, uint8_t byte) noexcept {
      return _mm_set_epi64x(static_cast<int64_t>(uint64_t{wire_type} << 32 | uint64_t{byte} << 48),
                            static_cast<int64_t>(mac));
    }
  };

  // One call's frames: what all groups share, and what adds up over them, lane by lane.
  struct Burst {
    const EtherAddr& mac;
    Opening opening;
    PlainBurst& out;
    Word bytes, longest;
    Mask padded;
    std::array<uint64_t, kMostSigns> shown;  // by sign: the frames that show it
  };

  // A group whose headers may be read, as words. Read from the third byte of each frame on, the
  // IPv4 header lies in whole words and ends with the 32 bytes.
  struct Read {
    Word lengths;  // bytes of frame
    Word verdict;  // the card's, of the IPv4 checksum
    Strings heads;
    uint8_t* const* frames;
    Mask present;  // lanes with a frame of their own

    SPANWAY_LANES Word mac_rest() const noexcept { return L::template word<0>(heads); }
    SPANWAY_LANES Word type() const noexcept { return L::template word<2>(heads) >> 16; }
    SPANWAY_LANES Word front() const noexcept { return L::template word<3>(heads); }
    SPANWAY_LANES Word left() const noexcept { return lengths - L::all(kEtherBytes); }
  };

  SPANWAY_LANES static Mask without(Mask a, Mask b) noexcept { return static_cast<Mask>(a & ~b); }

  // Every buffer holds its frame in one piece, of at least `bytes`: then that much may be read.
  SPANWAY_LANES static bool readable(__m128i buffers, Word lengths, uint32_t bytes) noexcept {
    const auto segments = static_cast<uint16_t>(_mm_extract_epi16(buffers, 2));
    return segments == 1 && L::bits(L::below(lengths, L::all(bytes), L::first(kLanes))) == 0;
  }

  // All frames open as they should, and the card has nothing against one.
  SPANWAY_LANES static bool opens_alike(uint8_t* const* frames, __m128i buffers,
                                        const Opening& opening) noexcept {
    __m128i stray = _mm_setzero_si128();
    for (unsigned i = 0; i < kLanes; ++i)
      stray = L::stray(stray, _mm_loadu_si128(reinterpret_cast<const __m128i*>(frames[i])),
                       opening.want);
    const auto flags = static_cast<uint64_t>(_mm_extract_epi64(buffers, 1));
    return _mm_testz_si128(stray, opening.count) != 0 && (flags & RTE_MBUF_F_RX_IP_CKSUM_BAD) == 0;
  }

  // Those with our MAC.
  SPANWAY_LANES static Mask ours(const Read& read, const Opening& want, Mask among) noexcept {
    among = L::equal(read.mac_rest(), L::all(want.mac_rest), among);
    return L::equal(L::pairs(read.frames), L::all(want.mac_front), among);
  }

  // Those that open as they should, when not all do.
  SPANWAY_LANES static Mask opened(const Read& read, const Opening& want) noexcept {
    Mask lanes = ours(read, want, read.present);
    lanes = L::equal(read.type(), L::all(want.type), lanes);
    lanes = L::equal(read.front() & L::all(want.version_bits), L::all(want.version), lanes);
    return L::differ(read.verdict, L::all(RTE_MBUF_F_RX_IP_CKSUM_BAD), lanes);
  }

  // What speaks against a group's frames, in the order in which the stages look: the first sign
  // that a frame shows decides. Family::kSigns says as what it is dropped then; kNone: it is fit,
  // or for others to judge.
  template <size_t n>
  struct Signs {
    Mask by[n];
  };
  SPANWAY_LANES static Mask not_for_us(const Read& read) noexcept {
    // A tag may lead to another interface, a group address to us.
    const Mask tagged = L::equal(read.type(), L::all(byte_swap(ether_type::kVlan)), read.present);
    const Mask group = L::equal(L::pairs(read.frames) & L::all(1), L::all(1), read.present);
    return static_cast<Mask>(tagged | group |
                             L::below(L::all(UINT16_MAX), read.lengths, read.present));
  }
  // What differs between the families in group(): IPv4, RFC 1812 section 5.2.2 and 5.3.1.
  struct Four {
    static constexpr uint16_t kType = ether_type::kIp4;
    static constexpr uint8_t kVersion = 0x45, kVersionBits = 0xff;
    static constexpr uint32_t kHeaderBytes = sizeof(Ip4Header);
    static constexpr auto kEach = plain4_each;

    Word total, ttl, source, destination;
    Word sum;  // its upper half is all ones when the checksum is sound

    SPANWAY_LANES Four(const Read& read, unsigned, PlainBurst&) noexcept
        : total(L::host16(read.front())),
          ttl(L::template word<5>(read.heads)),
          source(L::template word<6>(read.heads)),
          destination(L::template word<7>(read.heads)) {
      const Word piece = L::template word<4>(read.heads);
      sum = L::add_carry(L::add_carry(read.front(), piece), L::add_carry(ttl, source));
      sum = L::add_carry(sum, destination);
      sum = sum + L::turned(sum);
    }

    SPANWAY_LANES static Mask plain_address(Word wire, Mask among) noexcept {
      const Word first = wire & L::all(0xff);
      // 1 to 223 is, less one, below 223.
      return L::differ(first, L::all(127), L::below(first - L::all(1), L::all(223), among));
    }

    SPANWAY_LANES Mask plain(const Read& read, Mask among) const noexcept {
      among = L::at_most(L::all(kHeaderBytes), total, among);
      among = L::at_most(total, read.left(), among);
      among = L::below(L::all(1), ttl & L::all(0xff), among);
      among = plain_address(destination, plain_address(source, among));
      return L::at_most(L::all(0xffff0000), sum, among);
    }

    static constexpr std::array kSigns = {
        DropReason::kNone,  // not for us to judge
        DropReason::kNotOurMac,
        DropReason::kNone,  // another ether type
        DropReason::kIp4BadVersion,  DropReason::kIp4BadHeaderLength,
        DropReason::kIp4Truncated,   DropReason::kIp4BadTotalLength,
        DropReason::kNone,  // options
        DropReason::kIp4BadChecksum, DropReason::kIp4MartianSource,
    };
    SPANWAY_LANES Signs<kSigns.size()> signs(const Read& read, const Opening& want) const noexcept {
      const Mask all = read.present;
      const Word words = read.front() & L::all(0x0f), header = words << 2;
      const Word good = L::all(RTE_MBUF_F_RX_IP_CKSUM_GOOD),
                 bad = L::all(RTE_MBUF_F_RX_IP_CKSUM_BAD);
      const Mask unsound = L::below(sum, L::all(0xffff0000), all);
      return {{not_for_us(read), without(all, ours(read, want, all)),
               L::differ(read.type(), L::all(want.type), all),
               L::differ(read.front() & L::all(0xf0), L::all(0x40), all),
               L::below(words, L::all(5), all), L::below(read.left(), header, all),
               static_cast<Mask>(L::below(total, header, all) | L::below(read.left(), total, all)),
               L::differ(words, L::all(5), all),
               static_cast<Mask>(L::differ(read.verdict, good, unsound) |
                                 L::equal(read.verdict, bad, all)),
               without(all, plain_address(source, all))}};
    }

    SPANWAY_LANES void keep(unsigned place, PlainBurst& out) const noexcept {
      // TTL less one, checksum more one in memory order, with the carry of RFC 1624.
      const Word lowered = ttl + L::all(0xffff);
      const Mask carry = L::at_most(L::all(0xfffe0000), ttl, L::first(kLanes));
      L::store(&out.destination4[place], L::host32(destination));
      L::store(&out.ttl_word[place], L::add(lowered, L::all(0x10000), carry));
    }
  };

  // IPv6: RFC 8200 section 3; RFC 4291 section 2.5 and 2.7.
  struct Six {
    static constexpr uint16_t kType = ether_type::kIp6;
    static constexpr uint8_t kVersion = 0x60, kVersionBits = 0xf0;
    static constexpr uint32_t kHeaderBytes = sizeof(Ip6Header);
    static constexpr auto kEach = plain6_each;

    Strings addresses;
    Word limits;  // payload length, next header, hop limit
    Word total;

    SPANWAY_LANES Six(const Read& read, unsigned place, PlainBurst& out) noexcept
        : addresses(L::strings(read.frames, kEtherBytes + offsetof(Ip6Header, source))),
          limits(L::template word<4>(read.heads)),
          total(L::host16(limits << 16) + L::all(kHeaderBytes)) {
      // Destinations go out one by one, as the lookup wants them.
      for (unsigned i = 0; i < kLanes; ++i)
        std::memcpy(&out.destination6[place + i],
                    read.frames[i] + kEtherBytes + offsetof(Ip6Header, destination),
                    sizeof(Ip6Addr));
    }

    SPANWAY_LANES static Mask plain_address(Word first_word, Mask among) noexcept {
      const Word first = first_word & L::all(0xff);
      among = L::below(first - L::all(1), L::all(0xff - 1), among);
      return L::differ(first_word & L::all(0xc0ff), L::all(0x80fe), among);
    }

    SPANWAY_LANES Mask without_extensions(Mask among) const noexcept {
      const Word next = limits & L::all(0xff0000);
      for (const uint8_t extension : kExtensions6)
        among = L::differ(next, L::all(uint32_t{extension} << 16), among);
      return among;
    }

    SPANWAY_LANES Mask plain(const Read& read, Mask among) const noexcept {
      among = without_extensions(L::at_most(total, read.left(), among));
      among = L::at_most(L::all(0x02000000), limits, among);
      return plain_address(L::template word<4>(addresses),
                           plain_address(L::template word<0>(addresses), among));
    }

    static constexpr std::array kSigns = {
        DropReason::kNone,  // not for us to judge
        DropReason::kNotOurMac,
        DropReason::kNone,  // another ether type
        DropReason::kIp6BadVersion,
        DropReason::kIp6BadPayloadLength,
        DropReason::kNone,  // extension headers, which may be malformed themselves
        DropReason::kIp6MartianSource,
    };
    SPANWAY_LANES Signs<kSigns.size()> signs(const Read& read, const Opening& want) const noexcept {
      const Mask all = read.present;
      const Word first = L::template word<0>(addresses);
      const Word zero = first | L::template word<1>(addresses) | L::template word<2>(addresses);
      const Mask loopback = L::equal(L::template word<3>(addresses), L::all(0x01000000),
                                     L::equal(zero, L::all(0), all));
      return {{not_for_us(read), without(all, ours(read, want, all)),
               L::differ(read.type(), L::all(want.type), all),
               L::differ(read.front() & L::all(0xf0), L::all(0x60), all),
               L::below(read.left(), total, all), without(all, without_extensions(all)),
               static_cast<Mask>(loopback | L::equal(first & L::all(0xff), L::all(0xff), all))}};
    }

    SPANWAY_LANES void keep(unsigned, PlainBurst&) const noexcept {}
  };

  // The frames of one group, which take the places from `place` on; the first `number` of them are
  // there. Bit i of the answer: frame i is plain.
  template <class Family>
  SPANWAY_LANES static uint64_t group(Group packets, unsigned place, unsigned number,
                                      Burst& burst) noexcept {
    PlainBurst& out = burst.out;
    const Strings buffers = L::strings(packets, kBufferFields);
    const __m128i seen = L::opening(buffers);
    const Word lengths = L::template word<5>(buffers);
    if (!readable(seen, lengths, kEtherBytes + Family::kHeaderBytes)) [[unlikely]]
      return Family::kEach(packets, place, number, burst.mac, out);
    uint8_t** frames = &out.frame[place];
    for (unsigned i = 0; i < kLanes; ++i) frames[i] = data(packets[i]);
    const Read read{lengths, L::template word<2>(buffers) & L::all(RTE_MBUF_F_RX_IP_CKSUM_MASK),
                    L::strings(frames, sizeof burst.opening.mac_front), frames, L::first(number)};
    Mask plain = read.present;
    if (!opens_alike(frames, seen, burst.opening)) [[unlikely]]
      plain = opened(read, burst.opening);
    const Family head(read, place, out);
    plain = head.plain(read, plain);
    if (L::bits(plain) != L::bits(read.present)) [[unlikely]] {
      const auto signs = head.signs(read, burst.opening);
      for (size_t i = 0; i < Family::kSigns.size(); ++i)
        burst.shown[i] |= uint64_t{L::bits(signs.by[i])} << place;
    }
    head.keep(place, out);
    L::store(&out.l3_bytes[place], head.total);
    burst.bytes = L::add(burst.bytes, lengths, plain);
    burst.longest = L::larger(burst.longest, head.total, plain);
    burst.padded = static_cast<Mask>(burst.padded | L::differ(head.total, read.left(), plain));
    return L::bits(plain);
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

  // Each frame of `left` by the first sign that it shows.
  template <class Family>
  SPANWAY_LANES static void judge(const Burst& burst, uint64_t left) noexcept {
    for (size_t i = 0; i < Family::kSigns.size(); ++i) {
      const uint64_t decided = left & burst.shown[i];
      left &= ~decided;
      if (Family::kSigns[i] == DropReason::kNone) continue;
      burst.out.faulty |= decided;
      uint8_t& count = burst.out.faults[static_cast<size_t>(Family::kSigns[i])];
      count = static_cast<uint8_t>(count + std::popcount(decided));
    }
  }

  template <class Family>
  SPANWAY_LANES static uint64_t groups(Packet* const* packets, unsigned count, const EtherAddr& mac,
                                       PlainBurst& out) noexcept {
    start_burst(out);
    Burst burst{
        mac, Opening(mac, Family::kType, Family::kVersion, Family::kVersionBits), out, {}, {}, {},
        {}};
    uint64_t plain = 0;
    for (unsigned at = 0; at < count; at += kLanes) {
      const unsigned number = std::min(kLanes, count - at);
      plain |= group<Family>(GroupAt(packets, at, count), at, number, burst) << at;
    }
    out.bytes += L::sum(burst.bytes);
    out.longest = std::max(out.longest, L::largest(burst.longest));
    out.padded |= L::bits(burst.padded) != 0;
    if (plain != all_of(count)) [[unlikely]]
      judge<Family>(burst, all_of(count) & ~plain);
    return plain;
  }

  SPANWAY_KERNEL static uint64_t plain4(Packet* const* packets, unsigned count,
                                        const EtherAddr& mac, PlainBurst& out) noexcept {
    return groups<Four>(packets, count, mac, out);
  }
  SPANWAY_KERNEL static uint64_t plain6(Packet* const* packets, unsigned count,
                                        const EtherAddr& mac, PlainBurst& out) noexcept {
    return groups<Six>(packets, count, mac, out);
  }
};

}  // namespace spanway::worker
