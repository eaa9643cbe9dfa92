// SPDX-License-Identifier: BSD-3-Clause
// What stands at the end of a packet and says that it is whole: a CRC-32C, or the tag of
// AES-128-GCM (NIST SP 800-38D), which also hides what lies behind the clear part. One direction,
// one key phase. Any thread, several at a time; neither allocates nor waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/transport/message/keys.h"
#include "dataplane/transport/recovery/packet_number.h"

namespace spanway::transport {

inline constexpr size_t kCrcBytes = 4, kTagBytes = 16;

class Protection {
 public:
  // CRC-32C.
  Protection() noexcept;
  // A number must not be used twice with a key.
  explicit Protection(const PacketKey& key);
  ~Protection();
  Protection(Protection&& other) noexcept;
  Protection& operator=(Protection&& other) noexcept;

  [[nodiscard]] size_t trailer_bytes() const noexcept {
    return key_ == nullptr ? kCrcBytes : kTagBytes;
  }
  [[nodiscard]] bool hides() const noexcept { return key_ != nullptr; }
  // Goes on with the key of the phase behind `secret`'s, which becomes that phase's. Only one that
  // hides().
  void turn(Secret& secret) noexcept;
  void swap(Protection& other) noexcept { key_.swap(other.key_); }

  // `packet` ends with trailer_bytes() that are written here; its first `clear` bytes stay
  // readable.
  void seal(std::span<uint8_t> packet, size_t clear, PacketNumber number) const noexcept;
  // False: it is not what was sealed, and what stands in it means nothing now.
  [[nodiscard]] bool open(std::span<uint8_t> packet, size_t clear,
                          PacketNumber number) const noexcept;

 private:
  struct Key;
  std::unique_ptr<Key> key_;
};

}  // namespace spanway::transport
