// SPDX-License-Identifier: BSD-3-Clause
// What runs for each packet and each message. Fields are read and written one by one where they
// lie: a head put together in a copy costs a stall when it is read back in other pieces. Included
// by wire.h alone.
#pragma once

#include <algorithm>
#include <cstring>

#include "dataplane/transport/message/wire.h"

namespace spanway::transport {
namespace wire {

struct Ack {
  Be16 delay;
  Be32 largest;
  Be32 ce_and_run;  // 12 and 20 bits
};
static_assert(sizeof(Ack) == kAckBytes);
inline constexpr unsigned kRunBits = 20;
inline constexpr uint32_t kMostRun = (1u << kRunBits) - 1;

struct Message {
  uint8_t type, reserved;
  Be16 length, stream;
  Be32 message, place;
};
static_assert(sizeof(Message) == kMessageHeadBytes);

struct Fragment {
  Message message;
  Be32 offset, total;
};
static_assert(sizeof(Fragment) == kFragmentHeadBytes);

// Nothing of these has an alignment, and nothing but bytes lies under them.
template <class T>
const T& over(const uint8_t* from) noexcept {
  static_assert(alignof(T) == 1);
  return *reinterpret_cast<const T*>(from);
}
template <class T>
T& over(uint8_t* from) noexcept {
  static_assert(alignof(T) == 1);
  return *reinterpret_cast<T*>(from);
}

// Inside a message that may be, and cut where messages are cut.
inline bool is_piece(uint32_t offset, size_t length, uint32_t total) noexcept {
  if (total > kMostMessageBytes || offset >= total || length > total - offset) return false;
  return offset % kUnitBytes == 0 && (length % kUnitBytes == 0 || offset + length == total);
}

}  // namespace wire

inline Wire<BodyReader> BodyReader::begin(uint8_t flags, std::span<const uint8_t> body) noexcept {
  BodyReader reader;
  if ((flags & packet_flag::kAck) != 0) {
    const bool bitmap = (flags & packet_flag::kBitmap) != 0;
    const size_t bytes = kAckBytes + (bitmap ? kBitmapBytes : 0);
    if (body.size() < bytes) return WireFault::kTruncated;
    const auto& ack = wire::over<wire::Ack>(body.data());
    const uint32_t ce_and_run = ack.ce_and_run.host();
    const uint32_t run = ce_and_run & wire::kMostRun;
    if (run == 0) return WireFault::kRange;  // the newest itself has arrived
    reader.ack_ = AckField{{PacketNumber(ack.largest.host()), run,
                            bitmap ? load_big<uint64_t>(body.data() + kAckBytes) : 0},
                           micros(ack.delay.host()),
                           static_cast<uint16_t>(ce_and_run >> wire::kRunBits)};
    body = body.subspan(bytes);
  }
  reader.left_ = body;
  return reader;
}

inline WireFault BodyReader::next(Frame& to) noexcept {
  if (frames_++ == kMostFrames) [[unlikely]]
    return next_beyond(to);
  if (left_[0] == static_cast<uint8_t>(FrameType::kMessage)) [[likely]]
    return next_message(true, to);
  if (left_[0] == static_cast<uint8_t>(FrameType::kFragment)) return next_message(false, to);
  return next_other(to);
}

inline WireFault BodyReader::next_message(bool whole, Frame& to) noexcept {
  const size_t head = whole ? kMessageHeadBytes : kFragmentHeadBytes;
  if (left_.size() < head) return WireFault::kTruncated;
  const auto& message = wire::over<wire::Message>(left_.data());
  if (message.reserved != 0) return WireFault::kReserved;
  const uint16_t length = message.length.host();
  if (length == 0 || length > left_.size() - head) return WireFault::kLength;
  to.type = whole ? FrameType::kMessage : FrameType::kFragment;
  to.stream = message.stream.host();
  to.message = message.message.host();
  to.place = message.place.host();
  to.offset = 0;
  to.total = length;
  to.bytes = left_.subspan(head, length);
  if (!whole) {
    const auto& fragment = wire::over<wire::Fragment>(left_.data());
    to.offset = fragment.offset.host();
    to.total = fragment.total.host();
    if (!wire::is_piece(to.offset, length, to.total)) return WireFault::kRange;
  }
  left_ = left_.subspan(head + length);
  return WireFault::kNone;
}

inline uint8_t* BodyWriter::take(size_t bytes) noexcept {
  if (bytes > room_.size() - size_) return nullptr;
  uint8_t* to = room_.data() + size_;
  size_ += bytes;
  return to;
}

inline uint8_t* BodyWriter::frame(size_t bytes) noexcept {
  if (frames_ == kMostFrames) return nullptr;
  uint8_t* to = take(bytes);
  if (to != nullptr) ++frames_;
  return to;
}

inline uint8_t BodyWriter::ack(const AckField& ack) noexcept {
  const bool bitmap = ack.words.bitmap != 0;
  uint8_t* to = take(kAckBytes + (bitmap ? kBitmapBytes : 0));
  if (to == nullptr) return 0;
  auto& out = wire::over<wire::Ack>(to);
  out.delay =
      Be16(static_cast<uint16_t>(std::clamp<int64_t>(ack.delay.ns() / 1'000, 0, UINT16_MAX)));
  out.largest = Be32(ack.words.largest.value());
  out.ce_and_run = Be32(uint32_t{ack.ce_count} % kCeModulus << wire::kRunBits |
                        std::clamp(ack.words.run, 1u, wire::kMostRun));
  if (!bitmap) return packet_flag::kAck;
  wire::over<Be64>(to + kAckBytes) = Be64(ack.words.bitmap);
  return packet_flag::kAck | packet_flag::kBitmap;
}

inline bool BodyWriter::message(uint16_t stream, uint32_t number, uint32_t place,
                                std::span<const uint8_t> bytes) noexcept {
  if (bytes.empty() || bytes.size() > UINT16_MAX) return false;
  uint8_t* to = frame(kMessageHeadBytes + bytes.size());
  if (to == nullptr) return false;
  wire::over<wire::Message>(to) = {static_cast<uint8_t>(FrameType::kMessage),
                                   0,
                                   Be16(static_cast<uint16_t>(bytes.size())),
                                   Be16(stream),
                                   Be32(number),
                                   Be32(place)};
  std::memcpy(to + kMessageHeadBytes, bytes.data(), bytes.size());
  return true;
}

inline bool BodyWriter::fragment(uint16_t stream, uint32_t number, uint32_t place, uint32_t offset,
                                 uint32_t total, std::span<const uint8_t> bytes) noexcept {
  if (bytes.empty() || bytes.size() > UINT16_MAX || !wire::is_piece(offset, bytes.size(), total))
    return false;
  uint8_t* to = frame(kFragmentHeadBytes + bytes.size());
  if (to == nullptr) return false;
  wire::over<wire::Fragment>(to) = {
      {static_cast<uint8_t>(FrameType::kFragment), 0, Be16(static_cast<uint16_t>(bytes.size())),
       Be16(stream), Be32(number), Be32(place)},
      Be32(offset),
      Be32(total)};
  std::memcpy(to + kFragmentHeadBytes, bytes.data(), bytes.size());
  return true;
}

}  // namespace spanway::transport
