// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transport/message/hkdf_block.h"

#include <openssl/crypto.h>

#include <cstring>

#include "dataplane/base/check.h"

namespace spanway::transport {
namespace {

constexpr size_t kBlockBytes = 64, kHashBytes = 32, kMostBytes = 96;
using Hash = std::array<uint8_t, kHashBytes>;

// RFC 2104, for a key of at most a block.
Hash hmac(IMB_MGR* library, std::span<const uint8_t> key, std::span<const uint8_t> bytes) noexcept {
  SPANWAY_CHECK(key.size() <= kBlockBytes && bytes.size() <= kMostBytes);
  std::array<uint8_t, kBlockBytes + kMostBytes> inner{};
  std::array<uint8_t, kBlockBytes + kHashBytes> outer{};
  std::memcpy(inner.data(), key.data(), key.size());
  std::memcpy(outer.data(), key.data(), key.size());
  for (size_t i = 0; i < kBlockBytes; ++i) {
    inner[i] ^= 0x36;
    outer[i] ^= 0x5c;
  }
  std::memcpy(inner.data() + kBlockBytes, bytes.data(), bytes.size());
  Hash hash;
  IMB_SHA256(library, inner.data(), kBlockBytes + bytes.size(), hash.data());
  std::memcpy(outer.data() + kBlockBytes, hash.data(), hash.size());
  IMB_SHA256(library, outer.data(), outer.size(), hash.data());
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  return hash;
}

}  // namespace

std::array<uint8_t, 32> hkdf_block(IMB_MGR* library, std::span<const uint8_t> key,
                                   std::string_view info) noexcept {
  // Section 2.2 without a salt, then T(1) of section 2.3.
  const Hash extracted = hmac(library, Hash{}, key);
  std::array<uint8_t, kMostBytes> said{};
  SPANWAY_CHECK(info.size() < said.size());
  std::memcpy(said.data(), info.data(), info.size());
  said[info.size()] = 1;
  return hmac(library, extracted, std::span(said).first(info.size() + 1));
}

}  // namespace spanway::transport
