// SPDX-License-Identifier: BSD-3-Clause
// CRC-32C, the Castagnoli polynomial (RFC 3720 section 12.1): what finds damage that the Internet
// checksum does not, such as two words that changed places. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spanway::transport {

// Of `before`'s bytes followed by these; 0 is that of no bytes.
uint32_t crc32c(std::span<const uint8_t> bytes, uint32_t before = 0) noexcept;

// The ways there are, the last that this CPU has is taken: a byte at a time by table, and see
// crc32c.cc. nullopt: not on this CPU. For who compares them.
enum class CrcWay : uint8_t { kTable, kThreeLanes, kWideLanes };
std::optional<uint32_t> crc32c_by(CrcWay way, std::span<const uint8_t> bytes,
                                  uint32_t before = 0) noexcept;

}  // namespace spanway::transport
