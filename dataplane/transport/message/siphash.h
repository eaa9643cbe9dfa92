// SPDX-License-Identifier: BSD-3-Clause
// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): a keyed hash that
// an attacker who sees its values can not foresee. Any thread; no allocation, so that workers may
// call it for strangers' packets.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace spanway::transport {

using SipKey = std::array<uint8_t, 16>;

uint64_t siphash(const SipKey& key, std::span<const uint8_t> bytes) noexcept;

}  // namespace spanway::transport
