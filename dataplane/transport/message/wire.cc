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

struct WindowWire {
  uint8_t type, reserved;
  Be16 stream;
  Be32 messages, place;
};
static_assert(sizeof(WindowWire) == kWindowBytes);

template <class T>
T at(const uint8_t* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
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

WireFault BodyReader::next_other(Frame& to) noexcept {
  const auto taken = [this, &to](const Frame& frame, size_t bytes) noexcept {
    to = frame;
    left_ = left_.subspan(bytes);
    return WireFault::kNone;
  };
  const auto type = static_cast<FrameType>(left_[0]);
  switch (type) {
    case FrameType::kPadding:
      if (std::ranges::any_of(left_, [](uint8_t byte) { return byte != 0; }))
        return WireFault::kReserved;
      return taken({.type = type}, left_.size());
    case FrameType::kWindow: {
      if (left_.size() < kWindowBytes) return WireFault::kTruncated;
      const auto wire = at<WindowWire>(left_.data());
      if (wire.reserved != 0) return WireFault::kReserved;
      return taken({.type = type,
                    .stream = wire.stream.host(),
                    .message = wire.messages.host(),
                    .place = wire.place.host()},
                   kWindowBytes);
    }
    case FrameType::kPing:
      if (left_.size() < kPingBytes) return WireFault::kTruncated;
      if (left_[1] != 0) return WireFault::kReserved;
      return taken({.type = type}, kPingBytes);
    case FrameType::kClose:
      if (left_.size() < kCloseBytes) return WireFault::kTruncated;
      return taken({.type = type, .reason = left_[1]}, kCloseBytes);
    case FrameType::kMessage:  // next() has them
    case FrameType::kFragment:
      break;
  }
  return WireFault::kFrame;
}

WireFault BodyReader::next_beyond(Frame& to) noexcept {
  return left_[0] == static_cast<uint8_t>(FrameType::kPadding) ? next_other(to)
                                                               : WireFault::kTooMany;
}

bool BodyWriter::window(uint16_t stream, uint32_t messages, uint32_t place) noexcept {
  uint8_t* to = frame(kWindowBytes);
  if (to == nullptr) return false;
  const WindowWire wire{static_cast<uint8_t>(FrameType::kWindow), 0, Be16(stream), Be32(messages),
                        Be32(place)};
  std::memcpy(to, &wire, sizeof wire);
  return true;
}

bool BodyWriter::ping() noexcept {
  uint8_t* to = frame(kPingBytes);
  if (to == nullptr) return false;
  to[0] = static_cast<uint8_t>(FrameType::kPing);
  to[1] = 0;
  return true;
}

bool BodyWriter::close(uint8_t reason) noexcept {
  uint8_t* to = frame(kCloseBytes);
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
