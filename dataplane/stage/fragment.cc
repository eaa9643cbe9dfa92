// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stage/fragment.h"

#include <cstring>

#include "dataplane/stage/header_view.h"
#include "dataplane/stage/link_output.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

constexpr unsigned kMaxPieces = 256;

// The header of every fragment but the first: options that are not marked for copying are left out
// (RFC 791 section 3.1), and what remains is padded to whole words.
struct LaterHeader {
  std::array<uint8_t, 60> bytes;
  unsigned size = sizeof(Ip4Header);

  explicit LaterHeader(const Ip4Header& ip) noexcept {
    const auto* from = reinterpret_cast<const uint8_t*>(&ip);
    std::memcpy(bytes.data(), from, sizeof(Ip4Header));
    for (unsigned at = sizeof(Ip4Header); at < ip.header_bytes();) {
      const uint8_t type = from[at];
      if (type == 0) break;
      const unsigned length = type == 1 ? 1 : from[at + 1];
      if ((type & 0x80) != 0) {
        std::memcpy(bytes.data() + size, from + at, length);
        size += length;
      }
      at += length;
    }
    while (size % 4 != 0) bytes[size++] = 0;
    bytes[0] = static_cast<uint8_t>(0x40 | size / 4);
  }
};

// Where each piece of one packet's payload begins and ends.
struct Cuts {
  unsigned payload;      // bytes of the whole packet behind its header
  unsigned first;        // bytes in the first piece; multiples of 8, like `later`
  unsigned later;        // bytes in every other piece but the last
  unsigned pieces;       // the first included
  unsigned base_offset;  // of the whole packet, which may be a fragment itself
  bool more;             // MF of the whole packet
};

Cuts plan(const Ip4Header& ip, unsigned total, unsigned later_header, unsigned mtu) noexcept {
  Cuts cuts{};
  cuts.payload = total - ip.header_bytes();
  cuts.base_offset = ip.offset_bytes();
  cuts.more = (ip.fragment.host() & Ip4Header::kMoreFragments) != 0;
  if (mtu < ip.header_bytes() + 8) return cuts;
  cuts.first = (mtu - ip.header_bytes()) & ~7u;
  cuts.later = (mtu - later_header) & ~7u;
  cuts.pieces = 1 + (cuts.payload - cuts.first + cuts.later - 1) / cuts.later;
  return cuts;
}

// Length, offset and flag of one piece. No two are alike, so each is summed afresh.
void finish_header(Packet* piece, unsigned payload, unsigned offset, bool more) noexcept {
  Ip4Header& ip = ip4(piece);
  ip.total_length = Be16(static_cast<uint16_t>(ip.header_bytes() + payload));
  const unsigned flag = more ? Ip4Header::kMoreFragments : 0u;
  ip.fragment = Be16(static_cast<uint16_t>(offset / 8 | flag));
  leave_open(piece, Meta::kOpenIp4Sum);
}

Packet* make_piece(Context& context, Packet* whole, const LaterHeader& header, const Cuts& cuts,
                   unsigned index) noexcept {
  const Meta& m = meta(whole);
  const unsigned from = cuts.first + (index - 1) * cuts.later;
  const bool last = index + 1 == cuts.pieces;
  const unsigned payload = last ? cuts.payload - from : cuts.later;
  Packet* piece = context.buffers.allocate();
  if (piece == nullptr) return nullptr;
  uint8_t* at = append(piece, static_cast<uint16_t>(m.l3 + header.size + payload));
  if (at == nullptr) {
    release(piece);
    return nullptr;
  }
  meta(piece) = m;
  meta(piece).l4 = 0;
  meta(piece).l3_bytes = static_cast<uint16_t>(header.size + payload);
  meta(piece).flags =
      static_cast<uint16_t>((m.flags | Meta::kFragment | Meta::kLaterFragment) & ~Meta::kTraced);
  std::memcpy(at, data(whole), m.l3);
  std::memcpy(at + m.l3, header.bytes.data(), header.size);
  std::memcpy(at + m.l3 + header.size, data(whole) + m.l3 + ip4(whole).header_bytes() + from,
              payload);
  finish_header(piece, payload, cuts.base_offset + from, !last || cuts.more);
  return piece;
}

void cut_first(Packet* p, const Cuts& cuts) noexcept {
  trim_back(p, static_cast<uint16_t>(cuts.payload - cuts.first));
  meta(p).l3_bytes = static_cast<uint16_t>(ip4(p).header_bytes() + cuts.first);
  set(meta(p), Meta::kFragment);
  finish_header(p, cuts.first, cuts.base_offset, true);
}

}  // namespace

void send_fragments(Context& context, const table::NextHop& hop,
                    std::span<Packet* const> pieces) noexcept {
  RoutedBatch out;
  for (Packet* piece : pieces) {
    if (out.full()) {
      link_output(context, out);
      out.clear();
    }
    out.add(piece, &hop);
  }
  link_output(context, out);
}

void fragment(Context& context, Packet* p, const table::NextHop& hop) noexcept {
  const LaterHeader header(ip4(p));
  const Cuts cuts = plan(ip4(p), meta(p).l3_bytes, header.size, hop.mtu);
  if (cuts.pieces == 0 || cuts.pieces > kMaxPieces)
    return drop(context, p, DropReason::kMtuExceeded);
  // A segment's sum is over all of it, which no card sees once it is in pieces.
  if (has_open_sums(p)) close_sums(p);
  std::array<Packet*, kMaxPieces> pieces;
  for (unsigned i = 1; i < cuts.pieces; ++i) {
    pieces[i] = make_piece(context, p, header, cuts, i);
    if (pieces[i] == nullptr) {
      // All or nothing: a packet without one of its pieces is of no use to anyone.
      release_burst(pieces.data() + 1, i - 1);
      return drop(context, p, DropReason::kNoBuffer);
    }
  }
  cut_first(p, cuts);
  pieces[0] = p;
  context.counters.originated.add(cuts.pieces - 1);
  send_fragments(context, hop, {pieces.data(), cuts.pieces});
}

}  // namespace spanway::stage
