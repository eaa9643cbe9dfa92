// SPDX-License-Identifier: BSD-3-Clause
#include "control/ospf/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace spanway::ospf {
namespace {

using Buffer = std::vector<uint8_t>;

const char* hash_name(Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::kMd5:
      return "MD5";
    case Algorithm::kHmacSha1:
      return "SHA1";
    case Algorithm::kHmacSha256:
      return "SHA256";
    case Algorithm::kHmacSha384:
      return "SHA384";
    case Algorithm::kHmacSha512:
      return "SHA512";
  }
  return "";
}

std::optional<Buffer> hash(Algorithm algorithm, std::span<const uint8_t> bytes) {
  Buffer out(digest_bytes(algorithm));
  size_t made = 0;
  if (EVP_Q_digest(nullptr, hash_name(algorithm), nullptr, bytes.data(), bytes.size(), out.data(),
                   &made) != 1 ||
      made != out.size())
    return std::nullopt;
  return out;
}

// RFC 2328 appendix D.4.3: the packet, then the key padded with zeros to 16 bytes.
std::optional<Buffer> keyed_md5(std::string_view secret, std::span<const uint8_t> packet) {
  Buffer text(packet.begin(), packet.end());
  text.insert(text.end(), secret.begin(), secret.end());
  text.resize(packet.size() + digest_bytes(Algorithm::kMd5));
  return hash(Algorithm::kMd5, text);
}

// RFC 5709 section 3.3 step 1: a key as long as the digest. Plain HMAC hashes a key only where it
// is longer than the hash's block, so keys in between differ and this step is ours to do.
std::optional<Buffer> prepared_key(Algorithm algorithm, std::string_view secret) {
  Buffer key(secret.begin(), secret.end());
  if (key.size() > digest_bytes(algorithm)) return hash(algorithm, key);
  key.resize(digest_bytes(algorithm));
  return key;
}

// RFC 5709 section 3.3: the packet with Apad where the digest will stand.
std::optional<Buffer> hmac(Algorithm algorithm, std::string_view secret,
                           std::span<const uint8_t> packet) {
  constexpr std::array<uint8_t, 4> kApad{0x87, 0x8f, 0xe1, 0xf3};
  const std::optional<Buffer> key = prepared_key(algorithm, secret);
  if (!key) return std::nullopt;
  Buffer text(packet.begin(), packet.end());
  for (size_t i = 0; i < digest_bytes(algorithm); ++i) text.push_back(kApad[i % kApad.size()]);
  Buffer out(digest_bytes(algorithm));
  size_t made = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, hash_name(algorithm), nullptr, key->data(), key->size(),
                text.data(), text.size(), out.data(), out.size(), &made) == nullptr ||
      made != out.size())
    return std::nullopt;
  return out;
}

}  // namespace

std::optional<Buffer> digest_of(Algorithm algorithm, std::string_view secret,
                                std::span<const uint8_t> packet) {
  return algorithm == Algorithm::kMd5 ? keyed_md5(secret, packet) : hmac(algorithm, secret, packet);
}

bool equal_secrets(std::span<const uint8_t> a, std::span<const uint8_t> b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace spanway::ospf
