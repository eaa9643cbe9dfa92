// SPDX-License-Identifier: BSD-3-Clause
// HKDF with SHA-256 (RFC 5869) without salt and for one block, as the next phase's keys need it in
// the worker: the same as hkdf() of keys.h, without an allocation. Any thread.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace spanway::transport {

// The first 32 bytes. `key` has at most 64, `info` at most 64.
std::array<uint8_t, 32> hkdf_block(IMB_MGR* library, std::span<const uint8_t> key,
                                   std::string_view info) noexcept;

}  // namespace spanway::transport
