// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/wire.h"

#include <algorithm>
#include <cstring>

namespace spanway::transport {
namespace {

struct HeaderWire {
  uint8_t version_kind;
  uint8_t flags;
  Be16 reserved;
  Be32 connection;
  Be32 number;
};
static_assert(sizeof(HeaderWire) == kHeaderBytes);

struct AckWire {
  Be16 delay;
  Be32 largest;
  Be32 ce_and_run;  // 12 and 20 bits
};
static_assert(sizeof(AckWire) == kAckBytes);
constexpr unsigned kRunBits = 20;
constexpr uint32_t kMostRun = (1u << kRunBits) - 1;

struct MessageWire {
  uint8_t type, reserved;
  Be16 length, stream;
  Be32 message;
};
static_assert(sizeof(MessageWire) == kMessageHeadBytes);

struct FragmentWire {
  MessageWire message;
  Be32 offset, total;
};
static_assert(sizeof(FragmentWire) == kFragmentHeadBytes);

struct WindowWire {
  uint8_t type, reserved;
  Be16 stream;
  Be32 messages, bytes;
};
static_assert(sizeof(WindowWire) == kWindowBytes);

template <class T>
T at(const uint8_t* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// Inside a message that may be, and cut where messages are cut.
bool is_piece(uint32_t offset, size_t length, uint32_t total) noexcept {
  if (total > kMostMessageBytes || offset >= total || length > total - offset) return false;
  return offset % kUnitBytes == 0 && (length % kUnitBytes == 0 || offset + length == total);
}

}  // namespace

Wire<PacketHeader> read_header(std::span<const uint8_t> packet) noexcept {
  if (packet.size() < kHeaderBytes) return WireFault::kTruncated;
  const auto wire = at<HeaderWire>(packet.data());
  if (wire.version_kind >> 4 != kWireVersion) return WireFault::kVersion;
  const auto kind = static_cast<PacketKind>(wire.version_kind & 0x0f);
  if (kind < PacketKind::kHello || kind > PacketKind::kData) return WireFault::kKind;
  if (wire.reserved.raw() != 0) return WireFault::kReserved;
  const PacketHeader header{
      kind, wire.flags, {wire.connection.host()}, PacketNumber(wire.number.host())};
  if (kind == PacketKind::kData) {
    if ((wire.flags & ~packet_flag::kAll) != 0 ||
        (wire.flags & (packet_flag::kAck | packet_flag::kBitmap)) == packet_flag::kBitmap)
      return WireFault::kFlags;
    return header;
  }
  if (wire.flags != 0) return WireFault::kFlags;
  if (wire.number.raw() != 0) return WireFault::kReserved;
  const bool first = kind == PacketKind::kHello || kind == PacketKind::kOpen;
  if (first != (wire.connection.raw() == 0)) return WireFault::kRange;
  return header;
}

void write_header(const PacketHeader& header, uint8_t* to) noexcept {
  const HeaderWire wire{static_cast<uint8_t>(kWireVersion << 4 | static_cast<uint8_t>(header.kind)),
                        header.flags,
                        {},
                        Be32(header.connection.value),
                        Be32(header.number.value())};
  std::memcpy(to, &wire, sizeof wire);
}

Wire<BodyReader> BodyReader::begin(uint8_t flags, std::span<const uint8_t> body) noexcept {
  BodyReader reader;
  if ((flags & packet_flag::kAck) != 0) {
    const bool bitmap = (flags & packet_flag::kBitmap) != 0;
    const size_t bytes = kAckBytes + (bitmap ? kBitmapBytes : 0);
    if (body.size() < bytes) return WireFault::kTruncated;
    const auto wire = at<AckWire>(body.data());
    const uint32_t run = wire.ce_and_run.host() & kMostRun;
    if (run == 0) return WireFault::kRange;  // the newest itself has arrived
    reader.ack_ = AckField{{PacketNumber(wire.largest.host()), run,
                            bitmap ? load_big<uint64_t>(body.data() + kAckBytes) : 0},
                           micros(wire.delay.host()),
                           static_cast<uint16_t>(wire.ce_and_run.host() >> kRunBits)};
    body = body.subspan(bytes);
  }
  reader.left_ = body;
  return reader;
}

Wire<Frame> BodyReader::read_message(bool whole) noexcept {
  const size_t head = whole ? kMessageHeadBytes : kFragmentHeadBytes;
  if (left_.size() < head) return WireFault::kTruncated;
  const auto wire = at<MessageWire>(left_.data());
  if (wire.reserved != 0) return WireFault::kReserved;
  const uint16_t length = wire.length.host();
  if (length == 0 || length > left_.size() - head) return WireFault::kLength;
  Frame frame{.type = whole ? FrameType::kMessage : FrameType::kFragment,
              .stream = wire.stream.host(),
              .message = wire.message.host(),
              .total = length,
              .bytes = left_.subspan(head, length)};
  if (!whole) {
    const auto fragment = at<FragmentWire>(left_.data());
    frame.offset = fragment.offset.host();
    frame.total = fragment.total.host();
    if (!is_piece(frame.offset, length, frame.total)) return WireFault::kRange;
  }
  left_ = left_.subspan(head + length);
  return frame;
}

Wire<Frame> BodyReader::next() noexcept {
  const auto short_frame = [this](Frame frame, size_t bytes) noexcept -> Wire<Frame> {
    left_ = left_.subspan(bytes);
    return frame;
  };
  const auto type = static_cast<FrameType>(left_[0]);
  switch (type) {
    case FrameType::kPadding:
      if (std::ranges::any_of(left_, [](uint8_t byte) { return byte != 0; }))
        return WireFault::kReserved;
      return short_frame({.type = type}, left_.size());
    case FrameType::kMessage:
      return read_message(true);
    case FrameType::kFragment:
      return read_message(false);
    case FrameType::kWindow: {
      if (left_.size() < kWindowBytes) return WireFault::kTruncated;
      const auto wire = at<WindowWire>(left_.data());
      if (wire.reserved != 0) return WireFault::kReserved;
      return short_frame({.type = type,
                          .stream = wire.stream.host(),
                          .message = wire.messages.host(),
                          .total = wire.bytes.host()},
                         kWindowBytes);
    }
    case FrameType::kPing:
      if (left_.size() < kPingBytes) return WireFault::kTruncated;
      if (left_[1] != 0) return WireFault::kReserved;
      return short_frame({.type = type}, kPingBytes);
    case FrameType::kClose:
      if (left_.size() < kCloseBytes) return WireFault::kTruncated;
      return short_frame({.type = type, .reason = left_[1]}, kCloseBytes);
  }
  return WireFault::kFrame;
}

uint8_t* BodyWriter::take(size_t bytes) noexcept {
  if (bytes > left()) return nullptr;
  uint8_t* to = room_.data() + size_;
  size_ += bytes;
  return to;
}

uint8_t BodyWriter::ack(const AckField& ack) noexcept {
  const bool bitmap = ack.words.bitmap != 0;
  uint8_t* to = take(kAckBytes + (bitmap ? kBitmapBytes : 0));
  if (to == nullptr) return 0;
  const int64_t delay = std::clamp<int64_t>(ack.delay.ns() / 1'000, 0, UINT16_MAX);
  const AckWire wire{Be16(static_cast<uint16_t>(delay)), Be32(ack.words.largest.value()),
                     Be32(uint32_t{ack.ce_count} % kCeModulus << kRunBits |
                          std::clamp(ack.words.run, 1u, kMostRun))};
  std::memcpy(to, &wire, sizeof wire);
  if (!bitmap) return packet_flag::kAck;
  const Be64 bits(ack.words.bitmap);
  std::memcpy(to + kAckBytes, &bits, sizeof bits);
  return packet_flag::kAck | packet_flag::kBitmap;
}

bool BodyWriter::message(uint16_t stream, uint32_t number,
                         std::span<const uint8_t> bytes) noexcept {
  if (bytes.empty() || bytes.size() > UINT16_MAX) return false;
  uint8_t* to = take(kMessageHeadBytes + bytes.size());
  if (to == nullptr) return false;
  const MessageWire wire{static_cast<uint8_t>(FrameType::kMessage), 0,
                         Be16(static_cast<uint16_t>(bytes.size())), Be16(stream), Be32(number)};
  std::memcpy(to, &wire, sizeof wire);
  std::memcpy(to + sizeof wire, bytes.data(), bytes.size());
  return true;
}

bool BodyWriter::fragment(uint16_t stream, uint32_t number, uint32_t offset, uint32_t total,
                          std::span<const uint8_t> bytes) noexcept {
  if (bytes.empty() || bytes.size() > UINT16_MAX || !is_piece(offset, bytes.size(), total))
    return false;
  uint8_t* to = take(kFragmentHeadBytes + bytes.size());
  if (to == nullptr) return false;
  const FragmentWire wire{{static_cast<uint8_t>(FrameType::kFragment), 0,
                           Be16(static_cast<uint16_t>(bytes.size())), Be16(stream), Be32(number)},
                          Be32(offset),
                          Be32(total)};
  std::memcpy(to, &wire, sizeof wire);
  std::memcpy(to + sizeof wire, bytes.data(), bytes.size());
  return true;
}

bool BodyWriter::window(uint16_t stream, uint32_t messages, uint32_t bytes) noexcept {
  uint8_t* to = take(kWindowBytes);
  if (to == nullptr) return false;
  const WindowWire wire{static_cast<uint8_t>(FrameType::kWindow), 0, Be16(stream), Be32(messages),
                        Be32(bytes)};
  std::memcpy(to, &wire, sizeof wire);
  return true;
}

bool BodyWriter::ping() noexcept {
  uint8_t* to = take(kPingBytes);
  if (to == nullptr) return false;
  to[0] = static_cast<uint8_t>(FrameType::kPing);
  to[1] = 0;
  return true;
}

bool BodyWriter::close(uint8_t reason) noexcept {
  uint8_t* to = take(kCloseBytes);
  if (to == nullptr) return false;
  to[0] = static_cast<uint8_t>(FrameType::kClose);
  to[1] = reason;
  return true;
}

bool BodyWriter::pad_to(size_t size) noexcept {
  if (size < size_ || size > room_.size()) return false;
  std::memset(room_.data() + size_, 0, size - size_);
  size_ = size;
  return true;
}

}  // namespace spanway::transport
