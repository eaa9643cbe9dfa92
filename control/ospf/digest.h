// SPDX-License-Identifier: BSD-3-Clause
// The digests that OSPF signs with: keyed MD5 (RFC 2328 appendix D.4.3) and HMAC-SHA (RFC 5709
// section 3.3), by OpenSSL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace spanway::ospf {

enum class Algorithm : uint8_t { kMd5, kHmacSha1, kHmacSha256, kHmacSha384, kHmacSha512 };

constexpr size_t digest_bytes(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::kMd5:
      return 16;
    case Algorithm::kHmacSha1:
      return 20;
    case Algorithm::kHmacSha256:
      return 32;
    case Algorithm::kHmacSha384:
      return 48;
    case Algorithm::kHmacSha512:
      return 64;
  }
  return 0;
}

// Of a whole packet, its header's authentication fields filled in. nullopt where OpenSSL will not,
// as MD5 on a machine that forbids it.
std::optional<std::vector<uint8_t>> digest_of(Algorithm algorithm, std::string_view secret,
                                              std::span<const uint8_t> packet);

// In a time that says nothing about where the first difference is.
bool equal_secrets(std::span<const uint8_t> a, std::span<const uint8_t> b) noexcept;

}  // namespace spanway::ospf
