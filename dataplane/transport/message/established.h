// SPDX-License-Identifier: BSD-3-Clause
// What two ends know of each other once they are connected, and what stands before they are: the
// sealing of the packets that get them there. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/transport/message/handshake.h"
#include "dataplane/transport/message/keys.h"
#include "dataplane/transport/message/protection.h"

namespace spanway::transport {

// How a side protects its connections; both ends have the same or do not meet.
struct Security {
  Protected by = Protected::kCrc32c;
  std::vector<uint8_t> shared;  // the key that both were given; kAes128Gcm: at least 16 bytes
};

struct Established {
  ConnectionId own, peer;
  Params ours, theirs;
  // kAes128Gcm: of the first phase, by who sends.
  std::optional<ConnectionSecrets> secrets;
  bool is_client = false;
};

// A packet with room for a trailer behind it, sealed. Open and Accept have number 0.
inline std::vector<uint8_t> sealed(std::vector<uint8_t> packet, size_t clear,
                                   const Protection& by) {
  packet.resize(packet.size() + by.trailer_bytes());
  by.seal(packet, clear, PacketNumber());
  return packet;
}

// A copy, opened, without its trailer; nullopt when it is not whole.
inline std::optional<std::vector<uint8_t>> opened(std::span<const uint8_t> packet, size_t clear,
                                                  const Protection& by) {
  std::vector<uint8_t> copy(packet.begin(), packet.end());
  if (!by.open(copy, clear, PacketNumber())) return std::nullopt;
  copy.resize(copy.size() - by.trailer_bytes());
  return copy;
}

inline constexpr size_t kOpenClear = kHeaderBytes + kOpenClearBytes,
                        kAcceptClear = kHeaderBytes + kAcceptClearBytes;

}  // namespace spanway::transport
