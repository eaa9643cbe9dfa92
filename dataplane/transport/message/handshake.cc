// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/handshake.h"

#include <bit>
#include <cstring>
#include <optional>
#include <utility>

namespace spanway::transport {
namespace {

struct HelloWire {
  Be32 client;
  Nonce128 random;
  uint8_t by;
  uint8_t reserved[3];
};
static_assert(sizeof(HelloWire) == kHelloBytes && alignof(HelloWire) == 1);

struct CookieWire {
  Be32 baked;
  Be64 proof;
};
static_assert(sizeof(CookieWire) == kCookieBytes);

struct ParamsWire {
  Be16 packet_bytes, streams;
  Be32 window_bytes, window_messages, idle_ms, first;
};
static_assert(sizeof(ParamsWire) == kParamsBytes);

struct AcceptWire {
  Be32 server;
  Nonce128 random;
};
static_assert(sizeof(AcceptWire) == kAcceptClearBytes);

template <class T>
T at(std::span<const uint8_t> from, size_t offset = 0) noexcept {
  T value;
  std::memcpy(&value, from.data() + offset, sizeof value);
  return value;
}

Hello hello_of(const HelloWire& wire) noexcept {
  return {{wire.client.host()}, wire.random, static_cast<Protected>(wire.by)};
}

// nullopt: none.
std::optional<WireFault> fault_of(const HelloWire& wire) noexcept {
  if (wire.client.raw() == 0) return WireFault::kRange;
  if (wire.by != static_cast<uint8_t>(Protected::kCrc32c) &&
      wire.by != static_cast<uint8_t>(Protected::kAes128Gcm))
    return WireFault::kRange;
  for (const uint8_t byte : wire.reserved)
    if (byte != 0) return WireFault::kReserved;
  return std::nullopt;
}

Cookie cookie_of(const CookieWire& wire) noexcept { return {wire.baked.host(), wire.proof.host()}; }

class Writer {
 public:
  explicit Writer(const PacketHeader& header) : bytes_(kHeaderBytes) {
    write_header(header, bytes_.data());
  }
  template <class T>
  Writer& put(const T& wire) {
    const auto* from = reinterpret_cast<const uint8_t*>(&wire);
    bytes_.insert(bytes_.end(), from, from + sizeof wire);
    return *this;
  }
  Writer& put(const Hello& hello) {
    return put(HelloWire{
        Be32(hello.client.value), hello.random, static_cast<uint8_t>(hello.by), {0, 0, 0}});
  }
  Writer& put(const Cookie& cookie) {
    return put(CookieWire{Be32(cookie.baked), Be64(cookie.proof)});
  }
  Writer& put(const Params& params) {
    return put(ParamsWire{Be16(params.packet_bytes), Be16(params.streams),
                          Be32(params.window_bytes), Be32(params.window_messages),
                          Be32(params.idle_ms), Be32(params.first.value())});
  }
  std::vector<uint8_t> done() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace

Wire<Hello> read_hello(std::span<const uint8_t> body) noexcept {
  if (body.size() < kHelloBytes) return WireFault::kTruncated;
  if (body.size() > kHelloBytes) return WireFault::kLength;
  const auto wire = at<HelloWire>(body);
  if (const auto fault = fault_of(wire)) return *fault;
  return hello_of(wire);
}

Wire<Cookie> read_challenge(std::span<const uint8_t> body) noexcept {
  if (body.size() < kCookieBytes) return WireFault::kTruncated;
  if (body.size() > kCookieBytes) return WireFault::kLength;
  return cookie_of(at<CookieWire>(body));
}

Wire<OpenClear> read_open_clear(std::span<const uint8_t> body) noexcept {
  if (body.size() < kOpenClearBytes) return WireFault::kTruncated;
  const auto wire = at<HelloWire>(body);
  if (const auto fault = fault_of(wire)) return *fault;
  return OpenClear{hello_of(wire), cookie_of(at<CookieWire>(body, kHelloBytes))};
}

Wire<AcceptClear> read_accept_clear(std::span<const uint8_t> body) noexcept {
  if (body.size() < kAcceptClearBytes) return WireFault::kTruncated;
  const auto wire = at<AcceptWire>(body);
  if (wire.server.raw() == 0) return WireFault::kRange;
  return AcceptClear{{wire.server.host()}, wire.random};
}

bool is_valid(const Params& params) noexcept {
  const uint32_t bytes = params.window_bytes, messages = params.window_messages;
  const bool window = bytes == 0 ? messages == 0
                                 : std::has_single_bit(bytes) && bytes >= kLeastWindowBytes &&
                                       bytes <= kMostWindowBytes && messages != 0 &&
                                       messages <= bytes / kUnitBytes;
  return window && params.packet_bytes >= kLeastPacketBytes && params.streams != 0 &&
         params.streams <= kMostStreams && params.idle_ms >= kLeastIdleMs &&
         params.idle_ms <= kMostIdleMs;
}

Wire<Params> read_params(std::span<const uint8_t> rest) noexcept {
  if (rest.size() < kParamsBytes) return WireFault::kTruncated;
  if (rest.size() > kParamsBytes) return WireFault::kLength;
  const auto wire = at<ParamsWire>(rest);
  const Params params{.packet_bytes = wire.packet_bytes.host(),
                      .streams = wire.streams.host(),
                      .window_bytes = wire.window_bytes.host(),
                      .window_messages = wire.window_messages.host(),
                      .idle_ms = wire.idle_ms.host(),
                      .first = PacketNumber(wire.first.host())};
  if (!is_valid(params)) return WireFault::kRange;
  return params;
}

std::vector<uint8_t> write_hello(const Hello& hello) {
  return Writer({.kind = PacketKind::kHello}).put(hello).done();
}

std::array<uint8_t, kChallengeBytes> write_challenge(ConnectionId client,
                                                     const Cookie& cookie) noexcept {
  std::array<uint8_t, kChallengeBytes> packet;
  write_header({.kind = PacketKind::kChallenge, .connection = client}, packet.data());
  const CookieWire wire{Be32(cookie.baked), Be64(cookie.proof)};
  std::memcpy(packet.data() + kHeaderBytes, &wire, sizeof wire);
  return packet;
}

std::vector<uint8_t> write_open(const Open& open) {
  return Writer({.kind = PacketKind::kOpen})
      .put(open.hello)
      .put(open.cookie)
      .put(open.params)
      .done();
}

std::vector<uint8_t> write_accept(ConnectionId client, const Accept& accept) {
  return Writer({.kind = PacketKind::kAccept, .connection = client})
      .put(AcceptWire{Be32(accept.server.value), accept.random})
      .put(accept.params)
      .done();
}

}  // namespace spanway::transport
