// SPDX-License-Identifier: BSD-3-Clause
#include <array>
#include <cstring>

#include "dataplane/base/hash.h"
#include "dataplane/stage/fragment.h"
#include "dataplane/stage/header_view.h"
#include "dataplane/stage/open_sums.h"
#include "dataplane/stage/walk.h"

namespace spanway::stage {
namespace {

// A buffer holds at most 64 KiB, and no IPv6 link carries less than 1280 bytes.
constexpr unsigned kMaxPieces = 64;

struct Fragment6Header {
  uint8_t next_header;
  uint8_t reserved;
  Be16 field;  // offset in bytes, of which the three lowest bits are 0; 1 when more follow
  Be32 id;
};
constexpr unsigned kFront = sizeof(Ip6Header) + sizeof(Fragment6Header);

// The headers of one piece, at meta.l3.
void write_front(Packet* piece, const Ip6Header& whole, unsigned offset, unsigned bytes, bool more,
                 uint32_t id) noexcept {
  Meta& m = meta(piece);
  m.l3_bytes = static_cast<uint16_t>(kFront + bytes);
  m.l4 = 0;
  set(m, Meta::kFragment);
  Ip6Header& ip = ip6(piece);
  ip = whole;
  ip.next_header = ip_proto::kFragment;
  ip.payload_length = Be16(static_cast<uint16_t>(sizeof(Fragment6Header) + bytes));
  header_at<Fragment6Header>(piece, m.l3 + unsigned{sizeof ip}) = {
      whole.next_header, 0, Be16(static_cast<uint16_t>(offset | (more ? 1u : 0u))), Be32(id)};
}

Packet* make_piece(Context& context, Packet* p, unsigned offset, unsigned bytes, bool more,
                   uint32_t id) noexcept {
  const Meta& m = meta(p);
  Packet* piece = context.buffers.allocate();
  if (piece == nullptr) return nullptr;
  uint8_t* at = append(piece, static_cast<uint16_t>(m.l3 + kFront + bytes));
  if (at == nullptr) {
    release(piece);
    return nullptr;
  }
  meta(piece) = m;
  meta(piece).flags = static_cast<uint16_t>((m.flags | Meta::kLaterFragment) & ~Meta::kTraced);
  std::memcpy(at, data(p), m.l3);
  std::memcpy(at + m.l3 + kFront, data(p) + m.l3 + sizeof(Ip6Header) + offset, bytes);
  write_front(piece, ip6(p), offset, bytes, more, id);
  return piece;
}

// The packet itself becomes the first piece: its front moves forward to let the fragment header in.
bool cut_first(Packet* p, unsigned bytes, uint32_t id) noexcept {
  const Meta& m = meta(p);
  const Ip6Header whole = ip6(p);
  if (prepend(p, sizeof(Fragment6Header)) == nullptr) return false;
  std::memmove(data(p), data(p) + sizeof(Fragment6Header), m.l3);
  trim_back(p, static_cast<uint16_t>(length(p) - (m.l3 + kFront + bytes)));
  write_front(p, whole, 0, bytes, true, id);
  return true;
}

}  // namespace

void fragment6(Context& context, Packet* p, const table::NextHop& hop) noexcept {
  const unsigned payload = meta(p).l3_bytes - unsigned{sizeof(Ip6Header)};
  const unsigned most = hop.mtu < kFront + 8 ? 0 : (hop.mtu - kFront) & ~7u;
  const unsigned pieces = most == 0 ? 0 : (payload + most - 1) / most;
  if (pieces == 0 || pieces > kMaxPieces) return drop(context, p, DropReason::kMtuExceeded);
  if (has_open_sums(p)) close_sums(p);
  // No two packets of a second have both numbers alike (RFC 7739 section 5.3 has the idea).
  const uint32_t id =
      hash_mix(context.counters.originated.get(), static_cast<uint64_t>(context.now.ns()));
  std::array<Packet*, kMaxPieces> out;
  for (unsigned i = 1; i < pieces; ++i) {
    const unsigned offset = i * most;
    const bool more = i + 1 < pieces;
    out[i] = make_piece(context, p, offset, more ? most : payload - offset, more, id);
    if (out[i] == nullptr) {
      release_burst(out.data() + 1, i - 1);
      return drop(context, p, DropReason::kNoBuffer);
    }
  }
  if (!cut_first(p, most, id)) {
    release_burst(out.data() + 1, pieces - 1);
    return drop(context, p, DropReason::kNoBuffer);
  }
  out[0] = p;
  context.counters.originated.add(pieces - 1);
  send_fragments(context, hop, {out.data(), pieces});
}

}  // namespace spanway::stage
