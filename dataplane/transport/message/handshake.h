// SPDX-License-Identifier: BSD-3-Clause
// The four packets that make a connection: what stands between their header and their trailer.
// docs/transport.md says why there are four and what each proves. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/transport/message/wire.h"

namespace spanway::transport {

// How packets are protected. A side has one of them by configuration and accepts no other, so
// nobody can talk two of them down.
enum class Protected : uint8_t {
  kCrc32c = 1,     // against damage
  kAes128Gcm = 2,  // against everybody without the key
};

using Nonce128 = std::array<uint8_t, 16>;

struct Hello {
  ConnectionId client;  // by this the client wants to be spoken to
  Nonce128 random{};
  Protected by = Protected::kCrc32c;
  bool operator==(const Hello&) const = default;
};
inline constexpr size_t kHelloBytes = 24;

// Proves that whoever returns it hears what is sent to its address (cookie.h). Opaque to the
// client.
struct Cookie {
  uint32_t baked = 0;  // when
  uint64_t proof = 0;
  bool operator==(const Cookie&) const = default;
};
inline constexpr size_t kCookieBytes = 12;
inline constexpr size_t kChallengeBytes = kHeaderBytes + kCookieBytes;

// What a side asks of the other.
struct Params {
  uint16_t packet_bytes = 1200;     // of the largest UDP payload it takes
  uint16_t streams = 1;             // that may be used towards it, numbered from 0
  uint32_t window_bytes = 1 << 16;  // of each stream, before the first kWindow
  uint32_t window_messages = 1;     // the same
  uint32_t idle_ms = 30'000;        // silence after which it gives up
  PacketNumber first;               // of its own packets
  bool operator==(const Params&) const = default;
};
inline constexpr size_t kParamsBytes = 20;
// Streams of a connection in one direction, at most.
inline constexpr uint16_t kMostStreams = 64;
// window_bytes is a power of two within these, so that counters of its units may wrap, and every
// message takes a unit, so there are at most as many; or both windows are 0 and nothing is taken.
inline constexpr uint32_t kLeastWindowBytes = 1u << 12, kMostWindowBytes = 1u << 30;
[[nodiscard]] bool is_valid(const Params& params) noexcept;
// The longest message that whoever says `params` takes. A quarter of the window, because a message
// never lies around the ring's end: skipping to its begin costs less than another quarter, and of
// what is free, less than half is not told yet.
constexpr uint32_t most_message_bytes(const Params& params) noexcept {
  return std::min(kMostMessageBytes, params.window_bytes / 4);
}
// What a connection that says `ours` needs to receive: a ring of window_bytes for each stream.
constexpr size_t receive_bytes(const Params& ours) noexcept {
  return size_t{ours.streams} * ours.window_bytes;
}
// Every IPv6 path carries this much UDP payload (RFC 8200 section 5), less 32 for tunnels.
inline constexpr uint16_t kLeastPacketBytes = 1200;
inline constexpr uint32_t kLeastIdleMs = 1'000, kMostIdleMs = 3'600'000;

struct Open {
  Hello hello;
  Cookie cookie;
  Params params;  // encrypted where there are keys
  bool operator==(const Open&) const = default;
};
inline constexpr size_t kOpenClearBytes = kHelloBytes + kCookieBytes;

struct Accept {
  ConnectionId server;
  Nonce128 random{};
  Params params;  // encrypted where there are keys
  bool operator==(const Accept&) const = default;
};
inline constexpr size_t kAcceptClearBytes = 20;

Wire<Hello> read_hello(std::span<const uint8_t> body) noexcept;
Wire<Cookie> read_challenge(std::span<const uint8_t> body) noexcept;
// The part that is never encrypted comes first and is read first: keys follow from it.
struct OpenClear {
  Hello hello;
  Cookie cookie;
};
Wire<OpenClear> read_open_clear(std::span<const uint8_t> body) noexcept;
struct AcceptClear {
  ConnectionId server;
  Nonce128 random;
};
Wire<AcceptClear> read_accept_clear(std::span<const uint8_t> body) noexcept;
// What follows the clear part of both, opened.
Wire<Params> read_params(std::span<const uint8_t> rest) noexcept;

// Whole packets without their trailer, the header first.
std::vector<uint8_t> write_hello(const Hello& hello);
std::array<uint8_t, kChallengeBytes> write_challenge(ConnectionId client,
                                                     const Cookie& cookie) noexcept;
std::vector<uint8_t> write_open(const Open& open);
std::vector<uint8_t> write_accept(ConnectionId client, const Accept& accept);

}  // namespace spanway::transport
