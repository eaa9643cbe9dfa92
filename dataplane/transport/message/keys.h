// SPDX-License-Identifier: BSD-3-Clause
// From the key that both ends were given to the keys of a connection: HKDF (RFC 5869) with SHA-256,
// labels as in TLS 1.3 (RFC 8446 section 7.1). Allocates: where connections are made, not where
// packets pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/transport/message/handshake.h"

namespace spanway::transport {

// RFC 5869 section 2.2 and 2.3. Up to 255 * 32 bytes.
Result<std::vector<uint8_t>> hkdf(std::span<const uint8_t> key, std::span<const uint8_t> salt,
                                  std::span<const uint8_t> info, size_t bytes);

// One direction's key for one phase.
struct PacketKey {
  std::array<uint8_t, 16> key{};
  std::array<uint8_t, 12> iv{};  // exclusive-or with the packet number: the nonce
  bool operator==(const PacketKey&) const = default;
};

using Secret = std::array<uint8_t, 32>;

// What is derived from a direction's secret, as HKDF's info.
namespace label {
inline constexpr std::string_view kPacketKey = "spanway 1 packet key",
                                  kPacketIv = "spanway 1 packet iv",
                                  kNextPhase = "spanway 1 next phase";
}  // namespace label

struct ConnectionSecrets {
  Secret client, server;  // of what each of them sends, first phase
};

// Keys of Open, which the client makes before it has heard the server's random number, and of
// nothing else.
Result<PacketKey> open_key(std::span<const uint8_t> shared, const OpenClear& clear);
// Keys of Accept and of everything that follows. The server's random number is new for each
// connection, so that a repeated Open can not lead to a key that was used before.
Result<ConnectionSecrets> connection_secrets(std::span<const uint8_t> shared,
                                             const OpenClear& clear, const AcceptClear& accept);
// Accept's own key, so that its packet number 0 is nobody else's.
Result<PacketKey> accept_key(const ConnectionSecrets& secrets);

Result<PacketKey> packet_key(const Secret& secret);
// The next phase's (as in RFC 9001 section 6.1); no way leads back. Protection::turn() does the
// same without an allocation.
Result<Secret> next_secret(const Secret& secret);

}  // namespace spanway::transport
