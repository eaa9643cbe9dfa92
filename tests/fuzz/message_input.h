// SPDX-License-Identifier: BSD-3-Clause
// Bytes of a fuzzer as packets of the message protocol, and what must hold whatever they say: what
// a reader returns lies inside the input and within its limits, and written again it is the same
// bytes. Shared by the fuzz target and its bounded replay.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/transport/message/handshake.h"
#include "dataplane/transport/message/wire.h"

namespace spanway::transport::fuzz {

using Input = std::span<const uint8_t>;

inline bool equal(Input a, Input b) { return std::ranges::equal(a, b); }

inline void play_frame(BodyWriter& out, const Frame& frame, size_t left, Input body) {
  const auto* begin = body.data();
  if (!frame.bytes.empty())
    SPANWAY_CHECK(frame.bytes.data() >= begin &&
                  frame.bytes.data() + frame.bytes.size() <= begin + body.size());
  switch (frame.type) {
    case FrameType::kPadding:
      SPANWAY_CHECK(out.pad_to(out.size() + left));
      break;
    case FrameType::kMessage:
      SPANWAY_CHECK(frame.offset == 0 && frame.total == frame.bytes.size());
      SPANWAY_CHECK(out.message(frame.stream, frame.message, frame.place, frame.bytes));
      break;
    case FrameType::kFragment:
      SPANWAY_CHECK(frame.total <= kMostMessageBytes && !frame.bytes.empty() &&
                    uint64_t{frame.offset} + frame.bytes.size() <= frame.total);
      SPANWAY_CHECK(out.fragment(frame.stream, frame.message, frame.place, frame.offset,
                                 frame.total, frame.bytes));
      break;
    case FrameType::kWindow:
      SPANWAY_CHECK(out.window(frame.stream, frame.message, frame.place));
      break;
    case FrameType::kPing:
      SPANWAY_CHECK(out.ping());
      break;
    case FrameType::kClose:
      SPANWAY_CHECK(out.close(frame.reason));
      break;
  }
}

inline void play_body(uint8_t flags, Input body) {
  Wire<BodyReader> begun = BodyReader::begin(flags, body);
  if (!begun) return;
  BodyReader reader = *begun;
  std::vector<uint8_t> room(body.size() + kAckBytes + kBitmapBytes);
  BodyWriter out(room);
  bool same = true;  // a bitmap that says nothing is not written
  if (reader.ack()) {
    same = out.ack(*reader.ack()) == (flags & (packet_flag::kAck | packet_flag::kBitmap));
    AckRanges ranges;
    SPANWAY_CHECK(!ranges_of(reader.ack()->words, ranges).empty());
  }
  size_t done = out.size();
  while (!reader.done()) {
    const Wire<Frame> frame = reader.next();
    if (!frame) {
      same = false;
      break;
    }
    play_frame(out, *frame, body.size() - std::min(body.size(), done), body);
    done = out.size();
  }
  if (same) SPANWAY_CHECK(equal(body, Input(room).first(out.size())));
}

inline void play_handshake(const PacketHeader& header, Input packet) {
  const Input body = packet.subspan(kHeaderBytes);
  switch (header.kind) {
    case PacketKind::kHello:
      if (const auto hello = read_hello(body)) SPANWAY_CHECK(equal(write_hello(*hello), packet));
      break;
    case PacketKind::kChallenge:
      if (const auto cookie = read_challenge(body))
        SPANWAY_CHECK(equal(write_challenge(header.connection, *cookie), packet));
      break;
    case PacketKind::kOpen:
      if (const auto clear = read_open_clear(body))
        if (const auto params = read_params(body.subspan(kOpenClearBytes)))
          SPANWAY_CHECK(equal(write_open({clear->hello, clear->cookie, *params}), packet));
      break;
    case PacketKind::kAccept:
      if (const auto clear = read_accept_clear(body))
        if (const auto params = read_params(body.subspan(kAcceptClearBytes)))
          SPANWAY_CHECK(equal(
              write_accept(header.connection, {clear->server, clear->random, *params}), packet));
      break;
    case PacketKind::kData:
      play_body(header.flags, body);
      break;
  }
}

inline void play(Input packet) {
  const Wire<PacketHeader> header = read_header(packet);
  if (!header) return;
  std::array<uint8_t, kHeaderBytes> again;
  write_header(*header, again.data());
  SPANWAY_CHECK(equal(again, packet.first(kHeaderBytes)));
  play_handshake(*header, packet);
}

}  // namespace spanway::transport::fuzz
