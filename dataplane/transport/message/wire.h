// SPDX-License-Identifier: BSD-3-Clause
// The message protocol on the wire, version 1: what stands in a UDP payload. docs/transport.md has
// the drawings and says what each field is for. All integers are big endian. Any thread.
//
//     header | acknowledgement, if flagged | frames ... | trailer (CRC-32C or AEAD tag)
//
// The header is clear; the rest is encrypted where a connection has keys (protection.h). Nothing
// here trusts a byte: what a parser returns lies inside what it was given and within its limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/big_endian.h"
#include "dataplane/base/units.h"
#include "dataplane/transport/recovery/ack.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

inline constexpr uint8_t kWireVersion = 1;

enum class PacketKind : uint8_t {
  kHello = 1,      // client: I would like to talk; costs the server no memory
  kChallenge = 2,  // server: then show that you can hear me
  kOpen = 3,       // client: here is your cookie
  kAccept = 4,     // server: connected
  kData = 5,
};

// Names a connection to the one who receives it, who chose it at random. 0 is none.
struct ConnectionId {
  uint32_t value = 0;
  constexpr auto operator<=>(const ConnectionId&) const noexcept = default;
};

namespace packet_flag {
inline constexpr uint8_t kAck = 1 << 0;       // an acknowledgement follows the header
inline constexpr uint8_t kBitmap = 1 << 1;    // it has a bitmap
inline constexpr uint8_t kKeyPhase = 1 << 2;  // which of two keys; turns over with each new one
inline constexpr uint8_t kAll = 7;
}  // namespace packet_flag

struct PacketHeader {
  PacketKind kind = PacketKind::kData;
  uint8_t flags = 0;
  ConnectionId connection;  // the receiver's; none in Hello and Open
  PacketNumber number;      // of kData; 0 in the others
};
inline constexpr size_t kHeaderBytes = 12;

// The reasons for which a packet or a frame is no such thing.
enum class WireFault : uint8_t {
  kNone,
  kTruncated,
  kVersion,
  kKind,
  kFlags,     // unknown ones, or those of another kind
  kReserved,  // a field that has to be zero
  kFrame,     // unknown type
  kLength,    // a length that leads outside, or is none
  kRange,     // a value outside its limits
  kTooMany,   // frames
};

template <class T>
class [[nodiscard]] Wire {
 public:
  Wire(T value) noexcept : value_(value) {}          // NOLINT: so that `return value` works
  Wire(WireFault fault) noexcept : fault_(fault) {}  // NOLINT
  explicit operator bool() const noexcept { return value_.has_value(); }
  const T& operator*() const noexcept { return *value_; }
  const T* operator->() const noexcept { return &*value_; }
  T* operator->() noexcept { return &*value_; }
  [[nodiscard]] WireFault fault() const noexcept { return fault_; }

 private:
  std::optional<T> value_;
  WireFault fault_{};
};

// Of a UDP payload.
Wire<PacketHeader> read_header(std::span<const uint8_t> packet) noexcept;
void write_header(const PacketHeader& header, uint8_t* to) noexcept;

// ---- kData: an acknowledgement, then frames ----

// An acknowledgement as it travels. `ce_count` counts modulo 4096.
struct AckField {
  AckWords words;
  Nanos delay;  // microseconds on the wire, 0 to kMostAckDelay, which means that or any longer one
  uint16_t ce_count = 0;
};
inline constexpr Nanos kMostAckDelay = micros(UINT16_MAX);
inline constexpr uint16_t kCeModulus = 1 << kCeBits;
inline constexpr size_t kAckBytes = 10, kBitmapBytes = 8;

enum class FrameType : uint8_t {
  kPadding = 0,  // the rest of the packet is zero
  kMessage = 1,  // a whole message
  kFragment = 2,
  kWindow = 3,  // how much of a stream the sender may have sent in all
  kPing = 4,    // asks for an acknowledgement and says nothing
  kClose = 5,   // nothing more will be sent, but what is on its way
};

inline constexpr uint32_t kMostMessageBytes = 8u << 20;
// A message is cut at multiples of this, so that both ends can keep a bit for each piece that
// arrived, whatever sizes the packets had.
inline constexpr uint32_t kUnitBytes = 64;
// Frames of a packet, padding not counted, at most: so that a reader can keep them all before it
// takes the first.
inline constexpr size_t kMostFrames = 64;
inline constexpr size_t kMessageHeadBytes = 14, kFragmentHeadBytes = 22, kWindowBytes = 12,
                        kPingBytes = 2, kCloseBytes = 2;

struct Frame {
  FrameType type = FrameType::kPadding;
  uint8_t reason = 0;  // kClose
  uint16_t stream = 0;
  // Of its stream, counted from 0; wraps. kWindow: how many may have been sent.
  uint32_t message = 0;
  // Where it begins in its stream's ring, in units counted from the stream's begin; wraps.
  // kWindow: as far as may have been sent.
  uint32_t place = 0;
  uint32_t offset = 0;  // of `bytes` in the message
  uint32_t total = 0;   // bytes of the whole message
  std::span<const uint8_t> bytes;
};

// What stands behind the header of a kData packet, opened.
class BodyReader {
 public:
  // The acknowledgement is read here, as `flags` say.
  static Wire<BodyReader> begin(uint8_t flags, std::span<const uint8_t> body) noexcept;

  [[nodiscard]] const std::optional<AckField>& ack() const noexcept { return ack_; }
  [[nodiscard]] bool done() const noexcept { return left_.empty(); }
  // Not when done(). After a fault the rest can not be read, and `to` is anything.
  WireFault next(Frame& to) noexcept;
  Wire<Frame> next() noexcept {
    Frame frame;
    if (const WireFault fault = next(frame); fault != WireFault::kNone) return fault;
    return frame;
  }

 private:
  BodyReader() = default;
  WireFault next_message(bool whole, Frame& to) noexcept;
  WireFault next_other(Frame& to) noexcept;
  WireFault next_beyond(Frame& to) noexcept;

  std::optional<AckField> ack_;
  std::span<const uint8_t> left_;
  size_t frames_ = 0;
};

// Writes a body into a room of fixed size; what has no room is not written, and false.
class BodyWriter {
 public:
  explicit BodyWriter(std::span<uint8_t> room) noexcept : room_(room) {}

  // First of all, or not. Returns the flags that the header needs.
  uint8_t ack(const AckField& ack) noexcept;
  bool message(uint16_t stream, uint32_t number, uint32_t place,
               std::span<const uint8_t> bytes) noexcept;
  bool fragment(uint16_t stream, uint32_t number, uint32_t place, uint32_t offset, uint32_t total,
                std::span<const uint8_t> bytes) noexcept;
  bool window(uint16_t stream, uint32_t messages, uint32_t place) noexcept;
  bool ping() noexcept;
  bool close(uint8_t reason) noexcept;
  // Zeros up to `size` bytes of body.
  bool pad_to(size_t size) noexcept;

  [[nodiscard]] size_t size() const noexcept { return size_; }
  // Room for a frame, its head included; 0: kMostFrames are there.
  [[nodiscard]] size_t left() const noexcept {
    return frames_ < kMostFrames ? room_.size() - size_ : 0;
  }

 private:
  uint8_t* take(size_t bytes) noexcept;
  uint8_t* frame(size_t bytes) noexcept;

  std::span<uint8_t> room_;
  size_t size_ = 0;
  size_t frames_ = 0;
};

}  // namespace spanway::transport

#include "dataplane/transport/message/wire_inl.h"
