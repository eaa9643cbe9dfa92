// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/gate.h"

#include <cstring>

#include "dataplane/base/big_endian.h"
#include "dataplane/transport/message/crc32c.h"

namespace spanway::transport {

std::optional<Unwelcome> Gate::challenge(const Peer& from, std::span<const uint8_t> packet,
                                         ChallengePacket& answer, Nanos now) const noexcept {
  if (packet.size() < kHeaderBytes + kCrcBytes) return Unwelcome::kMalformed;
  const auto said = packet.first(packet.size() - kCrcBytes);
  const auto hello = read_hello(said.subspan(kHeaderBytes));
  if (!hello) return Unwelcome::kMalformed;
  Be32 crc(crc32c(said));
  if (std::memcmp(packet.data() + said.size(), &crc, sizeof crc) != 0) return Unwelcome::kDamaged;
  if (hello->by != by()) return Unwelcome::kProtected;
  const auto bare = write_challenge(hello->client, jar_.bake(from, *hello, now));
  crc = Be32(crc32c(bare));
  std::memcpy(answer.data(), bare.data(), bare.size());
  std::memcpy(answer.data() + bare.size(), &crc, sizeof crc);
  return std::nullopt;
}

std::optional<Unwelcome> Gate::admit(const Peer& from, std::span<const uint8_t> packet,
                                     Nanos now) const noexcept {
  if (packet.size() < kHeaderBytes + kOpenClearBytes) return Unwelcome::kMalformed;
  const auto clear = read_open_clear(packet.subspan(kHeaderBytes));
  if (!clear) return Unwelcome::kMalformed;
  if (clear->hello.by != by()) return Unwelcome::kProtected;
  if (!jar_.is_ours(clear->cookie, from, clear->hello, now)) return Unwelcome::kCookie;
  return std::nullopt;
}

}  // namespace spanway::transport
